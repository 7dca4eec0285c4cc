{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        on_schema_change='fail',
        meta={'scope': 'household_months'},
        indexes=[
            {'columns': ['household_id', 'period'], 'primary_key': true},
            {'columns': ['period', 'village_code']},
            {'columns': ['period', 'village_code'], 'where': 'is_counted'},
            {'columns': ['period', 'movement'], 'where': 'movement is not null'},
        ]
    )
}}

with

movements as (

    select * from {{ changed(ref('int_movements')) }}

),

final as (

    select
        household_id,
        period,
        village_code,
        status,
        reason,
        is_counted,
        members,
        monthly_amount,
        per_capita,
        poverty_line,
        gap,
        previous_status,
        previous_village_code,
        movement,
        movement_reason,
        students_smp,
        students_sma,
        verified_on,
        register_period,
        register_age_months,
        array(
            select distinct evidence.upload_id
            from unnest(array[register_upload_id, amount_upload_id, decision_upload_id]) as evidence (upload_id)
            where evidence.upload_id is not null
            order by evidence.upload_id
        ) as evidence_upload_ids
    from movements

)

-- The rows of a month lie together, so that a question about a month reads that month alone.
select * from final
order by period, village_code
