-- Every village is expected to send each of the five registers for every month: each has a row that says what came.
-- Rows are lacking or too many in rpt_register_completeness_monthly: look at how it joins int_months and dim_village.
with

expected as (

    select
        months.period,
        count(*) * 5 as rows_expected
    from {{ ref('int_months') }} as months
    cross join {{ ref('dim_village') }}
    group by months.period

),

found as (

    select
        period,
        count(*) as rows_found
    from {{ ref('rpt_register_completeness_monthly') }}
    group by period

)

select expected.period
from expected
left join found on expected.period = found.period
where expected.rows_expected <> coalesce(found.rows_found, 0)
