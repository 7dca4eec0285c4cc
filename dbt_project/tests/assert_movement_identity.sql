-- closing = opening + entered + transferred_in - exited - transferred_out, with every entry and exit under a reason, at
-- village, district and regency level. Build with --full-refresh; if it still fails, a movement or reason has no
-- column: compare int_movements with rpt_extreme_poverty_monthly. The gate holds the report as long as this fails.
select
    area_level,
    area_code,
    period
from {{ ref('rpt_extreme_poverty_monthly') }}
where
    closing <> opening + entered + transferred_in - exited - transferred_out
    or entered
    <> entered_returned
    + entered_newly_registered
    + entered_verified_eligible
    + entered_fell_below_line
    or exited
    <> exited_died
    + exited_moved_out
    + exited_duplicate
    + exited_not_found
    + exited_missing_from_register
    + exited_graduated
    + exited_found_ineligible
    + exited_unmeasured
    + exited_other
