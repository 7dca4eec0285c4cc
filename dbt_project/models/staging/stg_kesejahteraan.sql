with

-- Names, numbers and addresses stay in raw: only what the marts need is ever read.
renamed as (

    select
        upload_id,
        position as row_position,
        household_id,
        penghasilan_bulanan as monthly_income,
        pengeluaran_bulanan as monthly_expenditure,
        desil as decile,
        tanggal_pendataan as surveyed_on
    from {{ source('raw', 'kesejahteraan') }}

)

select * from renamed
