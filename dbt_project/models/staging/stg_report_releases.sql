with

releases as (

    select * from {{ source('publication', 'report_release') }}

),

renamed as (

    select period
    from releases
    where regency_code = '{{ regency() }}'

)

select * from renamed
