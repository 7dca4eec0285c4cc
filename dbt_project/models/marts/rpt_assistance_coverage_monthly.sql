{{
    config(
        indexes=[{'columns': ['area_level', 'area_code', 'period', 'programme'], 'primary_key': true}]
    )
}}

with

household_status as (

    select * from {{ ref('fct_household_status_monthly') }}

),

assistance as (

    select * from {{ ref('fct_assistance') }}

),

areas as (

    select * from {{ ref('int_areas') }}

),

months as (

    select * from {{ ref('int_months') }}

),

payments as (

    select
        household_id,
        period,
        upper({{ squeezed('programme') }}) as programme_key,
        amount
    from assistance
    where is_of_listed_family

),

-- Of the ways in which villages write one programme the first in the alphabet names it.
programmes as (

    select
        upper({{ squeezed('programme') }}) as programme_key,
        min({{ squeezed('programme') }}) as programme
    from assistance
    group by upper({{ squeezed('programme') }})

),

-- What a family was paid in a month, by programme and by all of them together.
paid as (

    select
        payments.period,
        payments.household_id,
        coalesce(programmes.programme, '(tanpa program)') as programme,
        count(*) as payments,
        sum(payments.amount) as amount
    from payments
    left join programmes on payments.programme_key = programmes.programme_key
    group by payments.period, payments.household_id, coalesce(programmes.programme, '(tanpa program)')

    union all

    select
        period,
        household_id,
        '(semua)' as programme,
        count(*) as payments,
        sum(amount) as amount
    from payments
    group by period, household_id

),

village_paid as (

    select
        paid.period,
        paid.programme,
        household_status.village_code,
        count(*) filter (where household_status.is_counted) as counted_assisted,
        count(*) filter (where not household_status.is_counted) as assisted_not_counted,
        sum(paid.payments) as payments,
        sum(paid.amount) filter (where household_status.is_counted) as amount_to_counted,
        sum(paid.amount) filter (where not household_status.is_counted) as amount_to_others
    from paid
    inner join household_status
        on
            paid.period = household_status.period
            and paid.household_id = household_status.household_id
    group by paid.period, paid.programme, household_status.village_code

),

village_counted as (

    select
        period,
        village_code,
        count(*) as households
    from household_status
    where is_counted
    group by period, village_code

),

area_counted as (

    select
        areas.area_level,
        areas.area_code,
        months.period,
        coalesce(sum(village_counted.households), 0) as households
    from areas
    cross join months
    left join village_counted
        on
            areas.village_code = village_counted.village_code
            and months.period = village_counted.period
    group by areas.area_level, areas.area_code, months.period

),

area_paid as (

    select
        areas.area_level,
        areas.area_code,
        village_paid.period,
        village_paid.programme,
        sum(village_paid.counted_assisted) as counted_assisted,
        sum(village_paid.assisted_not_counted) as assisted_not_counted,
        sum(village_paid.payments) as payments,
        sum(village_paid.amount_to_counted) as amount_to_counted,
        sum(village_paid.amount_to_others) as amount_to_others
    from village_paid
    inner join areas on village_paid.village_code = areas.village_code
    group by areas.area_level, areas.area_code, village_paid.period, village_paid.programme

),

-- Every area has a row in every month for all programmes together, and one for each that paid anybody in the month.
paying_programmes as (

    select
        period,
        '(semua)' as programme
    from months

    union

    select
        period,
        programme
    from village_paid

),

final as (

    select
        area_counted.area_level,
        area_counted.area_code,
        area_counted.period,
        paying_programmes.programme,
        area_counted.households::integer as households,
        coalesce(area_paid.counted_assisted, 0)::integer as counted_assisted,
        (area_counted.households - coalesce(area_paid.counted_assisted, 0))::integer as counted_not_assisted,
        coalesce(area_paid.assisted_not_counted, 0)::integer as assisted_not_counted,
        coalesce(area_paid.payments, 0)::integer as payments,
        coalesce(area_paid.amount_to_counted, 0) as amount_to_counted,
        coalesce(area_paid.amount_to_others, 0) as amount_to_others,
        trim_scale(round(coalesce(area_paid.counted_assisted, 0) / nullif(area_counted.households, 0), 6)) as coverage
    from area_counted
    inner join paying_programmes on area_counted.period = paying_programmes.period
    left join area_paid
        on
            area_counted.area_level = area_paid.area_level
            and area_counted.area_code = area_paid.area_code
            and area_counted.period = area_paid.period
            and paying_programmes.programme = area_paid.programme

)

select * from final
