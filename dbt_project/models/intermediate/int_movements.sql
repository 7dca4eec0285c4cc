{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        meta={'scope': 'household_months'},
        indexes=[
            {'columns': ['household_id', 'period'], 'unique': true},
            {'columns': ['period', 'village_code']},
        ]
    )
}}

with

household_status as (

    select * from {{ changed(ref('int_household_status')) }}

),

month_before as (

    select * from {{ changed(ref('int_household_status'), months_before=1) }}

),

counted as (

    select * from {{ changed(ref('int_household_status'), 'households') }}
    where is_counted

),

previous_month as (

    select
        household_id,
        {{ add_months('period', 1) }} as period,
        status,
        village_code,
        is_counted
    from month_before

),

first_counted as (

    select
        household_id,
        min(period) as period
    from counted
    group by household_id

),

with_previous_month as (

    select
        household_status.*,
        previous_month.status as previous_status,
        previous_month.village_code as previous_village_code,
        coalesce(previous_month.is_counted, false) as was_counted,
        coalesce(first_counted.period < household_status.period, false) as was_ever_counted
    from household_status
    left join previous_month
        on
            household_status.household_id = previous_month.household_id
            and household_status.period = previous_month.period
    left join first_counted on household_status.household_id = first_counted.household_id

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
