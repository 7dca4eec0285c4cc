{{ config(severity='warn') }}
-- Without a poverty line no amount can be judged: families with amounts alone are then unmeasured. Give the policy
-- (seeds/policy.csv, key line) and the line (seeds/poverty_lines.csv) for these months.
select
    period,
    line_id
from {{ ref('int_monthly_policy') }}
where poverty_line is null
