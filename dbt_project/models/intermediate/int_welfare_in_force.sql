{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        meta={'scope': 'welfare_months'},
        indexes=[
            {'columns': ['family_key', 'period']},
            {'columns': ['household_id', 'period']},
            {'columns': ['head_person_id', 'period'], 'where': 'head_person_id is not null'},
        ]
    )
}}

{# A row counts for twelve months: those of earlier periods have no say in the months that are made again. #}
{% set welfare_months = keys_of('welfare_months') %}

with

months as (

    select * from {{ ref('int_months') }}

),

uploads as (

    select * from {{ ref('stg_uploads') }}
    {% if partial() -%}
        where period >= (select {{ add_months('min(again.period)', -11) }} from {{ welfare_months }} as again)
    {%- endif %}

),

welfare as (

    select * from {{ ref('stg_kesejahteraan') }}

),

-- A list without card numbers tells its families apart by their heads.
keyed as (

    {% if partial() -%}
        select
            welfare.*,
            welfare.household_id as family_key
        from (select distinct family_key from {{ welfare_months }} as again) as families
        inner join welfare on families.family_key = welfare.household_id

        union all

        select
            welfare.*,
            welfare.head_person_id as family_key
        from (select distinct family_key from {{ welfare_months }} as again) as families
        inner join welfare on families.family_key = welfare.head_person_id and welfare.household_id is null
    {%- else -%}
        select
            *,
            coalesce(household_id, head_person_id) as family_key
        from welfare
    {%- endif %}

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
        with_successor.family_key,
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
    {% if partial() -%}
        inner join {{ welfare_months }} as again
            on
                with_successor.family_key = again.family_key
                and months.period = again.period
    {%- endif %}

)

select * from final
