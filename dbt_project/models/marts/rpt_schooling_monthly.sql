{{
    config(
        indexes=[{'columns': ['area_level', 'area_code', 'period', 'school_level'], 'primary_key': true}]
    )
}}

with

students as (

    select * from {{ ref('int_village_students') }}

),

areas as (

    select * from {{ ref('int_areas') }}

),

months as (

    select * from {{ ref('int_months') }}

),

school_levels as (

    select * from {{ school_levels() }}

),

by_area as (

    select
        areas.area_level,
        areas.area_code,
        students.period,
        students.school_level,
        sum(students.students) as students,
        sum(students.households) as households
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
