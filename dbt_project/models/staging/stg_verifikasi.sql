with

-- Names, numbers and addresses stay in raw: only what the marts need is ever read.
renamed as (

    select
        upload_id,
        position as row_position,
        household_id,
        tanggal_musyawarah as decided_on,
        hasil as verdict,
        case when hasil = 'tidak_layak' then coalesce(alasan, 'lainnya') end as ground
    from {{ source('raw', 'verifikasi') }}

)

select * from renamed
