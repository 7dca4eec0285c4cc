with

-- Names, numbers and addresses stay in raw: only what the marts need is ever read.
renamed as (

    select
        upload_id,
        position as row_position,
        household_id,
        person_id,
        name_birth_key,
        has_nik,
        status_dasar as life_status,
        coalesce(status_dasar = 1, true) as is_member,
        pendidikan_sedang_id as schooling
    from {{ source('raw', 'penduduk') }}

)

select * from renamed
