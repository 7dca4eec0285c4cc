with

uploads as (

    select * from {{ ref('stg_uploads') }}

),

upload_registers as (

    select * from {{ ref('stg_upload_registers') }}

),

-- Replaced ones, too: they were in force when an earlier build looked.
final as (

    select
        uploads.upload_id,
        uploads.village_code,
        uploads.period
    from uploads
    inner join upload_registers on uploads.upload_id = upload_registers.upload_id
    where
        uploads.is_accepted
        and upload_registers.is_accepted
        and upload_registers.register = 'penduduk'

)

select * from final
