with

-- Names, numbers and addresses stay in raw: only what the marts need is ever read.
renamed as (

    select
        upload_id,
        position as row_position,
        household_id,
        head_person_id,
        penghasilan_bulanan as monthly_income,
        pengeluaran_bulanan as monthly_expenditure,
        desil as decile,
        tanggal_pendataan as surveyed_on
    from {{ source('raw', 'kesejahteraan') }}

),

-- A form that asks for no measure (Regsosek) must not stand in place of an older row that has one.
with_measure as (

    select * from renamed
    where monthly_income is not null or monthly_expenditure is not null or decile is not null

)

select * from with_measure
