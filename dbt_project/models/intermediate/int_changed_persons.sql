with

changed_uploads as (

    select * from {{ ref('int_changed_uploads') }}

),

changed_listings as (

    select * from {{ ref('int_changed_listings') }}

),

event_rows as (

    select * from {{ ref('int_changed_event_rows') }}

),

welfare as (

    select * from {{ ref('stg_kesejahteraan') }}
    where household_id is null

),

payments as (

    select * from {{ ref('int_payments') }}

),

activities as (

    select * from {{ ref('int_activities') }}

),

-- Whom rows name that are new or no longer count, and whom help of a family names that may be listed no more: the
-- family that lists the person takes it then.
named as (

    select
        welfare.head_person_id as person_id,
        changed_uploads.period as from_period
    from changed_uploads
    inner join welfare on changed_uploads.upload_id = welfare.upload_id
    where changed_uploads.is_received

    union all

    select
        person_id,
        from_period
    from event_rows

    union all

    select
        payments.person_id,
        payments.family_period as from_period
    from changed_listings
    inner join payments
        on
            changed_listings.household_id = payments.household_id
            and changed_listings.from_period <= payments.family_period

    union all

    select
        activities.person_id,
        greatest(activities.period, changed_listings.from_period) as from_period
    from changed_listings
    inner join activities
        on
            changed_listings.household_id = activities.household_id
            and changed_listings.from_period <= {{ add_months('activities.period', 11) }}

),

final as (

    select
        person_id,
        min(from_period) as from_period
    from named
    where person_id is not null and from_period is not null
    group by person_id

)

select * from final
