{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        meta={'scope': 'household_months'},
        indexes=[
            {'columns': ['household_id', 'period'], 'unique': true},
        ]
    )
}}

with

months as (

    select * from {{ ref('int_months') }}

),

families_kept as (

    select * from {{ changed(ref('int_families_kept')) }}

),

decisions as (

    select * from {{ ref('int_decisions') }}

),

decided_by_month_end as (

    select
        months.period,
        months.window_start,
        decisions.*
    from decisions
    inner join months on decisions.decided_on <= months.month_end

),

-- That a family is gone holds while the village that decided so keeps it; elsewhere the decision before is the latest.
latest as (

    select distinct on (families_kept.period, families_kept.household_id)
        families_kept.period,
        families_kept.household_id,
        decided_by_month_end.village_code,
        decided_by_month_end.upload_id,
        decided_by_month_end.decided_on,
        decided_by_month_end.verdict,
        decided_by_month_end.ground,
        decided_by_month_end.is_gone,
        decided_by_month_end.window_start
    from families_kept
    inner join decided_by_month_end
        on
            families_kept.period = decided_by_month_end.period
            and families_kept.household_id = decided_by_month_end.household_id
    where
        not decided_by_month_end.is_gone
        or decided_by_month_end.village_code = families_kept.village_code
    order by
        families_kept.period,
        families_kept.household_id,
        decided_by_month_end.decided_on desc,
        decided_by_month_end.received_at desc,
        decided_by_month_end.row_position desc

),

final as (

    select
        period,
        household_id,
        village_code,
        upload_id,
        decided_on,
        verdict,
        ground,
        is_gone,
        is_gone or decided_on >= window_start as is_in_force
    from latest

)

select * from final
