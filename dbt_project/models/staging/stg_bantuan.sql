with

-- Names, numbers and addresses stay in raw: only what the marts need is ever read.
renamed as (

    select
        upload_id,
        position as row_position,
        household_id,
        person_id,
        {{ without_numbers('program') }} as programme,
        -- The same payment however its programme is spaced or capitalised.
        upper({{ squeezed(without_numbers('program')) }}) as programme_key,
        {{ without_numbers('sumber_dana') }} as funding_source,
        nilai as amount,
        tanggal_salur as paid_on
    from {{ source('raw', 'bantuan') }}

)

select * from renamed
