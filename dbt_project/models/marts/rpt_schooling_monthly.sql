{{
    config(
        indexes=[{'columns': ['area_level', 'area_code', 'period', 'school_level'], 'primary_key': true}]
    )
}}

with

household_status as (

    select * from {{ ref('fct_household_status_monthly') }}

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

areas as (

    select * from {{ ref('int_areas') }}

),

months as (

    select * from {{ ref('int_months') }}

),

-- OpenSID's codes of pendidikan_sedang_id, in which every format is stored.
school_levels as (

    select
        school_level,
        first_code,
        last_code
    from (
        values
        ('tk', 2, 2),
        ('sd', 4, 4),
        ('smp', 6, 6),
        ('sma', 7, 7),
        ('perguruan_tinggi', 8, 13),
        ('slb', 14, 16)
    ) as t (school_level, first_code, last_code)

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

by_area as (

    select
        areas.area_level,
        areas.area_code,
        students.period,
        students.school_level,
        sum(students.students) as students,
        count(*) as households
    from students
    inner join areas on students.village_code = areas.village_code
    group by areas.area_level, areas.area_code, students.period, students.school_level

),

cells as (

    select distinct
        areas.area_level,
        areas.area_code,
        months.period,
        school_levels.school_level
    from areas
    cross join months
    cross join school_levels

),

final as (

    select
        cells.area_level,
        cells.area_code,
        cells.period,
        cells.school_level,
        coalesce(by_area.students, 0)::integer as students,
        coalesce(by_area.households, 0)::integer as households
    from cells
    left join by_area
        on
            cells.area_level = by_area.area_level
            and cells.area_code = by_area.area_code
            and cells.period = by_area.period
            and cells.school_level = by_area.school_level

)

select * from final
