{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        meta={'scope': 'household_months'},
        indexes=[
            {'columns': ['household_id', 'period'], 'unique': true},
            {'columns': ['household_id', 'period'], 'where': 'is_counted'},
        ]
    )
}}

with

families_kept as (

    select * from {{ changed(ref('int_families_kept')) }}

),

families_no_longer_listed as (

    select * from {{ changed(ref('int_families_no_longer_listed')) }}

),

family_amounts as (

    select * from {{ changed(ref('int_family_amounts')) }}

),

latest_decisions as (

    select * from {{ changed(ref('int_latest_decisions')) }}

),

monthly_policy as (

    select * from {{ ref('int_monthly_policy') }}

),

families as (

    select
        period,
        household_id,
        village_code,
        upload_id,
        register_period,
        register_age_months,
        true as is_listed,
        persons,
        members,
        dead,
        moved_out,
        students_smp,
        students_sma
    from families_kept

    union all

    select
        period,
        household_id,
        village_code,
        upload_id,
        register_period,
        register_age_months,
        false as is_listed,
        0 as persons,
        0 as members,
        0 as dead,
        0 as moved_out,
        0 as students_smp,
        0 as students_sma
    from families_no_longer_listed

),

-- Amounts and decisions exist for listed families only, so a family no longer listed gets none.
measured as (

    select
        families.*,
        family_amounts.monthly_amount,
        family_amounts.decile,
        trim_scale(family_amounts.monthly_amount / nullif(families.members, 0)) as per_capita,
        monthly_policy.poverty_line,
        monthly_policy.count_rule,
        -- Compared as amount and line of the whole family: a quotient would have to be rounded.
        case monthly_policy.strictness
            when 'inclusive' then family_amounts.monthly_amount <= monthly_policy.poverty_line * families.members
            else family_amounts.monthly_amount < monthly_policy.poverty_line * families.members
        end as is_below_line,
        latest_decisions.verdict,
        latest_decisions.ground,
        latest_decisions.decided_on,
        coalesce(latest_decisions.is_gone, false) as is_gone,
        coalesce(latest_decisions.is_in_force, false) as is_in_force,
        coalesce(
            family_amounts.monthly_amount is not null and family_amounts.surveyed_on > latest_decisions.decided_on,
            false
        ) as is_superseded,
        family_amounts.upload_id as amount_upload_id,
        latest_decisions.upload_id as decision_upload_id
    from families
    inner join monthly_policy on families.period = monthly_policy.period
    left join family_amounts
        on
            families.period = family_amounts.period
            and families.household_id = family_amounts.household_id
    left join latest_decisions
        on
            families.period = latest_decisions.period
            and families.household_id = latest_decisions.household_id

),

-- The decision table of the design, row for row: the first match decides.
reasoned as (

    select
        *,
        case
            when not is_listed then 'missing_from_register'
            when members = 0 and dead = persons then 'died'
            when members = 0 and moved_out > 0 then 'moved_out'
            when members = 0 then 'not_found'
            when is_gone and ground = 'meninggal' then 'died'
            when is_gone and ground = 'pindah' then 'moved_out'
            when is_gone and ground = 'ganda' then 'duplicate'
            when is_gone then 'not_found'
            when is_in_force and not is_superseded and verdict = 'layak' then 'verified'
            when is_in_force and not is_superseded and ground = 'tidak_layak_sejak_awal' then 'found_ineligible'
            when is_in_force and not is_superseded and ground = 'graduasi' then 'graduated'
            when is_in_force and not is_superseded then 'other'
            when is_below_line then 'below_line'
            when not is_below_line then 'above_line'
            when decile = 1 then 'decile_1'
            else 'no_measure'
        end as reason
    from measured

),

judged as (

    select
        *,
        case
            when reason in ('missing_from_register', 'died', 'moved_out', 'duplicate', 'not_found') then 'left'
            when reason in ('verified', 'below_line') then 'extreme_poor'
            when reason = 'decile_1' then 'candidate'
            when reason = 'no_measure' then 'unmeasured'
            else 'not_extreme_poor'
        end as status
    from reasoned

),

final as (

    select
        period,
        household_id,
        village_code,
        status,
        reason,
        status = 'extreme_poor' and (count_rule <> 'verified_only' or reason = 'verified') as is_counted,
        members,
        monthly_amount,
        per_capita,
        poverty_line,
        -- greatest() alone passes over nulls: an unknown per-capita would have no gap of 0.
        case when per_capita is not null then trim_scale(greatest(poverty_line - per_capita, 0)) end as gap,
        is_below_line,
        students_smp,
        students_sma,
        case when is_in_force then decided_on end as verified_on,
        register_period,
        register_age_months,
        upload_id as register_upload_id,
        amount_upload_id,
        case when is_in_force then decision_upload_id end as decision_upload_id
    from judged

)

select * from final
