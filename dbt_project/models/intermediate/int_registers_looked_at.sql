with

now_in_force as (

    select * from {{ ref('int_registers_in_force') }}

),

known_before as (

    select * from {{ remembered('build_registers') }}

),

final as (

    select
        period,
        village_code,
        upload_id
    from now_in_force

    union

    select
        period,
        village_code,
        upload_id
    from known_before

)

select * from final
