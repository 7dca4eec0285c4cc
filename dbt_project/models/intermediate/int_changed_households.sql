with

changed_listings as (

    select * from {{ ref('int_changed_listings') }}

),

changed_uploads as (

    select * from {{ ref('int_changed_uploads') }}

),

event_rows as (

    select * from {{ ref('int_changed_event_rows') }}

),

welfare as (

    select * from {{ ref('stg_kesejahteraan') }}

),

families_of_persons as (

    select * from {{ ref('int_changed_person_families') }}

),

changed as (

    select * from changed_listings

    union all

    select * from families_of_persons

    union all

    select
        household_id,
        from_period
    from event_rows

    union all

    select
        welfare.household_id,
        changed_uploads.period as from_period
    from changed_uploads
    inner join welfare on changed_uploads.upload_id = welfare.upload_id
    where changed_uploads.is_received

),

-- Once a row may differ, every later one of the family may: the month before and earlier counts have a say in it.
final as (

    select
        household_id,
        min(from_period) as from_period
    from changed
    where household_id is not null and from_period is not null
    group by household_id

)

select * from final
