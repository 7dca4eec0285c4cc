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

help_families as (

    select * from {{ changed(ref('int_help_families')) }}

),

payments as (

    select * from {{ ref('int_payments') }}

),

activities as (

    select * from {{ ref('int_activities') }}

),

-- A payment without a date belongs to a family, and counts in no month.
dated_payments as (

    select * from payments
    where period is not null

),

final as (

    select
        help_families.period,
        help_families.household_id,
        count(dated_payments.payment_id)::integer as payments,
        coalesce(sum(dated_payments.amount), 0) as assistance_amount,
        coalesce(bool_or(activities.kind = 'pelatihan_keterampilan'), false) as is_trained,
        coalesce(bool_or(activities.kind = 'bantuan_modal'), false) as has_capital
    from help_families
    left join dated_payments
        on
            help_families.help_type = 'payment'
            and help_families.help_id = dated_payments.payment_id
    left join activities
        on
            help_families.help_type = 'activity'
            and help_families.help_id = activities.activity_id
    group by help_families.period, help_families.household_id

)

select * from final
