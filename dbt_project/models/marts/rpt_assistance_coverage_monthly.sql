{{
    config(
        indexes=[{'columns': ['area_level', 'area_code', 'period', 'programme'], 'primary_key': true}]
    )
}}

with

village_figures as (

    select * from {{ ref('int_village_figures') }}

),

village_coverage as (

    select * from {{ ref('int_village_coverage') }}

),

village_programmes as (

    select * from {{ ref('int_village_programmes') }}

),

areas as (

    select * from {{ ref('int_areas') }}

),

months as (

    select * from {{ ref('int_months') }}

),

-- Of the ways in which villages write one programme the first in the alphabet names it.
programmes as (

    select
        programme_key,
        min(programme) as programme
    from village_programmes
    group by programme_key

),

village_paid as (

    select
        village_coverage.*,
        coalesce(programmes.programme, village_coverage.programme_key) as programme
    from village_coverage
    left join programmes on village_coverage.programme_key = programmes.programme_key

),

area_counted as (

    select
        areas.area_level,
        areas.area_code,
        months.period,
        coalesce(sum(village_figures.households), 0) as households
    from areas
    cross join months
    left join village_figures
        on
            areas.village_code = village_figures.village_code
            and months.period = village_figures.period
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
