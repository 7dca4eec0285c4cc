{{
    config(
        indexes=[{'columns': ['village_code', 'period', 'register'], 'primary_key': true}]
    )
}}

with

months as (

    select * from {{ ref('int_months') }}

),

villages as (

    select * from {{ ref('dim_village') }}

),

uploads as (

    select * from {{ ref('stg_uploads') }}

),

upload_registers as (

    select * from {{ ref('stg_upload_registers') }}

),

event_uploads as (

    select * from {{ ref('int_event_uploads_in_force') }}

),

registers as (

    select
        register,
        -- How many months a register still speaks for after its own; null is without end.
        carried_months,
        lists_events
    from (
        values
        ('penduduk', null, false),
        ('kesejahteraan', 11, false),
        ('verifikasi', 0, true),
        ('bantuan', 0, true),
        ('pemberdayaan', 0, true)
    ) as registers (register, carried_months, lists_events)

),

accepted as (

    select
        uploads.village_code,
        uploads.period,
        upload_registers.register,
        uploads.upload_id,
        uploads.file_name,
        uploads.received_at,
        upload_registers.rows_accepted,
        upload_registers.rows_quarantined
    from uploads
    inner join upload_registers on uploads.upload_id = upload_registers.upload_id
    inner join registers on upload_registers.register = registers.register
    -- A file of the same name replaced all events of this one, whether or not it lists any itself.
    left join event_uploads on uploads.upload_id = event_uploads.upload_id
    where
        uploads.is_accepted
        and upload_registers.is_accepted
        and (not registers.lists_events or event_uploads.upload_id is not null)

),

-- The last register of a period stands for all of a snapshot, and the last file of each name for the others, whose
-- files add up.
standing as (

    select distinct on (village_code, period, register, case when register <> 'penduduk' then file_name end) *
    from accepted
    order by
        village_code,
        period,
        register,
        case when register <> 'penduduk' then file_name end,
        received_at desc

),

accepted_of_period as (

    select
        village_code,
        period,
        register,
        max(received_at) as received_at,
        sum(rows_accepted)::integer as rows_accepted,
        sum(rows_quarantined)::integer as rows_quarantined
    from standing
    group by village_code, period, register

),

-- A file that was rejected before its registers were known counts for the register that every village owes.
refused_of_period as (

    select distinct
        uploads.village_code,
        uploads.period,
        coalesce(upload_registers.register, 'penduduk') as register
    from uploads
    left join upload_registers on uploads.upload_id = upload_registers.upload_id
    where
        uploads.status = 'rejected'
        or (uploads.is_accepted and not upload_registers.is_accepted)

),

expected as (

    select
        villages.village_code,
        months.period,
        registers.register,
        registers.carried_months
    from villages
    cross join months
    cross join registers

),

-- The register in force: the latest period that still speaks for the month.
in_force as (

    select distinct on (expected.village_code, expected.period, expected.register)
        expected.village_code,
        expected.period,
        expected.register,
        accepted_of_period.received_at,
        {{ months_between('accepted_of_period.period', 'expected.period') }} as age_months,
        accepted_of_period.rows_accepted,
        accepted_of_period.rows_quarantined
    from expected
    inner join accepted_of_period
        on
            expected.village_code = accepted_of_period.village_code
            and expected.register = accepted_of_period.register
            and expected.period >= accepted_of_period.period
    where
        expected.carried_months is null
        or {{ months_between('accepted_of_period.period', 'expected.period') }} <= expected.carried_months
    order by expected.village_code, expected.period, expected.register, accepted_of_period.period desc

),

final as (

    select
        expected.village_code,
        expected.period,
        expected.register,
        case
            when in_force.age_months = 0 then 'received'
            when refused_of_period.register is not null then 'rejected'
            when in_force.age_months > 0 then 'carried_forward'
            else 'missing'
        end as status,
        in_force.received_at,
        in_force.age_months,
        coalesce(in_force.rows_accepted, 0) as rows_accepted,
        coalesce(in_force.rows_quarantined, 0) as rows_quarantined
    from expected
    left join in_force
        on
            expected.village_code = in_force.village_code
            and expected.period = in_force.period
            and expected.register = in_force.register
    left join refused_of_period
        on
            expected.village_code = refused_of_period.village_code
            and expected.period = refused_of_period.period
            and expected.register = refused_of_period.register

)

select * from final
