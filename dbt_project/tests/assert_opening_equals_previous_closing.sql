-- A month opens with what the month before closed with, and the first month with 0.
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
