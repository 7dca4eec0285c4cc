with

registers_in_force as (

    select * from {{ ref('int_registers_in_force') }}

),

persons as (

    select * from {{ ref('stg_penduduk') }}

),

-- A register is counted once, however many months it is in force.
registers as (

    select distinct
        upload_id,
        village_code
    from registers_in_force

),

final as (

    select
        persons.upload_id,
        registers.village_code,
        persons.household_id,
        count(*)::integer as persons,
        (count(*) filter (where persons.is_member))::integer as members,
        (count(*) filter (where persons.life_status = 2))::integer as dead,
        (count(*) filter (where persons.life_status = 3))::integer as moved_out,
        (count(*) filter (where persons.is_member and persons.schooling = 6))::integer as students_smp,
        (count(*) filter (where persons.is_member and persons.schooling = 7))::integer as students_sma
    from persons
    inner join registers on persons.upload_id = registers.upload_id
    group by persons.upload_id, registers.village_code, persons.household_id

)

select * from final
