with

uploads as (

    select * from {{ ref('stg_uploads') }}

),

final as (

    select
        upload_id,
        village_code,
        period
    from uploads
    where is_accepted

)

select * from final
