-- What the movements add up to is what is counted, in every area and month.
select
    area_level,
    area_code,
    period,
    households,
    closing
from {{ ref('rpt_extreme_poverty_monthly') }}
where closing <> households
