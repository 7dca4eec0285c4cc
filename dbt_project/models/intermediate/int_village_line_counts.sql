{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        meta={'scope': 'village_months'},
        indexes=[
            {'columns': ['period', 'village_code']},
        ]
    )
}}

with

families_kept as (

    select * from {{ changed(ref('int_families_kept'), 'village_months') }}

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

bases as (

    select basis
    from (values ('income'), ('expenditure')) as t (basis)

),

-- The lines valid on the last day of the month, each held against either basis, whatever its authority holds it to.
lines as (

    select
        months.period,
        poverty_lines.line_id,
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
        families_kept.village_code,
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

final as (

    select
        lines.period,
        judged.village_code,
        lines.line_id,
        lines.basis,
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
    inner join judged
        on
            lines.period = judged.period
            and lines.basis = judged.basis
    group by lines.period, judged.village_code, lines.line_id, lines.basis

)

select * from final
