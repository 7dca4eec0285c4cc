{{
    config(
        indexes=[
            {'columns': ['household_id', 'period'], 'unique': true},
            {'columns': ['period', 'village_code']},
        ]
    )
}}

with

movements as (

    select * from {{ ref('int_movements') }}

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
        evidence_upload_ids
    from movements

)

select * from final
