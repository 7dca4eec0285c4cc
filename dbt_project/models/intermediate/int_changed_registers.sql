with

now_in_force as (

    select * from {{ ref('int_registers_in_force') }}

),

known_before as (

    select * from {{ remembered('build_registers') }}

),

build as (

    select * from {{ ref('int_build') }}
    where full_refresh_reason is null

),

-- In months that are new every family is looked at.
replaced as (

    select
        now_in_force.village_code,
        now_in_force.period
    from now_in_force
    inner join build on now_in_force.period <= build.known_last_period
    left join known_before
        on
            now_in_force.village_code = known_before.village_code
            and now_in_force.period = known_before.period
    where now_in_force.upload_id is distinct from known_before.upload_id

),

-- What a month's row says stands on its own register and, for a family no longer listed, on that of the month before.
looked_at as (

    select * from {{ ref('int_registers_looked_at') }}

),

final as (

    select
        looked_at.upload_id,
        min(replaced.period) as from_period
    from replaced
    inner join looked_at
        on
            replaced.village_code = looked_at.village_code
            and looked_at.period between {{ add_months('replaced.period', -1) }} and replaced.period
    group by looked_at.upload_id

)

select * from final
