with

changed_uploads as (

    select * from {{ ref('int_changed_uploads') }}

),

upload_registers as (

    select * from {{ ref('stg_upload_registers') }}

),

final as (

    select distinct
        upload_registers.register,
        changed_uploads.village_code
    from changed_uploads
    inner join upload_registers on changed_uploads.upload_id = upload_registers.upload_id
    where
        changed_uploads.has_changed_events
        and upload_registers.is_accepted
        and upload_registers.register in ('verifikasi', 'bantuan', 'pemberdayaan')

)

select * from final
