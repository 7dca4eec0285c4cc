-- A table, so that all models of a build see the same uploads, whatever intake loads meanwhile.
{{ config(materialized='table', post_hook='{{ refresh_statistics() }}') }}

with

uploads as (

    select * from {{ source('raw', 'upload') }}

),

renamed as (

    select
        upload_id,
        village_code,
        -- Malformed periods are kept in raw with the reason why the upload was rejected; here they have no month.
        case when period ~ '^[12][0-9]{3}-(0[1-9]|1[0-2])$' then to_date(period, 'YYYY-MM') end as period,
        file_name,
        received_at,
        status,
        coalesce(status in ('accepted', 'accepted_with_quarantine'), false) as is_accepted
    from uploads
    where {{ is_known('received_at') }}

)

select * from renamed
