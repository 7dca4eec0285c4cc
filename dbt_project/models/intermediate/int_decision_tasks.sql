{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        meta={'scope': 'household_months'},
        indexes=[
            {'columns': ['household_id', 'period']},
        ]
    )
}}

with

months as (

    select * from {{ ref('int_months') }}

),

policy as (

    select * from {{ ref('int_monthly_policy') }}

),

household_status as (

    select * from {{ changed(ref('int_household_status')) }}

),

decisions as (

    select * from {{ ref('int_decisions') }}

),

latest_decisions as (

    select * from {{ changed(ref('int_latest_decisions')) }}

),

-- Another village found the family gone, and nobody has decided since. That it moved agrees with being listed here.
gone_elsewhere as (

    select distinct on (household_status.period, household_status.household_id)
        household_status.period,
        household_status.household_id,
        decisions.village_code,
        decisions.upload_id
    from decisions
    inner join months on decisions.decided_on <= months.month_end
    inner join household_status
        on
            months.period = household_status.period
            and decisions.household_id = household_status.household_id
            and decisions.village_code <> household_status.village_code
    left join latest_decisions
        on
            household_status.period = latest_decisions.period
            and household_status.household_id = latest_decisions.household_id
    where
        decisions.is_gone
        and decisions.ground <> 'pindah'
        and decisions.decided_on >= coalesce(latest_decisions.decided_on, '-infinity'::date)
    order by
        household_status.period,
        household_status.household_id,
        decisions.decided_on desc,
        decisions.received_at desc,
        decisions.row_position desc

),

-- Few families are ever decided about by two villages; only those are followed month by month.
families_of_two_villages as (

    select household_id
    from decisions
    group by household_id
    having min(village_code) <> max(village_code)

),

last_words as (

    select distinct on (months.period, decisions.household_id, decisions.village_code)
        months.period,
        decisions.*
    from decisions
    inner join families_of_two_villages on decisions.household_id = families_of_two_villages.household_id
    inner join months on decisions.decided_on between months.window_start and months.month_end
    order by
        months.period,
        decisions.household_id,
        decisions.village_code,
        decisions.decided_on desc,
        decisions.received_at desc,
        decisions.row_position desc

),

-- The last word of another village within the twelve months is the opposite, and is not one that was passed over.
disagreeing as (

    select distinct on (latest_decisions.period, latest_decisions.household_id)
        latest_decisions.period,
        latest_decisions.household_id,
        last_words.village_code,
        last_words.upload_id
    from latest_decisions
    inner join last_words
        on
            latest_decisions.period = last_words.period
            and latest_decisions.household_id = last_words.household_id
            and latest_decisions.village_code <> last_words.village_code
            and latest_decisions.verdict <> last_words.verdict
    inner join household_status
        on
            latest_decisions.period = household_status.period
            and latest_decisions.household_id = household_status.household_id
    where
        latest_decisions.is_in_force
        and (not last_words.is_gone or last_words.village_code = household_status.village_code)
    order by
        latest_decisions.period,
        latest_decisions.household_id,
        last_words.decided_on desc,
        last_words.received_at desc,
        last_words.row_position desc

),

families as (

    select
        household_status.period,
        household_status.village_code,
        household_status.household_id,
        household_status.status,
        household_status.reason,
        household_status.is_below_line,
        policy.notice_months,
        latest_decisions.verdict,
        coalesce(latest_decisions.is_in_force, false) as is_in_force,
        -- A decision in force that did not decide: an amount recorded later did.
        latest_decisions.is_in_force and household_status.reason in ('below_line', 'above_line') as is_superseded,
        {{ last_day_in_force('latest_decisions.decided_on') }} as ends_on,
        disagreeing.village_code as disagreeing_village_code,
        gone_elsewhere.village_code as gone_village_code,
        array[disagreeing.upload_id, gone_elsewhere.upload_id] as upload_ids
    from household_status
    inner join policy on household_status.period = policy.period
    left join latest_decisions
        on
            household_status.period = latest_decisions.period
            and household_status.household_id = latest_decisions.household_id
    left join disagreeing
        on
            household_status.period = disagreeing.period
            and household_status.household_id = disagreeing.household_id
    left join gone_elsewhere
        on
            household_status.period = gone_elsewhere.period
            and household_status.household_id = gone_elsewhere.household_id
    where
        household_status.status <> 'left'
        and (
            household_status.status in ('extreme_poor', 'candidate')
            or latest_decisions.household_id is not null
            or gone_elsewhere.household_id is not null
        )

),

-- Of each kind the first cause that applies.
caused as (

    select
        *,
        case when status = 'extreme_poor' and verdict is null then 'never_decided' end as never_verified,
        case
            when reason = 'verified' and ends_on < period + notice_months * interval '1 month' then 'ends_soon'
            when is_superseded and verdict = 'layak' and reason = 'below_line' then 'superseded'
            when not is_in_force and verdict is not null and status = 'extreme_poor' then 'ended'
            when not is_in_force and verdict = 'layak' and status in ('candidate', 'unmeasured') then 'ended'
        end as expiring,
        case
            when disagreeing_village_code is not null then 'villages_disagree'
            when gone_village_code is not null then 'gone_elsewhere'
            when reason = 'verified' and not is_below_line then 'eligible_above_line'
            when reason in ('found_ineligible', 'graduated', 'other') and is_below_line then 'ineligible_below_line'
            when is_superseded and verdict = 'layak' and reason = 'above_line' then 'eligible_superseded'
            when is_superseded and verdict = 'tidak_layak' and reason = 'below_line' then 'ineligible_superseded'
        end as conflicting,
        case when status = 'candidate' then 'decile_1' end as decile_1
    from families

),

final as (

    select
        caused.period,
        caused.village_code,
        caused.household_id,
        to_do.kind_of_task as kind,
        to_do.cause_of_task as cause,
        case to_do.cause_of_task
            when 'villages_disagree' then caused.disagreeing_village_code
            when 'gone_elsewhere' then caused.gone_village_code
        end as other_village_code,
        caused.upload_ids
    from caused
    cross join
        lateral (
            values
            ('never_verified', caused.never_verified),
            ('expiring', caused.expiring),
            ('conflicting', caused.conflicting),
            ('decile_1', caused.decile_1)
        ) as to_do (kind_of_task, cause_of_task)
    where to_do.cause_of_task is not null

)

select * from final
