-- Each task is of a family that the month has, in the village that keeps it; only a claim may lie with another village.
-- Look at how int_decision_tasks and rpt_verification_worklist join int_household_status.
select
    worklist.period,
    worklist.village_code,
    worklist.household_id,
    worklist.kind,
    worklist.cause
from {{ changed(ref('rpt_verification_worklist')) }} as worklist
left join {{ ref('fct_household_status_monthly') }} as household_status
    on
        worklist.period = household_status.period
        and worklist.household_id = household_status.household_id
where
    worklist.status is distinct from household_status.status
    or worklist.is_counted is distinct from coalesce(household_status.is_counted, false)
    or (worklist.kind <> 'duplicate_claimed' and worklist.village_code is distinct from household_status.village_code)
    or (worklist.kind <> 'duplicate_claimed' and household_status.status = 'left')
