{{
    config(
        indexes=[{'columns': ['village_code', 'period'], 'primary_key': true}]
    )
}}

with

villages as (

    select * from {{ ref('dim_village') }}

),

policy as (

    select * from {{ ref('int_monthly_policy') }}

),

completeness as (

    select * from {{ ref('rpt_register_completeness_monthly') }}

),

uploads as (

    select * from {{ ref('stg_uploads') }}

),

upload_registers as (

    select * from {{ ref('stg_upload_registers') }}

),

expected as (

    select
        villages.village_code,
        policy.period,
        -- The first moment after the day on which it was due: midnight in Jakarta, whatever the server's zone.
        (
            {{ add_months('policy.period', 1) }} + policy.due_day * interval '1 day'
        ) at time zone 'Asia/Jakarta' as due_before
    from villages
    cross join policy

),

-- A register that came in time and is corrected afterwards was in time: the first one accepted decides.
first_accepted as (

    select
        uploads.village_code,
        uploads.period,
        min(uploads.received_at) as first_received_at
    from uploads
    inner join upload_registers on uploads.upload_id = upload_registers.upload_id
    where uploads.is_accepted and upload_registers.is_accepted and upload_registers.register = 'penduduk'
    group by uploads.village_code, uploads.period

),

attempts as (

    select
        village_code,
        period,
        count(*)::integer as uploads,
        max(received_at) as last_upload_at
    from uploads
    where status <> 'duplicate' and period is not null
    group by village_code, period

),

population as (

    select * from completeness
    where register = 'penduduk'

),

rows_of_month as (

    select
        village_code,
        period,
        count(*)::integer as registers_received,
        sum(rows_accepted)::integer as rows_accepted,
        sum(rows_quarantined)::integer as rows_quarantined
    from completeness
    where status = 'received'
    group by village_code, period

),

counted as (

    select
        expected.village_code,
        expected.period,
        expected.due_before,
        coalesce(population.status, 'missing') as register_status,
        population.age_months as register_age_months,
        first_accepted.first_received_at,
        case when population.status = 'received' then population.received_at end as last_received_at,
        attempts.last_upload_at,
        coalesce(attempts.uploads, 0) as uploads,
        coalesce(rows_of_month.registers_received, 0) as registers_received,
        coalesce(rows_of_month.rows_accepted, 0) as rows_accepted,
        coalesce(rows_of_month.rows_quarantined, 0) as rows_quarantined
    from expected
    left join population
        on expected.village_code = population.village_code and expected.period = population.period
    left join first_accepted
        on expected.village_code = first_accepted.village_code and expected.period = first_accepted.period
    left join attempts
        on expected.village_code = attempts.village_code and expected.period = attempts.period
    left join rows_of_month
        on expected.village_code = rows_of_month.village_code and expected.period = rows_of_month.period

),

final as (

    select
        village_code,
        period,
        case
            when register_status = 'rejected' then 'rejected'
            when register_status <> 'received' then 'missing'
            when first_received_at >= due_before then 'late'
            else 'in_time'
        end as status,
        register_status = 'received' as is_sent,
        register_status = 'received' and first_received_at >= due_before as is_late,
        register_status <> 'received' as is_missing,
        due_before,
        first_received_at,
        last_received_at,
        last_upload_at,
        uploads,
        registers_received,
        rows_accepted + rows_quarantined as rows_read,
        rows_accepted,
        rows_quarantined,
        trim_scale(rows_quarantined::numeric / nullif(rows_accepted + rows_quarantined, 0)) as quarantine_rate,
        register_age_months
    from counted

)

select * from final
