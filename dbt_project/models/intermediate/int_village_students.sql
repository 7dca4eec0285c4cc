{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        meta={'scope': 'village_months'},
        indexes=[
            {'columns': ['period', 'village_code']},
        ]
    )
}}

with

household_status as (

    select * from {{ changed(ref('int_movements'), 'village_months') }}

),

families_kept as (

    select * from {{ ref('int_families_kept') }}

),

persons as (

    select * from {{ ref('stg_penduduk') }}

),

person_claims as (

    select * from {{ ref('int_person_claims') }}

),

school_levels as (

    select * from {{ school_levels() }}

),

-- Members of counted families, without those who count in another family.
students as (

    select
        household_status.period,
        household_status.village_code,
        household_status.household_id,
        school_levels.school_level,
        count(*) as students
    from household_status
    inner join families_kept
        on
            household_status.period = families_kept.period
            and household_status.household_id = families_kept.household_id
    inner join persons
        on
            families_kept.upload_id = persons.upload_id
            and families_kept.household_id = persons.household_id
    inner join school_levels on persons.schooling between school_levels.first_code and school_levels.last_code
    left join person_claims
        on
            families_kept.period = person_claims.period
            and persons.upload_id = person_claims.upload_id
            and persons.row_position = person_claims.row_position
    where
        household_status.is_counted
        and persons.is_member
        and not coalesce(person_claims.is_counted_elsewhere, false)
    group by
        household_status.period, household_status.village_code, household_status.household_id,
        school_levels.school_level

),

final as (

    select
        period,
        village_code,
        school_level,
        sum(students)::integer as students,
        count(*)::integer as households
    from students
    group by period, village_code, school_level

)

select * from final
