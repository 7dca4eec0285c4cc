{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        meta={'scope': 'household_months'},
        indexes=[
            {'columns': ['household_id', 'period'], 'unique': true},
            {'columns': ['period', 'village_code']},
        ]
    )
}}

{% set household_months = keys_of('household_months') %}
{% set household_villages = partial_ref('int_household_villages') %}

with

registers_in_force as (

    select * from {{ ref('int_registers_in_force') }}

),

register_families as (

    select * from {{ ref('int_register_families') }}

),

family_claims as (

    select * from {{ changed(ref('int_family_claims')) }}

),

person_claims as (

    select * from {{ changed(ref('int_person_claims')) }}

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

listed as (

    select
        registers_in_force.period,
        registers_in_force.register_period,
        registers_in_force.register_age_months,
        registers_in_force.village_code,
        register_families.upload_id,
        register_families.household_id,
        register_families.persons,
        register_families.members,
        register_families.dead,
        register_families.moved_out,
        register_families.students_smp,
        register_families.students_sma
    {% if partial() -%}
        from {{ household_months }} as again
        inner join {{ household_villages }} as household_villages
            on again.household_id = household_villages.household_id
        inner join registers_in_force
            on
                again.period = registers_in_force.period
                and household_villages.village_code = registers_in_force.village_code
        inner join register_families
            on
                registers_in_force.upload_id = register_families.upload_id
                and again.household_id = register_families.household_id
    {%- else -%}
        from registers_in_force
        inner join register_families on registers_in_force.upload_id = register_families.upload_id
    {%- endif %}

),

kept as (

    select
        listed.period,
        listed.household_id,
        listed.village_code,
        listed.upload_id,
        listed.register_period,
        listed.register_age_months,
        listed.persons - coalesce(lost_persons.persons, 0) as persons,
        listed.members - coalesce(lost_persons.members, 0) as members,
        listed.dead - coalesce(lost_persons.dead, 0) as dead,
        listed.moved_out - coalesce(lost_persons.moved_out, 0) as moved_out,
        listed.students_smp - coalesce(lost_persons.students_smp, 0) as students_smp,
        listed.students_sma - coalesce(lost_persons.students_sma, 0) as students_sma
    from listed
    left join lost_families
        on
            listed.period = lost_families.period
            and listed.upload_id = lost_families.upload_id
            and listed.household_id = lost_families.household_id
    left join lost_persons
        on
            listed.period = lost_persons.period
            and listed.upload_id = lost_persons.upload_id
            and listed.household_id = lost_persons.household_id
    where lost_families.household_id is null

),

-- A family left without persons is not listed.
final as (

    select * from kept
    where persons > 0

)

select * from final
