{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        meta={'scope': 'household_months'},
        indexes=[
            {'columns': ['household_id', 'period', 'programme_kind'], 'unique': true},
        ]
    )
}}

with

help_families as (

    select * from {{ changed(ref('int_help_families')) }}

),

-- BLT is the cash paid under that name, whoever funds it.
payments as (

    select * from {{ ref('int_payments') }}
    where programme ~* '\m(blt|bltdd|bantuan langsung tunai)'

),

activities as (

    select * from {{ ref('int_activities') }}
    where kind in ('pelatihan_keterampilan', 'bantuan_modal')

),

-- An activity is of the month in which it began alone.
final as (

    select distinct
        help_families.household_id,
        help_families.period,
        coalesce(activities.kind, 'blt') as programme_kind
    from help_families
    left join payments
        on
            help_families.help_type = 'payment'
            and help_families.help_id = payments.payment_id
    left join activities
        on
            help_families.help_type = 'activity'
            and help_families.help_id = activities.activity_id
            and help_families.period = activities.period
    where payments.payment_id is not null or activities.activity_id is not null

)

select * from final
