{{
    config(
        indexes=[{'columns': ['area_level', 'area_code', 'programme_kind', 'cohort', 'months_after'], 'primary_key': true}]
    )
}}

with

household_status as (

    select * from {{ ref('fct_household_status_monthly') }}

),

help_families as (

    select * from {{ ref('int_help_families') }}

),

payments as (

    select * from {{ ref('int_payments') }}

),

activities as (

    select * from {{ ref('int_activities') }}

),

areas as (

    select * from {{ ref('int_areas') }}
    where area_level <> 'village'

),


horizons as (

    select months_after
    from unnest(array[3, 6, 12]) as months_after

),

last_month as (

    select max(period) as period from {{ ref('int_months') }}

),

-- The month in which a family was helped. BLT is the cash paid under that name, whoever funds it.
helped as (

    select
        'blt' as programme_kind,
        help_families.household_id,
        help_families.period
    from help_families
    inner join payments
        on
            help_families.help_type = 'payment'
            and help_families.help_id = payments.payment_id
    where payments.programme ~* '\m(blt|bltdd|bantuan langsung tunai)'

    union

    select
        activities.kind as programme_kind,
        help_families.household_id,
        help_families.period
    from help_families
    inner join activities
        on
            help_families.help_type = 'activity'
            and help_families.help_id = activities.activity_id
            and help_families.period = activities.period
    where activities.kind in ('pelatihan_keterampilan', 'bantuan_modal')

),

months_of_help as (

    select distinct
        programme_kind,
        period
    from helped

),

-- A cohort is the families counted in a month in which anybody was helped in that way.
cohorts as (

    select
        months_of_help.programme_kind,
        horizons.months_after,
        household_status.period as cohort,
        (household_status.period + make_interval(months => horizons.months_after))::date as looked_at,
        household_status.household_id,
        household_status.village_code
    from months_of_help
    inner join household_status on months_of_help.period = household_status.period
    cross join horizons
    cross join last_month
    where
        household_status.is_counted
        and household_status.period + make_interval(months => horizons.months_after) <= last_month.period

),

-- Beside those helped stand families not helped in that way from a year before the month until the outcome is seen.
with_help as (

    select
        cohorts.*,
        count(helped.period) filter (where helped.period = cohorts.cohort) > 0 as is_helped,
        count(helped.period) = 0 as is_without
    from cohorts
    left join helped
        on
            cohorts.programme_kind = helped.programme_kind
            and cohorts.household_id = helped.household_id
            and helped.period between {{ add_months('cohorts.cohort', -11) }} and cohorts.looked_at
    group by
        cohorts.programme_kind, cohorts.months_after, cohorts.cohort, cohorts.looked_at, cohorts.household_id,
        cohorts.village_code

),

seen as (

    select
        with_help.*,
        case
            when outcome.household_id is null or outcome.status = 'left' then 'left'
            when outcome.is_counted then 'counted'
            when outcome.status = 'not_extreme_poor' then 'not_extreme_poor'
            else 'unknown'
        end as outcome
    from with_help
    left join household_status as outcome
        on
            with_help.household_id = outcome.household_id
            and with_help.looked_at = outcome.period
    where with_help.is_helped or with_help.is_without

),

final as (

    select
        areas.area_level,
        areas.area_code,
        seen.programme_kind,
        seen.cohort,
        seen.months_after,
        seen.looked_at,
        (count(*) filter (where seen.is_helped))::integer as helped,
        (count(*) filter (where seen.is_helped and seen.outcome = 'counted'))::integer as helped_counted,
        (count(*) filter (where seen.is_helped and seen.outcome = 'not_extreme_poor'))::integer
            as helped_not_extreme_poor,
        (count(*) filter (where seen.is_helped and seen.outcome = 'unknown'))::integer as helped_unknown,
        (count(*) filter (where seen.is_helped and seen.outcome = 'left'))::integer as helped_left,
        (count(*) filter (where seen.is_without))::integer as not_helped,
        (count(*) filter (where seen.is_without and seen.outcome = 'counted'))::integer as not_helped_counted,
        (count(*) filter (where seen.is_without and seen.outcome = 'not_extreme_poor'))::integer
            as not_helped_not_extreme_poor,
        (count(*) filter (where seen.is_without and seen.outcome = 'unknown'))::integer as not_helped_unknown,
        (count(*) filter (where seen.is_without and seen.outcome = 'left'))::integer as not_helped_left
    from seen
    inner join areas on seen.village_code = areas.village_code
    group by
        areas.area_level, areas.area_code, seen.programme_kind, seen.cohort, seen.months_after, seen.looked_at

)

select * from final
