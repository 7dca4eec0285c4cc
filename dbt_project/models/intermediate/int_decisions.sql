{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        meta={'scope': 'decisions_of_villages'},
        indexes=[
            {'columns': ['household_id']},
            {'columns': ['village_code']},
        ]
    )
}}

with

event_uploads as (

    select * from {{ changed(ref('int_event_uploads_in_force'), 'decisions_of_villages') }}

),

verifications as (

    select * from {{ ref('stg_verifikasi') }}

),

-- A decision listed again counts as received when last listed, with the ground given then.
final as (

    select distinct on (
        event_uploads.village_code, verifications.household_id, verifications.decided_on, verifications.verdict
    )
        event_uploads.village_code,
        verifications.household_id,
        verifications.decided_on,
        verifications.verdict,
        verifications.ground,
        verifications.verdict = 'tidak_layak'
        and verifications.ground in ('meninggal', 'pindah', 'ganda', 'tidak_ditemukan') as is_gone,
        verifications.upload_id,
        verifications.row_position,
        event_uploads.received_at
    from verifications
    inner join event_uploads on verifications.upload_id = event_uploads.upload_id
    order by
        event_uploads.village_code,
        verifications.household_id,
        verifications.decided_on,
        verifications.verdict,
        event_uploads.received_at desc,
        verifications.row_position desc

)

select * from final
