-- What the movements add up to is what is counted, in every area and month. Look at the movements of these areas in
-- rpt_movement_detail: a family that is counted has none, or the wrong one. The gate holds the report as long as this
-- fails.
select
    area_level,
    area_code,
    period,
    households,
    closing
from {{ ref('rpt_extreme_poverty_monthly') }}
where closing <> households
