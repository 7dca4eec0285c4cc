with

revisions as (

    select * from {{ source('raw', 'revision') }}

),

renamed as (

    select
        revision_id,
        made_at
    from revisions

)

select * from renamed
