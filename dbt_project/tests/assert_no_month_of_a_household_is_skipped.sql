-- A household whose row is missing in a month must have left, or been missing from the registers, the month before.
-- Build with --full-refresh; if it still fails, look into int_families_no_longer_listed for the month before the gap.
with

household_status as (

    select * from {{ changed(ref('fct_household_status_monthly'), 'households') }}

),

with_next as (

    select
        household_id,
        period,
        reason,
        lead(period) over (partition by household_id order by period) as next_period
    from household_status

),

last_month as (

    select max(period) as period from {{ ref('int_months') }}

)

select
    with_next.household_id,
    with_next.period
from with_next
cross join last_month
where
    with_next.reason <> 'missing_from_register'
    and with_next.period < last_month.period
    and coalesce(with_next.next_period, 'infinity'::date) <> {{ add_months('with_next.period', 1) }}
