{{ config(indexes=[{'columns': ['village_code', 'cohort'], 'unique': true}]) }}

with

changed_household_months as (

    select * from {{ ref('int_changed_household_months') }}

),

changed_village_months as (

    select * from {{ ref('int_changed_village_months') }}

),

household_status as (

    select * from {{ ref('int_movements') }}

),

build as (

    select * from {{ ref('int_build') }}
    where full_refresh_reason is null

),

horizons as (

    select months_after
    from unnest(array[{{ months_of_outcome() }}]) as horizons (months_after)

),

-- Once a row of a family may differ every later one may, so a cohort changes only together with the month in which its
-- outcome is seen: also by help that comes after the month of help, or no longer does.
looked_at_again as (

    select distinct
        changed_household_months.household_id,
        (changed_household_months.period - make_interval(months => horizons.months_after))::date as cohort
    from changed_household_months
    cross join horizons

),

-- A family that has left its village, or gained or lost its row in it, did so in a month that is itself made again.
final as (

    select
        household_status.village_code,
        household_status.period as cohort
    from looked_at_again
    inner join household_status
        on
            looked_at_again.household_id = household_status.household_id
            and looked_at_again.cohort = household_status.period

    union

    select
        changed_village_months.village_code,
        changed_village_months.period as cohort
    from changed_village_months
    cross join build
    cross join horizons
    where changed_village_months.period + make_interval(months => horizons.months_after) <= build.last_period

)

select * from final
