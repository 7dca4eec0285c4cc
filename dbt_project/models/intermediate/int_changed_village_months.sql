{{ config(indexes=[{'columns': ['village_code', 'period'], 'unique': true}]) }}

with

changed_household_months as (

    select * from {{ ref('int_changed_household_months') }}

),

household_villages as (

    select * from {{ ref('int_household_villages') }}

),

registers_looked_at as (

    select * from {{ ref('int_registers_looked_at') }}

),

register_families as (

    select * from {{ ref('int_register_families') }}

),

months as (

    select * from {{ ref('int_months') }}

),

villages as (

    select * from {{ ref('stg_villages') }}

),

build as (

    select * from {{ ref('int_build') }}
    where full_refresh_reason is null

),

-- A family has its row in a village that lists it in the month, or did in the month before.
of_families as (

    select distinct
        registers_looked_at.village_code,
        changed_household_months.period
    from changed_household_months
    inner join build on changed_household_months.period <= build.known_last_period
    inner join household_villages on changed_household_months.household_id = household_villages.household_id
    inner join registers_looked_at
        on
            household_villages.village_code = registers_looked_at.village_code
            and registers_looked_at.period in (
                changed_household_months.period, {{ add_months('changed_household_months.period', -1) }}
            )
    inner join register_families
        on
            registers_looked_at.upload_id = register_families.upload_id
            and changed_household_months.household_id = register_families.household_id

),

final as (

    select
        village_code,
        period
    from of_families

    union

    select
        villages.village_code,
        months.period
    from build
    inner join months on build.known_last_period < months.period
    cross join villages

)

select * from final
