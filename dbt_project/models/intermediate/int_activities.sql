{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        meta={'scope': 'activities_of_villages'},
        indexes=[
            {'columns': ['activity_id'], 'unique': true},
            {'columns': ['village_code']},
            {'columns': ['household_id']},
            {'columns': ['person_id']},
        ]
    )
}}

with

event_uploads as (

    select * from {{ changed(ref('int_event_uploads_in_force'), 'activities_of_villages') }}

),

empowerment as (

    select * from {{ ref('stg_pemberdayaan') }}

),

-- The same activity counts once, however often a village lists it; two empty values agree.
listed_last as (

    select distinct on (
        event_uploads.village_code,
        empowerment.household_id,
        empowerment.person_id,
        empowerment.kind,
        empowerment.activity_name,
        empowerment.started_on
    )
        empowerment.*,
        event_uploads.village_code
    from empowerment
    inner join event_uploads on empowerment.upload_id = event_uploads.upload_id
    order by
        event_uploads.village_code,
        empowerment.household_id,
        empowerment.person_id,
        empowerment.kind,
        empowerment.activity_name,
        empowerment.started_on,
        event_uploads.received_at desc,
        empowerment.row_position desc

),

final as (

    select
        concat(upload_id, '-', row_position) as activity_id,
        village_code,
        household_id,
        person_id,
        kind,
        activity_name,
        provider,
        started_on,
        finished_on,
        outcome,
        amount,
        date_trunc('month', started_on)::date as period
    from listed_last

)

select * from final
