-- Families and rupiah of all programmes together are those of the monthly report. One of the two models misses a
-- payment or a family. Compare them for one area: payments count where int_help_families gives them a listed family.
select
    coverage.area_level,
    coverage.area_code,
    coverage.period
from {{ ref('rpt_assistance_coverage_monthly') }} as coverage
full outer join {{ ref('rpt_extreme_poverty_monthly') }} as report
    on
        coverage.area_level = report.area_level
        and coverage.area_code = report.area_code
        and coverage.period = report.period
where
    coalesce(coverage.programme, '(semua)') = '(semua)'
    and (
        coverage.households is distinct from report.households
        or coverage.counted_assisted is distinct from report.assisted_households
        or coverage.amount_to_counted is distinct from report.assistance_amount
    )
