-- Families with pupils of junior and senior secondary school are as many as the monthly report says. The two count
-- other families or codes: compare the levels of rpt_schooling_monthly with pendidikan_sedang_id 6 and 7 in
-- int_families_kept.
select
    schooling.area_level,
    schooling.area_code,
    schooling.period,
    schooling.school_level
from {{ ref('rpt_schooling_monthly') }} as schooling
inner join {{ ref('rpt_extreme_poverty_monthly') }} as report
    on
        schooling.area_level = report.area_level
        and schooling.area_code = report.area_code
        and schooling.period = report.period
where
    (schooling.school_level = 'smp' and schooling.households <> report.households_with_students_smp)
    or (schooling.school_level = 'sma' and schooling.households <> report.households_with_students_sma)
