-- Each opening, movement and closing in the report has as many families behind it, and no family is behind none. A cell
-- of the report and its families differ: compare the case of rpt_movement_detail with the columns of
-- rpt_extreme_poverty_monthly for one area.
with

cells as (

    select
        report.area_level,
        report.area_code,
        report.period,
        cell.key as cell,
        cell.value::integer as families
    from {{ ref('rpt_extreme_poverty_monthly') }} as report
    cross join lateral jsonb_each_text(to_jsonb(report)) as cell
    where
        {{ in_changed_months('report.period') }}
        and (
            cell.key in ('opening', 'closing', 'transferred_in', 'transferred_out')
            or cell.key like 'entered\_%'
            or cell.key like 'exited\_%'
        )

),

listed as (

    select
        area_level,
        area_code,
        period,
        cell,
        count(*) as families
    from {{ ref('rpt_movement_detail') }}
    where {{ in_changed_months('period') }}
    group by area_level, area_code, period, cell

)

select
    cells.area_level,
    cells.area_code,
    cells.period,
    cells.cell,
    cells.families,
    listed.families as families_listed
from cells
full outer join listed
    on
        cells.area_level = listed.area_level
        and cells.area_code = listed.area_code
        and cells.period = listed.period
        and cells.cell = listed.cell
where coalesce(cells.families, 0) <> coalesce(listed.families, 0)
