{{ config(indexes=[{'columns': ['family_key', 'period'], 'unique': true}]) }}

with

changed_uploads as (

    select * from {{ ref('int_changed_uploads') }}

),

uploads as (

    select * from {{ ref('int_accepted_uploads') }}

),

welfare as (

    select * from {{ ref('stg_kesejahteraan') }}

),

months as (

    select * from {{ ref('int_months') }}

),

build as (

    select * from {{ ref('int_build') }}
    where full_refresh_reason is null

),

-- A row counts from its period on; in a month that is new every row of its twelve months may.
final as (

    select
        coalesce(welfare.household_id, welfare.head_person_id) as family_key,
        months.period
    from changed_uploads
    inner join welfare on changed_uploads.upload_id = welfare.upload_id
    inner join months on changed_uploads.period <= months.period
    where changed_uploads.is_received

    union

    select
        coalesce(welfare.household_id, welfare.head_person_id) as family_key,
        months.period
    from build
    inner join months on build.known_last_period < months.period
    inner join uploads on uploads.period between months.window_start and months.period
    inner join welfare on uploads.upload_id = welfare.upload_id

)

select * from final
