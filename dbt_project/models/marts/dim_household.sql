{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        on_schema_change='fail',
        meta={'scope': 'households'},
        indexes=[
            {'columns': ['household_id', 'valid_from'], 'primary_key': true},
            {'columns': ['village_code'], 'type': 'btree'},
        ]
    )
}}

with

household_status as (

    select * from {{ changed(ref('fct_household_status_monthly'), 'households') }}

),

months as (

    select * from {{ ref('int_months') }}

),

last_month as (

    select max(period) as period from months

),

-- A span ends where anything about the family changes, and where a month without a row lies between.
with_changes as (

    select
        household_id,
        period,
        village_code,
        status,
        reason,
        is_counted,
        members,
        coalesce(
            (village_code, status, reason, is_counted, members)
            = lag((village_code, status, reason, is_counted, members)) over household
            and period = lag({{ add_months('period', 1) }}) over household,
            false
        ) as goes_on
    from household_status
    window household as (partition by household_id order by period)

),

numbered as (

    select
        *,
        count(*) filter (where not goes_on) over (partition by household_id order by period) as span
    from with_changes

),

spans as (

    select
        household_id,
        span,
        min(period) as valid_from,
        max(period) as valid_to,
        count(*)::integer as months,
        min(village_code) as village_code,
        min(status) as status,
        min(reason) as reason,
        bool_and(is_counted) as is_counted,
        min(members) as members
    from numbered
    group by household_id, span

),

final as (

    select
        spans.household_id,
        spans.valid_from,
        spans.valid_to,
        spans.months,
        spans.valid_to = last_month.period as is_current,
        spans.village_code,
        spans.status,
        spans.reason,
        spans.is_counted,
        spans.members,
        min(spans.valid_from) over (partition by spans.household_id) as first_listed,
        min(spans.valid_from) filter (where spans.is_counted) over (partition by spans.household_id) as first_counted
    from spans
    cross join last_month

)

select * from final
