{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        meta={'scope': 'payments_of_villages'},
        indexes=[
            {'columns': ['payment_id'], 'unique': true},
            {'columns': ['village_code']},
            {'columns': ['household_id']},
            {'columns': ['person_id']},
        ]
    )
}}

with

event_uploads as (

    select * from {{ changed(ref('int_event_uploads_in_force'), 'payments_of_villages') }}

),

assistance as (

    select * from {{ ref('stg_bantuan') }}

),

-- The same payment counts once, however often a village lists it; two empty values agree.
listed_last as (

    select distinct on (
        event_uploads.village_code,
        assistance.household_id,
        assistance.person_id,
        assistance.programme_key,
        assistance.paid_on,
        assistance.amount
    )
        assistance.*,
        event_uploads.village_code,
        event_uploads.period as upload_period
    from assistance
    inner join event_uploads on assistance.upload_id = event_uploads.upload_id
    order by
        event_uploads.village_code,
        assistance.household_id,
        assistance.person_id,
        assistance.programme_key,
        assistance.paid_on,
        assistance.amount,
        event_uploads.received_at desc,
        assistance.row_position desc

),

final as (

    select
        concat(upload_id, '-', row_position) as payment_id,
        village_code,
        household_id,
        person_id,
        programme,
        funding_source,
        amount,
        paid_on,
        date_trunc('month', paid_on)::date as period,
        coalesce(date_trunc('month', paid_on)::date, upload_period) as family_period
    from listed_last

)

select * from final
