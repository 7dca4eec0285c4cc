{{
    config(
        indexes=[{'columns': ['period', 'line_id', 'basis'], 'primary_key': true}]
    )
}}

with

village_counts as (

    select * from {{ ref('int_village_line_counts') }}

),

months as (

    select * from {{ ref('int_months') }}

),

monthly_policy as (

    select * from {{ ref('int_monthly_policy') }}

),

poverty_lines as (

    select * from {{ ref('poverty_lines') }}

),

report as (

    select * from {{ ref('rpt_extreme_poverty_monthly') }}
    where area_level = 'regency'

),

bases as (

    select basis
    from (values ('income'), ('expenditure')) as t (basis)

),

-- The lines valid on the last day of the month, each held against either basis, whatever its authority holds it to.
lines as (

    select
        months.period,
        poverty_lines.line_id,
        poverty_lines.authority,
        poverty_lines.basis as stated_basis,
        bases.basis,
        poverty_lines.rupiah_per_person_day * 30 as poverty_line
    from months
    inner join poverty_lines
        on months.month_end between poverty_lines.valid_from and coalesce(poverty_lines.valid_to, 'infinity'::date)
    cross join bases

),

counted as (

    select
        lines.period,
        lines.line_id,
        lines.authority,
        lines.stated_basis,
        lines.basis,
        lines.poverty_line,
        coalesce(sum(village_counts.verified), 0) as verified,
        sum(village_counts.verified_persons) as verified_persons,
        coalesce(sum(village_counts.below_line), 0) as below_line,
        sum(village_counts.below_line_persons) as below_line_persons
    from lines
    left join village_counts
        on
            lines.period = village_counts.period
            and lines.line_id = village_counts.line_id
            and lines.basis = village_counts.basis
    group by
        lines.period, lines.line_id, lines.authority, lines.stated_basis, lines.basis, lines.poverty_line

),

final as (

    select
        counted.period,
        counted.line_id,
        counted.authority,
        counted.stated_basis,
        counted.basis,
        counted.poverty_line,
        coalesce(counted.line_id = monthly_policy.line_id and counted.basis = monthly_policy.basis, false) as is_policy,
        (
            counted.verified
            + case when monthly_policy.count_rule = 'verified_only' then 0 else counted.below_line end
        )::integer as households,
        (
            coalesce(counted.verified_persons, 0)
            + case
                when monthly_policy.count_rule = 'verified_only' then 0 else coalesce(counted.below_line_persons, 0)
            end
        )::integer as persons,
        counted.verified::integer as verified,
        counted.below_line::integer as below_line,
        (
            counted.verified
            + case when monthly_policy.count_rule = 'verified_only' then 0 else counted.below_line end
            - report.households
        )::integer as difference
    from counted
    inner join monthly_policy on counted.period = monthly_policy.period
    inner join report on counted.period = report.period

)

select * from final
