with

months as (

    select * from {{ ref('int_months') }}

),

uploads as (

    select * from {{ ref('stg_uploads') }}

),

welfare as (

    select * from {{ ref('stg_kesejahteraan') }}

),

-- A list without card numbers tells its families apart by their heads.
keyed as (

    select
        *,
        coalesce(household_id, head_person_id) as family_key
    from welfare

),

-- The register adds up by family: of a period the row received last counts.
latest_of_period as (

    select distinct on (keyed.family_key, uploads.village_code, uploads.period)
        keyed.family_key,
        keyed.household_id,
        keyed.head_person_id,
        uploads.village_code,
        uploads.period as welfare_period,
        uploads.upload_id,
        uploads.received_at,
        keyed.row_position,
        keyed.monthly_income,
        keyed.monthly_expenditure,
        keyed.decile,
        keyed.surveyed_on
    from keyed
    inner join uploads on keyed.upload_id = uploads.upload_id
    where uploads.is_accepted
    order by
        keyed.family_key,
        uploads.village_code,
        uploads.period,
        uploads.received_at desc,
        keyed.row_position desc

),

-- A row counts for the twelve months from its period, or until the village sends a later one.
with_successor as (

    select
        *,
        lead(welfare_period) over (partition by family_key, village_code order by welfare_period)
            as next_welfare_period
    from latest_of_period

),

final as (

    select
        months.period,
        with_successor.household_id,
        case when with_successor.household_id is null then with_successor.head_person_id end as head_person_id,
        with_successor.village_code,
        with_successor.welfare_period,
        with_successor.upload_id,
        with_successor.row_position,
        with_successor.received_at,
        with_successor.monthly_income,
        with_successor.monthly_expenditure,
        with_successor.decile,
        with_successor.surveyed_on
    from with_successor
    inner join months
        on
            with_successor.welfare_period <= months.period
            and with_successor.welfare_period >= months.window_start
            and months.period < coalesce(with_successor.next_welfare_period, 'infinity'::date)

)

select * from final
