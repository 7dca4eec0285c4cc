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

registers_in_force as (

    select * from {{ ref('int_registers_in_force') }}

),

families_kept as not materialized (

    select * from {{ ref('int_families_kept') }}

),

families_before as (

    select * from {{ changed(ref('int_families_kept'), months_before=1) }}

),

expected as (

    select
        {{ add_months('period', 1) }} as period,
        household_id,
        village_code
    from families_before

),

missing as (

    select expected.*
    from expected
    inner join months on expected.period = months.period
    left join families_kept
        on
            expected.period = families_kept.period
            and expected.household_id = families_kept.household_id
    where families_kept.household_id is null

),

-- The register that no longer lists the family is the one to look at.
final as (

    select
        missing.period,
        missing.household_id,
        missing.village_code,
        registers_in_force.upload_id,
        registers_in_force.register_period,
        registers_in_force.register_age_months
    from missing
    inner join registers_in_force
        on
            missing.period = registers_in_force.period
            and missing.village_code = registers_in_force.village_code

)

select * from final
