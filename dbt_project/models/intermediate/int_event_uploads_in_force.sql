with

uploads as (

    select * from {{ ref('stg_uploads') }}

),

-- A file of the same name in the same folder replaces all events of the one before it.
final as (

    select distinct on (village_code, period, file_name)
        upload_id,
        village_code,
        period,
        received_at
    from uploads
    where is_accepted
    order by village_code, period, file_name, received_at desc

)

select * from final
