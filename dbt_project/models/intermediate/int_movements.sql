{{ config(materialized='view') }}

with

household_status as (

    select * from {{ ref('int_household_status') }}

),

with_history as (

    select
        *,
        lag(period) over household_history = {{ add_months('period', -1) }} as has_previous_row,
        lag(status) over household_history as last_status,
        lag(village_code) over household_history as last_village_code,
        lag(is_counted) over household_history as last_is_counted,
        coalesce(bool_or(is_counted) over (
            partition by household_id
            order by period
            rows between unbounded preceding and 1 preceding
        ), false) as was_ever_counted
    from household_status
    window household_history as (partition by household_id order by period)

),

-- The row before may be older than a month: after a gap there is no row of the month before.
with_previous_month as (

    select
        *,
        case when has_previous_row then last_status end as previous_status,
        case when has_previous_row then last_village_code end as previous_village_code,
        coalesce(has_previous_row and last_is_counted, false) as was_counted
    from with_history

),

moved as (

    select
        *,
        case
            when is_counted and was_counted and village_code = previous_village_code then 'remained'
            when is_counted and was_counted then 'transferred'
            when is_counted then 'entered'
            when was_counted then 'exited'
        end as movement
    from with_previous_month

),

final as (

    select
        household_id,
        period,
        village_code,
        status,
        reason,
        is_counted,
        members,
        monthly_amount,
        per_capita,
        poverty_line,
        gap,
        previous_status,
        previous_village_code,
        movement,
        case
            when movement = 'entered' and was_ever_counted then 'returned'
            when movement = 'entered' and coalesce(previous_status, 'left') = 'left' then 'newly_registered'
            when movement = 'entered' and reason = 'verified' then 'verified_eligible'
            when movement = 'entered' then 'fell_below_line'
            when movement = 'exited' and status = 'left' then reason
            when movement = 'exited' and reason in ('graduated', 'above_line') then 'graduated'
            when movement = 'exited' and reason = 'found_ineligible' then 'found_ineligible'
            when movement = 'exited' and status in ('candidate', 'unmeasured') then 'unmeasured'
            when movement = 'exited' then 'other'
        end as movement_reason,
        students_smp,
        students_sma,
        verified_on,
        register_period,
        register_age_months,
        register_upload_id,
        amount_upload_id,
        decision_upload_id
    from moved

)

select * from final
