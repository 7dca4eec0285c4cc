-- The full grid: an area or month without families has a row of zeros, so nothing goes missing in silence. The areas or
-- months named are lacking in rpt_extreme_poverty_monthly: look at how it joins int_months and int_areas.
with

months as (

    select * from {{ ref('int_months') }}

),

villages as (

    select * from {{ ref('dim_village') }}

),

report as (

    select * from {{ ref('rpt_extreme_poverty_monthly') }}

),

areas as (

    select
        'village' as area_level,
        village_code as area_code
    from villages

    union

    select
        'district' as area_level,
        district_code as area_code
    from villages

    union

    select
        'regency' as area_level,
        regency_code as area_code
    from villages

)

select
    areas.area_level,
    areas.area_code,
    months.period
from areas
cross join months
left join report
    on
        areas.area_level = report.area_level
        and areas.area_code = report.area_code
        and months.period = report.period
where report.period is null
