{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        meta={'scope': 'household_months'},
        indexes=[
            {'columns': ['household_id', 'period']},
            {'columns': ['person_id', 'period']},
        ]
    )
}}

{% set household_months = keys_of('household_months') %}
{% set households = keys_of('households') %}
{% set person_households = partial_ref('int_person_households') %}
{% set household_villages = partial_ref('int_household_villages') %}

with

payments as (

    select * from {{ ref('int_payments') }}

),

activities as (

    select * from {{ ref('int_activities') }}

),

welfare_in_force as (

    select * from {{ ref('int_welfare_in_force') }}

),

registers_in_force as (

    select * from {{ ref('int_registers_in_force') }}

),

persons as (

    select * from {{ ref('stg_penduduk') }}

),

families_kept as (

    select * from {{ ref('int_families_kept') }}

),

person_claims as (

    select * from {{ ref('int_person_claims') }}

),

{% if partial() -%}
    persons_asked as ( -- noqa: ST03

        select distinct person_households.person_id
        from {{ households }} as again
        inner join {{ person_households }} as person_households on again.household_id = person_households.household_id

    ),
{%- endif %}

-- Only persons whom some payment, activity or welfare row without card number names are looked up, from the month on in
-- which the first of them does.
naming as (

    select
        payments.person_id,
        payments.family_period as period
    from payments
    {% if partial() -%}
        inner join persons_asked on payments.person_id = persons_asked.person_id
    {%- endif %}
    where payments.person_id is not null and payments.family_period is not null

    union all

    select
        activities.person_id,
        activities.period
    from activities
    {% if partial() -%}
        inner join persons_asked on activities.person_id = persons_asked.person_id
    {%- endif %}
    where activities.person_id is not null and activities.period is not null

    union all

    select
        welfare_in_force.head_person_id as person_id,
        welfare_in_force.period
    from welfare_in_force
    {% if partial() -%}
        inner join persons_asked on welfare_in_force.head_person_id = persons_asked.person_id
    {%- endif %}
    where welfare_in_force.head_person_id is not null and welfare_in_force.period is not null

),

named as (

    select
        person_id,
        min(period) as from_period
    from naming
    group by person_id

),

listed as (

    select
        registers_in_force.period,
        persons.person_id,
        persons.household_id,
        registers_in_force.village_code,
        persons.upload_id,
        persons.row_position
    from named
    {% if partial() -%}
        inner join {{ person_households }} as person_households on named.person_id = person_households.person_id
        inner join {{ household_months }} as again
            on
                person_households.household_id = again.household_id
                and named.from_period <= again.period
        inner join {{ household_villages }} as household_villages
            on again.household_id = household_villages.household_id
        inner join registers_in_force
            on
                again.period = registers_in_force.period
                and household_villages.village_code = registers_in_force.village_code
        inner join persons
            on
                registers_in_force.upload_id = persons.upload_id
                and again.household_id = persons.household_id
                and named.person_id = persons.person_id
    {%- else -%}
        inner join persons on named.person_id = persons.person_id
        inner join registers_in_force
            on
                persons.upload_id = registers_in_force.upload_id
                and named.from_period <= registers_in_force.period
    {%- endif %}
    where persons.has_nik

),

-- Of the families that list a NIK the one that keeps the person, in the village that keeps the family.
final as (

    select
        listed.period,
        listed.person_id,
        listed.household_id,
        listed.village_code
    from listed
    inner join families_kept
        on
            listed.period = families_kept.period
            and listed.household_id = families_kept.household_id
            and listed.village_code = families_kept.village_code
    left join person_claims
        on
            listed.period = person_claims.period
            and listed.household_id = person_claims.household_id
            and listed.upload_id = person_claims.upload_id
            and listed.row_position = person_claims.row_position
    where coalesce(person_claims.is_kept, true)

)

select * from final
