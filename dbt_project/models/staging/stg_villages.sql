with

villages as (

    select * from {{ source('reference', 'village') }}

),

renamed as (

    select
        village_code,
        village_name,
        village_kind,
        district_code,
        district_name,
        regency_code,
        regency_name,
        province_code,
        province_name
    from villages
    where regency_code = '{{ regency() }}'

)

select * from renamed
