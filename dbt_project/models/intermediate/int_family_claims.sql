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

{% set household_months = keys_of('household_months') %}
{% set household_villages = partial_ref('int_household_villages') %}

with

registers_in_force as (

    select * from {{ ref('int_registers_in_force') }}

),

register_families as (

    select * from {{ ref('int_register_families') }}

),

-- Few family cards are ever listed by two villages; only those are followed month by month.
shared_families as (

    {% if partial() -%}
        select again.*
        from {{ household_months }} as again
        where (
            select count(*) from {{ household_villages }} as villages
            where villages.household_id = again.household_id
        ) > 1
    {%- else -%}
        select household_id
        from register_families
        group by household_id
        having min(village_code) <> max(village_code)
    {%- endif %}

),

claims as (

    select
        registers_in_force.period,
        register_families.household_id,
        register_families.village_code,
        register_families.upload_id,
        registers_in_force.register_period,
        registers_in_force.received_at,
        register_families.members > 0 as has_living_member
    {% if partial() -%}
        from shared_families
        inner join {{ household_villages }} as household_villages
            on shared_families.household_id = household_villages.household_id
        inner join registers_in_force
            on
                shared_families.period = registers_in_force.period
                and household_villages.village_code = registers_in_force.village_code
        inner join register_families
            on
                registers_in_force.upload_id = register_families.upload_id
                and shared_families.household_id = register_families.household_id
    {%- else -%}
        from register_families
        inner join shared_families on register_families.household_id = shared_families.household_id
        inner join registers_in_force on register_families.upload_id = registers_in_force.upload_id
    {%- endif %}

),

ranked as (

    select
        *,
        row_number() over (
            partition by period, household_id
            order by has_living_member desc, register_period desc, received_at desc, village_code
        ) as claim_order,
        count(*) over (partition by period, household_id) as claims
    from claims

),

final as (

    select
        period,
        household_id,
        village_code,
        upload_id,
        register_period,
        received_at,
        has_living_member,
        claim_order = 1 as is_kept
    from ranked
    where claims > 1

)

select * from final
