-- Families counted, entered and exited add up from villages to districts to the regency. Transfers do not: a family
-- that moves inside a district leaves no trace at the district. Build with --full-refresh; if the areas still differ, a
-- village lies in two districts: look into int_areas.
with

totals as (

    select
        period,
        area_level,
        sum(households) as households,
        sum(persons) as persons,
        sum(entered) as entered,
        sum(exited) as exited,
        sum(assistance_amount) as assistance_amount
    from {{ ref('rpt_extreme_poverty_monthly') }}
    group by period, area_level

)

select period
from totals
group by period
having
    min(households) <> max(households)
    or min(persons) <> max(persons)
    or min(entered) <> max(entered)
    or min(exited) <> max(exited)
    or min(assistance_amount) <> max(assistance_amount)
