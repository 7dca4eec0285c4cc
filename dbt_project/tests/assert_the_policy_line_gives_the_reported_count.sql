-- Under the policy's own line and basis the count is the reported one, in families and in persons. rpt_line_sensitivity
-- decides otherwise than int_household_status: when one of them was changed, the other must follow.
select
    sensitivity.period,
    sensitivity.households,
    report.households as reported_households,
    sensitivity.persons,
    report.persons as reported_persons
from {{ ref('rpt_line_sensitivity') }} as sensitivity
inner join {{ ref('rpt_extreme_poverty_monthly') }} as report
    on
        sensitivity.period = report.period
        and report.area_level = 'regency'
where
    sensitivity.is_policy
    and (sensitivity.households <> report.households or sensitivity.persons <> report.persons)
