with

months as (

    select * from {{ ref('int_months') }}

),

uploads as (

    select * from {{ ref('stg_uploads') }}

),

revisions as (

    select * from {{ ref('stg_revisions') }}

),

villages as (

    select * from {{ ref('stg_villages') }}

),

-- Rows of raw that were corrected or erased by request are seen nowhere else: uploads only ever come to be.
now_known as (

    select
        md5(concat(
            '{{ project_fingerprint() }}',
            (select max(revision_id) from revisions),
            (select string_agg(villages::text, '' order by village_code) from villages)
        )) as fingerprint,
        (select min(period) from months) as first_period,
        (select max(period) from months) as last_period

),

known_before as (

    select * from {{ remembered('build_state') }}

),

lost_uploads as (

    select count(*) as uploads
    from known_before
    cross join unnest(known_before.upload_ids) as known (upload_id)
    left join uploads on known.upload_id = uploads.upload_id and uploads.is_accepted
    where uploads.upload_id is null

),

final as (

    select
        now_known.fingerprint,
        now_known.first_period,
        now_known.last_period,
        known_before.last_period as known_last_period,
        case
            when known_before.built_at is null then 'no good build before'
            when {{ made_anew_because() }} is not null then {{ made_anew_because() }}
            when known_before.fingerprint <> now_known.fingerprint
                then 'another project, policy, poverty line, regency or reference, or corrected rows'
            when not coalesce(known_before.first_period = now_known.first_period, false) then 'another first month'
            when known_before.last_period > now_known.last_period then 'fewer months'
            when lost_uploads.uploads > 0 then 'an upload that counted is gone'
        end as full_refresh_reason
    from now_known
    cross join lost_uploads
    left join known_before on true

)

select * from final
