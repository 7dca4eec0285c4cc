{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        on_schema_change='fail',
        meta={'scope': 'household_months'},
        indexes=[
            {'columns': ['period', 'village_code', 'household_id', 'kind'], 'primary_key': true},
            {'columns': ['period', 'district_code', 'kind']},
            {'columns': ['household_id', 'period']},
        ]
    )
}}

with

decision_tasks as (

    select * from {{ changed(ref('int_decision_tasks')) }}

),

claim_tasks as (

    select * from {{ changed(ref('int_claim_tasks')) }}

),

household_status as (

    select * from {{ changed(ref('int_household_status')) }}

),

latest_decisions as (

    select * from {{ changed(ref('int_latest_decisions')) }}

),

villages as (

    select * from {{ ref('dim_village') }}

),

policy as (

    select * from {{ ref('int_monthly_policy') }}

),

tasks as (

    select
        period,
        village_code,
        household_id,
        kind,
        cause,
        other_village_code,
        null::text as other_household_id,
        0 as persons_claimed,
        upload_ids
    from decision_tasks

    union all

    select
        period,
        village_code,
        household_id,
        'duplicate_claimed' as kind,
        cause,
        other_village_code,
        other_household_id,
        persons_claimed,
        upload_ids
    from claim_tasks

),

-- A family whose persons all count elsewhere is not listed, and has no status; its claim is looked into all the same.
described as (

    select
        tasks.*,
        villages.district_code,
        household_status.status,
        household_status.reason,
        coalesce(household_status.is_counted, false) as is_counted,
        coalesce(household_status.members, 0) as members,
        household_status.monthly_amount,
        household_status.per_capita,
        policy.poverty_line,
        latest_decisions.decided_on as last_decided_on,
        latest_decisions.verdict as last_verdict,
        latest_decisions.ground as last_ground,
        latest_decisions.village_code as last_decided_by,
        case
            when not latest_decisions.is_gone then {{ last_day_in_force('latest_decisions.decided_on') }}
        end as ends_on,
        -- The next month's registers are the next to carry a decision: up to when they are in time.
        {{ add_months('tasks.period', 2) }} + policy.due_day - 1 as next_due_on,
        array[
            household_status.register_upload_id, household_status.amount_upload_id, latest_decisions.upload_id
        ] as own_upload_ids
    from tasks
    inner join villages on tasks.village_code = villages.village_code
    inner join policy on tasks.period = policy.period
    left join household_status
        on
            tasks.period = household_status.period
            and tasks.household_id = household_status.household_id
    left join latest_decisions
        on
            tasks.period = latest_decisions.period
            and tasks.household_id = latest_decisions.household_id

),

final as (

    select
        period,
        district_code,
        village_code,
        household_id,
        kind,
        cause,
        kind || '.' || cause as sentence_key,
        case
            when is_counted and kind in ('conflicting', 'duplicate_claimed') then 1
            when cause = 'ineligible_below_line' then 1
            when cause = 'ends_soon' and ends_on < {{ add_months('period', 2) }} then 1
            when status = 'extreme_poor' or kind in ('expiring', 'conflicting') then 2
            else 3
        end as priority,
        case when cause = 'ends_soon' then greatest(next_due_on, ends_on) else next_due_on end as due_on,
        status,
        reason,
        is_counted,
        members,
        monthly_amount,
        per_capita,
        poverty_line,
        last_decided_on,
        last_verdict,
        last_ground,
        last_decided_by,
        ends_on,
        other_village_code,
        other_household_id,
        persons_claimed,
        array(
            select distinct evidence.upload_id
            from unnest(own_upload_ids || upload_ids) as evidence (upload_id)
            where evidence.upload_id is not null
            order by evidence.upload_id
        ) as evidence_upload_ids
    from described

)

select * from final
