with

releases as (

    select * from {{ source('publication', 'report_release') }}

),

renamed as (

    select to_date(left(period::text, 7), 'YYYY-MM') as period
    from releases
    where regency_code = '{{ regency() }}'

)

select * from renamed
