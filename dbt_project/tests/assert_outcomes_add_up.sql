-- Each family of a group has just one outcome. A family of a group has no outcome, or two: look at the conditions of
-- rpt_programme_outcome.
select
    area_level,
    area_code,
    programme_kind,
    cohort,
    months_after
from {{ ref('rpt_programme_outcome') }}
where
    helped <> helped_counted + helped_not_extreme_poor + helped_unknown + helped_left
    or not_helped <> not_helped_counted + not_helped_not_extreme_poor + not_helped_unknown + not_helped_left
