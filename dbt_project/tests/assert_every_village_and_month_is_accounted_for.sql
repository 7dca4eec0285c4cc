-- Every village owes a register every month: it has a row in each that says what came, and nothing else does. Rows are
-- lacking or too many in rpt_village_completeness_monthly: look at how it joins int_monthly_policy and dim_village.
with

expected as (

    select
        villages.village_code,
        months.period
    from {{ ref('dim_village') }} as villages
    cross join {{ ref('int_months') }} as months

),

found as (

    select
        village_code,
        period
    from {{ ref('rpt_village_completeness_monthly') }}

)

select
    coalesce(expected.village_code, found.village_code) as village_code,
    coalesce(expected.period, found.period) as period
from expected
full outer join found
    on expected.village_code = found.village_code and expected.period = found.period
where expected.village_code is null or found.village_code is null
