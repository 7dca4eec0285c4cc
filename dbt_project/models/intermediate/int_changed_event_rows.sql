with

changed_uploads as (

    select * from {{ ref('int_changed_uploads') }}
    where has_changed_events

),

uploads as (

    select * from {{ ref('int_accepted_uploads') }}

),

verifications as (

    select * from {{ ref('stg_verifikasi') }}

),

assistance as (

    select * from {{ ref('stg_bantuan') }}

),

empowerment as (

    select * from {{ ref('stg_pemberdayaan') }}

),

changed_assistance as (

    select
        changed_uploads.village_code,
        assistance.household_id,
        assistance.person_id,
        assistance.paid_on
    from changed_uploads
    inner join assistance on changed_uploads.upload_id = assistance.upload_id

),

-- A payment without a date is of the month of the upload that listed it last: when that changes, it leaves the month
-- of another upload.
undated as (

    select
        changed_assistance.household_id,
        changed_assistance.person_id,
        min(uploads.period) as from_period
    from (
        select distinct
            village_code,
            household_id,
            person_id
        from changed_assistance
        where paid_on is null
    ) as changed_assistance
    inner join uploads on changed_assistance.village_code = uploads.village_code
    inner join assistance
        on
            uploads.upload_id = assistance.upload_id
            and coalesce(changed_assistance.household_id, '') = coalesce(assistance.household_id, '')
            and coalesce(changed_assistance.person_id, '') = coalesce(assistance.person_id, '')
    where assistance.paid_on is null
    group by changed_assistance.household_id, changed_assistance.person_id

),

final as (

    select
        verifications.household_id,
        null::text as person_id,
        date_trunc('month', verifications.decided_on)::date as from_period
    from changed_uploads
    inner join verifications on changed_uploads.upload_id = verifications.upload_id

    union

    select
        household_id,
        person_id,
        date_trunc('month', paid_on)::date as from_period
    from changed_assistance
    where paid_on is not null

    union

    select
        household_id,
        person_id,
        from_period
    from undated

    union

    select
        empowerment.household_id,
        empowerment.person_id,
        date_trunc('month', empowerment.started_on)::date as from_period
    from changed_uploads
    inner join empowerment on changed_uploads.upload_id = empowerment.upload_id

)

select * from final
