{% set spans = [3, 6, 12] %}

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
        {% for months in spans -%}
            lag(households, {{ months }}) over (order by period) as households_{{ months }}_before
            {{- "," if not loop.last }}
        {% endfor %}
    from with_target

),

final as (

    select
        period,
        households,
        baseline_households,
        target_households,
        {% for months in spans -%}
            {{ months_to_target('households', 'target_households', 'households_' ~ months ~ '_before', months) }}
                as months_to_target_{{ months }}
            {{- "," if not loop.last }}
        {% endfor %}
    from with_earlier

)

select * from final
