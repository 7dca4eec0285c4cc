with

upload_registers as (

    select * from {{ source('raw', 'upload_register') }}

),

renamed as (

    select
        upload_id,
        register,
        status,
        coalesce(status = 'accepted', false) as is_accepted,
        coalesce(rows_accepted, 0) as rows_accepted,
        coalesce(rows_quarantined, 0) as rows_quarantined
    from upload_registers

)

select * from renamed
