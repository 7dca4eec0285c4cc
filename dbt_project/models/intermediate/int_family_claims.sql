with

registers_in_force as (

    select * from {{ ref('int_registers_in_force') }}

),

register_families as (

    select * from {{ ref('int_register_families') }}

),

-- Few family cards are ever listed by two villages; only those are followed month by month.
shared_families as (

    select household_id
    from register_families
    group by household_id
    having min(village_code) <> max(village_code)

),

claims as (

    select
        registers_in_force.period,
        register_families.household_id,
        register_families.village_code,
        register_families.upload_id,
        registers_in_force.register_period,
        registers_in_force.received_at,
        register_families.members > 0 as has_living_member
    from register_families
    inner join shared_families on register_families.household_id = shared_families.household_id
    inner join registers_in_force on register_families.upload_id = registers_in_force.upload_id

),

ranked as (

    select
        *,
        row_number() over (
            partition by period, household_id
            order by has_living_member desc, register_period desc, received_at desc, village_code
        ) as claim_order,
        count(*) over (partition by period, household_id) as claims
    from claims

),

final as (

    select
        period,
        household_id,
        village_code,
        upload_id,
        register_period,
        received_at,
        has_living_member,
        claim_order = 1 as is_kept
    from ranked
    where claims > 1

)

select * from final
