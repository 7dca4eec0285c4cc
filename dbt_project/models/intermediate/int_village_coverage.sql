{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        meta={'scope': 'village_months'},
        indexes=[
            {'columns': ['period', 'village_code', 'programme_key'], 'unique': true},
        ]
    )
}}

with

household_status as (

    select * from {{ changed(ref('int_movements'), 'village_months') }}

),

help_families as (

    select * from {{ ref('int_help_families') }}
    where help_type = 'payment'

),

payments as (

    select * from {{ ref('int_payments') }}

),

-- Each payment twice: of its programme, and of any. A payment without a date is in no month.
paid as (

    select
        household_status.period,
        household_status.village_code,
        household_status.household_id,
        household_status.is_counted,
        payments.amount,
        programmes.programme_key
    from household_status
    inner join help_families
        on
            household_status.period = help_families.period
            and household_status.household_id = help_families.household_id
    inner join payments
        on
            help_families.help_id = payments.payment_id
            and help_families.period = payments.period
    cross join
        unnest(array['(semua)', coalesce(upper({{ squeezed('payments.programme') }}), '(tanpa program)')])
            as programmes (programme_key)

),

final as (

    select
        period,
        village_code,
        programme_key,
        count(distinct household_id) filter (where is_counted) as counted_assisted,
        count(distinct household_id) filter (where not is_counted) as assisted_not_counted,
        count(*) as payments,
        sum(amount) filter (where is_counted) as amount_to_counted,
        sum(amount) filter (where not is_counted) as amount_to_others
    from paid
    group by period, village_code, programme_key

)

select * from final
