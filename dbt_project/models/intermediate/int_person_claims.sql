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
{% set person_households = partial_ref('int_person_households') %}
{% set household_villages = partial_ref('int_household_villages') %}

with

registers_in_force as (

    select * from {{ ref('int_registers_in_force') }}

),

-- Read twice, and too large to be kept in between.
persons as not materialized (

    select * from {{ ref('stg_penduduk') }}

),

family_claims as (

    select * from {{ ref('int_family_claims') }}

),

registers as ( -- noqa: ST03

    select distinct upload_id from registers_in_force

),

-- Few NIKs are ever listed by two families; only those are followed month by month.
{% if partial() -%}
    shared_persons as (

        select distinct
            again.period,
            mine.person_id
        from {{ household_months }} as again
        inner join {{ person_households }} as mine on again.household_id = mine.household_id
        where exists (
                select 1
                from {{ person_households }} as theirs
                where mine.person_id = theirs.person_id and mine.household_id <> theirs.household_id
            )

    ),

    claims as (

        select
            registers_in_force.period,
            persons.person_id,
            persons.household_id,
            registers_in_force.village_code,
            persons.upload_id,
            persons.row_position,
            persons.name_birth_key,
            registers_in_force.register_period,
            registers_in_force.received_at,
            persons.life_status,
            persons.is_member,
            persons.schooling
        from shared_persons
        inner join {{ person_households }} as person_households
            on shared_persons.person_id = person_households.person_id
        inner join {{ household_villages }} as household_villages
            on person_households.household_id = household_villages.household_id
        inner join registers_in_force
            on
                shared_persons.period = registers_in_force.period
                and household_villages.village_code = registers_in_force.village_code
        inner join persons
            on
                registers_in_force.upload_id = persons.upload_id
                and person_households.household_id = persons.household_id
                and shared_persons.person_id = persons.person_id
        where persons.has_nik

    ),
{%- else -%}
    shared_persons as (

        select persons.person_id
        from persons
        inner join registers on persons.upload_id = registers.upload_id
        where persons.has_nik
        group by persons.person_id
        having min(persons.household_id) <> max(persons.household_id)

    ),

    claims as (

        select
            registers_in_force.period,
            persons.person_id,
            persons.household_id,
            registers_in_force.village_code,
            persons.upload_id,
            persons.row_position,
            persons.name_birth_key,
            registers_in_force.register_period,
            registers_in_force.received_at,
            persons.life_status,
            persons.is_member,
            persons.schooling
        from persons
        inner join shared_persons on persons.person_id = shared_persons.person_id
        inner join registers_in_force on persons.upload_id = registers_in_force.upload_id
        where persons.has_nik

    ),
{%- endif %}

-- A village that does not keep the family has no say about its persons.
claims_of_kept_families as (

    select claims.*
    from claims
    left join family_claims
        on
            claims.period = family_claims.period
            and claims.household_id = family_claims.household_id
            and claims.village_code = family_claims.village_code
    where coalesce(family_claims.is_kept, true)

),

ranked as (

    select
        *,
        row_number() over claim_precedence as claim_order,
        first_value(name_birth_key) over claim_precedence as name_birth_key_of_keeper,
        count(*) over (partition by period, person_id) as claims
    from claims_of_kept_families
    window claim_precedence as (
        partition by period, person_id
        order by is_member desc, register_period desc, received_at desc, village_code, row_position
    )

),

claimed as (

    select
        period,
        person_id,
        household_id,
        village_code,
        upload_id,
        row_position,
        life_status,
        is_member,
        schooling,
        claim_order = 1 as is_kept,
        claim_order > 1 and name_birth_key = name_birth_key_of_keeper as is_counted_elsewhere
    from ranked
    where claims > 1

),

final as (

    select claimed.*
    from claimed
    {% if partial() -%}
        inner join {{ household_months }} as again
            on
                claimed.household_id = again.household_id
                and claimed.period = again.period
    {%- endif %}

)

select * from final
