-- The months of all spans of a household are just the months in which it has a status, each once. Spans overlap or
-- leave months out: look at where a span begins and ends in dim_household.
with

spans as (

    select
        household_id,
        sum(months) as months,
        count(*) filter (where valid_to < valid_from) as turned_round
    from {{ changed(ref('dim_household'), 'households') }}
    group by household_id

),

monthly as (

    select
        household_id,
        count(*) as months
    from {{ changed(ref('fct_household_status_monthly'), 'households') }}
    group by household_id

),

covered as (

    select
        monthly.household_id,
        monthly.period,
        count(spans.household_id) as spans
    from {{ changed(ref('fct_household_status_monthly'), 'households') }} as monthly
    left join {{ changed(ref('dim_household'), 'households') }} as spans
        on
            monthly.household_id = spans.household_id
            and monthly.period between spans.valid_from and spans.valid_to
            and monthly.village_code = spans.village_code
            and monthly.status = spans.status
            and monthly.reason = spans.reason
            and monthly.is_counted = spans.is_counted
            and monthly.members = spans.members
    group by monthly.household_id, monthly.period

)

select coalesce(monthly.household_id, spans.household_id) as household_id
from monthly
full outer join spans on monthly.household_id = spans.household_id
where monthly.months is distinct from spans.months or spans.turned_round > 0

union all

select household_id
from covered
where spans <> 1
