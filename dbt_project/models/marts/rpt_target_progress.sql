{{
    config(
        indexes=[{'columns': ['period'], 'primary_key': true}]
    )
}}

with

extreme_poverty as (

    select * from {{ ref('rpt_extreme_poverty_monthly') }}

),

monthly_policy as (

    select * from {{ ref('int_monthly_policy') }}

),

regency as (

    select
        period,
        households,
        first_value(households) over (order by period) as households_of_first_period
    from extreme_poverty
    where area_level = 'regency'

),

with_target as (

    select
        regency.period,
        regency.households,
        coalesce(baseline.households, regency.households_of_first_period) as baseline_households,
        monthly_policy.target_households
    from regency
    inner join monthly_policy on regency.period = monthly_policy.period
    left join regency as baseline on monthly_policy.baseline_period = baseline.period

),

with_earlier as (

    select
        *,
        lag(households, 3) over (order by period) as households_3_before,
        lag(households, 6) over (order by period) as households_6_before,
        lag(households, 12) over (order by period) as households_12_before
    from with_target

),

final as (

    select
        period,
        households,
        baseline_households,
        target_households,
        {{ months_to_target('households', 'target_households', 'households_3_before', 3) }} as months_to_target_3,
        {{ months_to_target('households', 'target_households', 'households_6_before', 6) }} as months_to_target_6,
        {{ months_to_target('households', 'target_households', 'households_12_before', 12) }} as months_to_target_12
    from with_earlier

)

select * from final
