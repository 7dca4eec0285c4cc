with

months as (

    select * from {{ ref('int_months') }}

),

policy as (

    select * from {{ ref('policy') }}

),

poverty_lines as (

    select * from {{ ref('poverty_lines') }}

),

in_force as (

    select distinct on (months.period, policy.key)
        months.period,
        policy.key,
        policy.value
    from months
    inner join policy on months.month_end >= policy.valid_from
    where policy.regency = '{{ regency() }}'
    order by months.period, policy.key, policy.valid_from desc

),

-- What the design gives as default stands where a regency says nothing; the line alone has none.
settings as (

    select
        months.period,
        months.month_end,
        max(in_force.value) filter (where in_force.key = 'line') as line_id,
        coalesce(max(in_force.value) filter (where in_force.key = 'basis'), 'income') as basis,
        coalesce(max(in_force.value) filter (where in_force.key = 'strictness'), 'strict') as strictness,
        coalesce(max(in_force.value) filter (where in_force.key = 'count_rule'), 'measured_or_verified') as count_rule,
        coalesce(max(in_force.value) filter (where in_force.key = 'target_households'), '0')::integer
            as target_households,
        to_date(max(in_force.value) filter (where in_force.key = 'baseline_period'), 'YYYY-MM') as baseline_period,
        coalesce(max(in_force.value) filter (where in_force.key = 'due_day'), '4')::integer as due_day,
        coalesce(max(in_force.value) filter (where in_force.key = 'notice_months'), '3')::integer as notice_months
    from months
    left join in_force on months.period = in_force.period
    group by months.period, months.month_end

),

lines_in_force as (

    select distinct on (settings.period)
        settings.period,
        poverty_lines.rupiah_per_person_day * 30 as poverty_line
    from settings
    inner join poverty_lines
        on
            settings.line_id = poverty_lines.line_id
            and settings.month_end >= poverty_lines.valid_from
            and settings.month_end <= coalesce(poverty_lines.valid_to, 'infinity'::date)
    order by settings.period, poverty_lines.valid_from desc

),

final as (

    select
        settings.period,
        settings.line_id,
        settings.basis,
        settings.strictness,
        settings.count_rule,
        settings.target_households,
        settings.baseline_period,
        settings.due_day,
        settings.notice_months,
        lines_in_force.poverty_line
    from settings
    left join lines_in_force on settings.period = lines_in_force.period

)

select * from final
