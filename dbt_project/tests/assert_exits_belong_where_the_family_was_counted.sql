-- An exit or a transfer names the village that counted the family in the month before. A movement does not know the
-- month before: look at how int_movements finds the previous row of a household.
select
    household_id,
    period
from {{ changed(ref('fct_household_status_monthly')) }}
where
    movement in ('exited', 'transferred', 'remained')
    and (previous_village_code is null or previous_status is distinct from 'extreme_poor')
