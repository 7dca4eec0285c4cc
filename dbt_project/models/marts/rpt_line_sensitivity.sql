{{
    config(
        indexes=[{'columns': ['period', 'line_id', 'basis'], 'primary_key': true}]
    )
}}

with

families_kept as (

    select * from {{ ref('int_families_kept') }}

),

family_amounts as (

    select * from {{ ref('int_family_amounts') }}

),

latest_decisions as (

    select * from {{ ref('int_latest_decisions') }}

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

-- Families that a decision or an amount speaks of; all others are in no count. The rest is the design's decision table.
families as (

    select
        families_kept.period,
        bases.basis,
        families_kept.members,
        case bases.basis
            when 'income' then family_amounts.monthly_income
            else family_amounts.monthly_expenditure
        end as monthly_amount,
        family_amounts.surveyed_on,
        latest_decisions.verdict,
        latest_decisions.decided_on,
        coalesce(latest_decisions.is_in_force, false) as is_in_force
    from families_kept
    cross join bases
    left join family_amounts
        on
            families_kept.period = family_amounts.period
            and families_kept.household_id = family_amounts.household_id
    left join latest_decisions
        on
            families_kept.period = latest_decisions.period
            and families_kept.household_id = latest_decisions.household_id
    where
        families_kept.members > 0
        and (family_amounts.household_id is not null or latest_decisions.household_id is not null)
        and not coalesce(latest_decisions.is_gone, false)

),

judged as (

    select
        *,
        case
            when is_in_force and not coalesce(monthly_amount is not null and surveyed_on > decided_on, false)
                then verdict
        end as standing_verdict
    from families

),

counted as (

    select
        lines.period,
        lines.line_id,
        lines.authority,
        lines.stated_basis,
        lines.basis,
        lines.poverty_line,
        count(*) filter (where judged.standing_verdict = 'layak') as verified,
        sum(judged.members) filter (where judged.standing_verdict = 'layak') as verified_persons,
        count(*) filter (
            where judged.standing_verdict is null and (
                judged.monthly_amount < lines.poverty_line * judged.members
                or (
                    monthly_policy.strictness = 'inclusive'
                    and judged.monthly_amount = lines.poverty_line * judged.members
                )
            )
        ) as below_line,
        sum(judged.members) filter (
            where judged.standing_verdict is null and (
                judged.monthly_amount < lines.poverty_line * judged.members
                or (
                    monthly_policy.strictness = 'inclusive'
                    and judged.monthly_amount = lines.poverty_line * judged.members
                )
            )
        ) as below_line_persons
    from lines
    inner join monthly_policy on lines.period = monthly_policy.period
    left join judged
        on
            lines.period = judged.period
            and lines.basis = judged.basis
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
