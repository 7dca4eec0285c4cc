-- The regency holds every village, so no family is transferred into or out of it. A transfer is shown at a level that
-- holds both villages: look at the condition on area_code in rpt_extreme_poverty_monthly.
select
    area_code,
    period,
    transferred_in,
    transferred_out
from {{ ref('rpt_extreme_poverty_monthly') }}
where area_level = 'regency' and (transferred_in <> 0 or transferred_out <> 0)
