with

villages as (

    select * from {{ ref('stg_villages') }}

),

-- Each village as part of itself, its district and its regency.
final as (

    select
        'village' as area_level,
        village_code as area_code,
        village_code
    from villages

    union all

    select
        'district' as area_level,
        district_code as area_code,
        village_code
    from villages

    union all

    select
        'regency' as area_level,
        regency_code as area_code,
        village_code
    from villages

)

select * from final
