with

uploads as (

    select * from {{ ref('int_accepted_uploads') }}

),

event_uploads as (

    select * from {{ ref('int_event_uploads_in_force') }}

),

build as (

    select * from {{ ref('int_build') }}
    where full_refresh_reason is null

),

known_before as (

    select * from {{ remembered('build_state') }}

),

-- A file of the same name takes the events of the one before it out of force.
compared as (

    select
        uploads.upload_id,
        uploads.village_code,
        uploads.period,
        received.upload_id is null as is_received,
        (in_force.upload_id is null) <> (event_uploads.upload_id is null) as has_changed_events
    from uploads
    cross join build
    cross join known_before
    left join unnest(known_before.upload_ids) as received (upload_id) on uploads.upload_id = received.upload_id
    left join unnest(known_before.event_upload_ids) as in_force (upload_id) on uploads.upload_id = in_force.upload_id
    left join event_uploads on uploads.upload_id = event_uploads.upload_id

),

final as (

    select * from compared
    where is_received or has_changed_events

)

select * from final
