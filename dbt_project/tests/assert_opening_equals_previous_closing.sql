-- A month opens with what the month before closed with, and the first month with 0. Build with --full-refresh; if it
-- still fails, int_movements takes the wrong row for the month before. The gate holds the report as long as this fails.
with

report as (

    select * from {{ ref('rpt_extreme_poverty_monthly') }}

),

with_previous as (

    select
        report.area_level,
        report.area_code,
        report.period,
        report.opening,
        coalesce(previous.closing, 0) as previous_closing
    from report
    left join report as previous
        on
            report.area_level = previous.area_level
            and report.area_code = previous.area_code
            and report.period = {{ add_months('previous.period', 1) }}

)

select * from with_previous
where opening <> previous_closing
