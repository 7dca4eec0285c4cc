{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        on_schema_change='fail',
        meta={'scope': 'payments'},
        indexes=[
            {'columns': ['payment_id'], 'primary_key': true},
            {'columns': ['village_code', 'period']},
            {'columns': ['household_id', 'period']},
        ]
    )
}}

with

payments as (

    select * from {{ changed(ref('int_payments'), 'payments') }}

),

help_families as (

    select * from {{ ref('int_help_families') }}

),

final as (

    select
        payments.payment_id,
        coalesce(help_families.household_id, payments.household_id) as household_id,
        payments.person_id,
        payments.programme,
        payments.funding_source,
        payments.amount::numeric as amount,
        payments.paid_on,
        payments.period,
        coalesce(help_families.village_code, payments.village_code) as village_code,
        help_families.household_id is not null as is_of_listed_family
    from payments
    left join help_families
        on
            help_families.help_type = 'payment'
            and payments.payment_id = help_families.help_id
            and payments.family_period = help_families.period

)

select * from final
