-- Each extreme-poor family about which nobody has decided, and each candidate, is on the worklist once. Compare the
-- cases never_verified and decile_1 of int_decision_tasks with int_household_status.
with

household_status as (

    select * from {{ changed(ref('fct_household_status_monthly')) }}

),

latest_decisions as (

    select * from {{ changed(ref('int_latest_decisions')) }}

),

expected as (

    select
        household_status.period,
        household_status.village_code,
        household_status.household_id,
        case when household_status.status = 'candidate' then 'decile_1' else 'never_verified' end as kind
    from household_status
    left join latest_decisions
        on
            household_status.period = latest_decisions.period
            and household_status.household_id = latest_decisions.household_id
    where
        household_status.status = 'candidate'
        or (household_status.status = 'extreme_poor' and latest_decisions.household_id is null)

),

listed as (

    select * from {{ changed(ref('rpt_verification_worklist')) }}
    where kind in ('never_verified', 'decile_1')

)

select
    expected.period as expected_period,
    expected.household_id as expected_household_id,
    listed.period,
    listed.household_id,
    listed.kind
from expected
full outer join listed
    on
        expected.period = listed.period
        and expected.village_code = listed.village_code
        and expected.household_id = listed.household_id
        and expected.kind = listed.kind
where expected.household_id is null or listed.household_id is null
