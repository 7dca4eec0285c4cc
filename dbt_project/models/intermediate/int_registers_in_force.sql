with

months as (

    select * from {{ ref('int_months') }}

),

uploads as (

    select * from {{ ref('stg_uploads') }}

),

upload_registers as (

    select * from {{ ref('stg_upload_registers') }}

),

-- For a period the last register received replaces the earlier as a whole.
latest_of_period as (

    select distinct on (uploads.village_code, uploads.period)
        uploads.village_code,
        uploads.period as register_period,
        uploads.upload_id,
        uploads.received_at
    from uploads
    inner join upload_registers on uploads.upload_id = upload_registers.upload_id
    where
        uploads.is_accepted
        and upload_registers.is_accepted
        and upload_registers.register = 'penduduk'
    order by uploads.village_code, uploads.period, uploads.received_at desc

),

with_successor as (

    select
        *,
        lead(register_period) over (partition by village_code order by register_period) as next_register_period
    from latest_of_period

),

final as (

    select
        months.period,
        with_successor.village_code,
        with_successor.upload_id,
        with_successor.register_period,
        with_successor.received_at,
        {{ months_between('with_successor.register_period', 'months.period') }} as register_age_months
    from with_successor
    inner join months
        on
            with_successor.register_period <= months.period
            and months.period < coalesce(with_successor.next_register_period, 'infinity'::date)

)

select * from final
