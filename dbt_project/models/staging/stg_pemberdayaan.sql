with

-- Names, numbers and addresses stay in raw: only what the marts need is ever read.
renamed as (

    select
        upload_id,
        position as row_position,
        household_id,
        person_id,
        jenis as kind,
        {{ without_numbers('nama_kegiatan') }} as activity_name,
        {{ without_numbers('penyelenggara') }} as provider,
        tanggal_mulai as started_on,
        tanggal_selesai as finished_on,
        {{ without_numbers('hasil') }} as outcome,
        nilai as amount
    from {{ source('raw', 'pemberdayaan') }}

)

select * from renamed
