-- The regency holds every village, so no family is transferred into or out of it.
select
    area_code,
    period,
    transferred_in,
    transferred_out
from {{ ref('rpt_extreme_poverty_monthly') }}
where area_level = 'regency' and (transferred_in <> 0 or transferred_out <> 0)
