with

registers_in_force as (

    select * from {{ ref('int_registers_in_force') }}

),

register_families as (

    select * from {{ ref('int_register_families') }}

),

family_claims as (

    select * from {{ ref('int_family_claims') }}

),

person_claims as (

    select * from {{ ref('int_person_claims') }}

),

lost_families as (

    select
        period,
        upload_id,
        household_id
    from family_claims
    where not is_kept

),

-- The same person in two families counts in one; on the losing row of another person only the NIK is lost.
lost_persons as (

    select
        period,
        upload_id,
        household_id,
        count(*)::integer as persons,
        (count(*) filter (where is_member))::integer as members,
        (count(*) filter (where life_status = 2))::integer as dead,
        (count(*) filter (where life_status = 3))::integer as moved_out,
        (count(*) filter (where is_member and schooling = 6))::integer as students_smp,
        (count(*) filter (where is_member and schooling = 7))::integer as students_sma
    from person_claims
    where is_counted_elsewhere
    group by period, upload_id, household_id

),

kept as (

    select
        registers_in_force.period,
        register_families.household_id,
        registers_in_force.village_code,
        registers_in_force.upload_id,
        registers_in_force.register_period,
        registers_in_force.register_age_months,
        register_families.persons - coalesce(lost_persons.persons, 0) as persons,
        register_families.members - coalesce(lost_persons.members, 0) as members,
        register_families.dead - coalesce(lost_persons.dead, 0) as dead,
        register_families.moved_out - coalesce(lost_persons.moved_out, 0) as moved_out,
        register_families.students_smp - coalesce(lost_persons.students_smp, 0) as students_smp,
        register_families.students_sma - coalesce(lost_persons.students_sma, 0) as students_sma
    from registers_in_force
    inner join register_families on registers_in_force.upload_id = register_families.upload_id
    left join lost_families
        on
            registers_in_force.period = lost_families.period
            and registers_in_force.upload_id = lost_families.upload_id
            and register_families.household_id = lost_families.household_id
    left join lost_persons
        on
            registers_in_force.period = lost_persons.period
            and registers_in_force.upload_id = lost_persons.upload_id
            and register_families.household_id = lost_persons.household_id
    where lost_families.household_id is null

),

-- A family left without persons is not listed.
final as (

    select * from kept
    where persons > 0

)

select * from final
