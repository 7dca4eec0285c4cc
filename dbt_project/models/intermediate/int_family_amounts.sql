{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        meta={'scope': 'household_months'},
        indexes=[
            {'columns': ['household_id', 'period'], 'unique': true},
        ]
    )
}}

with

families_kept as (

    select * from {{ changed(ref('int_families_kept')) }}

),

welfare_in_force as (

    select * from {{ ref('int_welfare_in_force') }}

),

named_persons as (

    select * from {{ changed(ref('int_named_persons')) }}

),

monthly_policy as (

    select * from {{ ref('int_monthly_policy') }}

),

-- A row is of the family of its card; without a card, of the family that lists the head in the month.
candidates as (

    select
        families_kept.period,
        families_kept.household_id,
        families_kept.village_code = welfare_in_force.village_code as is_of_keeper,
        welfare_in_force.welfare_period,
        welfare_in_force.received_at,
        welfare_in_force.upload_id,
        welfare_in_force.row_position,
        welfare_in_force.monthly_income,
        welfare_in_force.monthly_expenditure,
        welfare_in_force.decile,
        welfare_in_force.surveyed_on,
        'card' as found_by
    from families_kept
    inner join welfare_in_force
        on
            families_kept.period = welfare_in_force.period
            and families_kept.household_id = welfare_in_force.household_id

    union all

    select
        named_persons.period,
        named_persons.household_id,
        named_persons.village_code = welfare_in_force.village_code as is_of_keeper,
        welfare_in_force.welfare_period,
        welfare_in_force.received_at,
        welfare_in_force.upload_id,
        welfare_in_force.row_position,
        welfare_in_force.monthly_income,
        welfare_in_force.monthly_expenditure,
        welfare_in_force.decile,
        welfare_in_force.surveyed_on,
        'head' as found_by
    from named_persons
    inner join welfare_in_force
        on
            named_persons.period = welfare_in_force.period
            and named_persons.person_id = welfare_in_force.head_person_id

),

-- The village that keeps the family speaks before others, however old its row. Rows of one upload about one family
-- (two lists in a workbook, two heads in one family): the one that names the card, then the later.
chosen as (

    select distinct on (period, household_id) *
    from candidates
    order by
        period,
        household_id,
        is_of_keeper desc,
        welfare_period desc,
        received_at desc,
        found_by,
        row_position desc

),

final as (

    select
        chosen.period,
        chosen.household_id,
        chosen.upload_id,
        chosen.row_position,
        chosen.found_by,
        chosen.monthly_income,
        chosen.monthly_expenditure,
        case
            when monthly_policy.basis = 'income' then chosen.monthly_income
            when monthly_policy.basis = 'expenditure' then chosen.monthly_expenditure
        end as monthly_amount,
        chosen.decile,
        chosen.surveyed_on
    from chosen
    inner join monthly_policy on chosen.period = monthly_policy.period

)

select * from final
