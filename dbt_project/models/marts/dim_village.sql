with

villages as (

    select * from {{ ref('stg_villages') }}

),

final as (

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

)

select * from final
