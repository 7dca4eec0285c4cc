{{ config(indexes=[{'columns': ['household_id', 'period'], 'unique': true}]) }}

with

changed_households as (

    select * from {{ ref('int_changed_households') }}

),

household_villages as (

    select * from {{ ref('int_household_villages') }}

),

months as (

    select * from {{ ref('int_months') }}

),

build as (

    select * from {{ ref('int_build') }}
    where full_refresh_reason is null

),

-- A month that is new is made for everybody: the registers are carried forward into it.
final as (

    select
        changed_households.household_id,
        months.period
    from changed_households
    inner join months on changed_households.from_period <= months.period

    union

    select
        household_villages.household_id,
        months.period
    from build
    inner join months on build.known_last_period < months.period
    cross join household_villages

)

select * from final
