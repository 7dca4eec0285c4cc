with

families_kept as (

    select * from {{ ref('int_families_kept') }}

),

welfare_in_force as (

    select * from {{ ref('int_welfare_in_force') }}

),

monthly_policy as (

    select * from {{ ref('int_monthly_policy') }}

),

-- The village that keeps the family speaks before others, however old its row.
chosen as (

    select distinct on (families_kept.period, families_kept.household_id)
        families_kept.period,
        families_kept.household_id,
        welfare_in_force.upload_id,
        welfare_in_force.monthly_income,
        welfare_in_force.monthly_expenditure,
        welfare_in_force.decile,
        welfare_in_force.surveyed_on
    from families_kept
    inner join welfare_in_force
        on
            families_kept.period = welfare_in_force.period
            and families_kept.household_id = welfare_in_force.household_id
    order by
        families_kept.period,
        families_kept.household_id,
        (families_kept.village_code = welfare_in_force.village_code) desc,
        welfare_in_force.welfare_period desc,
        welfare_in_force.received_at desc

),

final as (

    select
        chosen.period,
        chosen.household_id,
        chosen.upload_id,
        case
            when monthly_policy.basis = 'income' then chosen.monthly_income
            when monthly_policy.basis = 'expenditure' then chosen.monthly_expenditure
        end as monthly_amount,
        chosen.decile,
        chosen.surveyed_on
    from chosen
    inner join monthly_policy on chosen.period = monthly_policy.period

)

select * from final
