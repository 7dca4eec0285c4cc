{{
    config(
        indexes=[{'columns': ['area_level', 'area_code', 'period'], 'primary_key': true}]
    )
}}

{% set entry_reasons = ['returned', 'newly_registered', 'verified_eligible', 'fell_below_line'] %}
{%
    set exit_reasons = [
        'died', 'moved_out', 'duplicate', 'not_found', 'missing_from_register',
        'graduated', 'found_ineligible', 'unmeasured', 'other',
    ]
%}

with

village_figures as (

    select * from {{ ref('int_village_figures') }}

),

months as (

    select * from {{ ref('int_months') }}

),

monthly_policy as (

    select * from {{ ref('int_monthly_policy') }}

),

areas as (

    select * from {{ ref('int_areas') }}

),

-- What belongs to the area of the row: stocks, entries, and transfers that come in.
arrivals as (

    select
        areas.area_level,
        areas.area_code,
        village_figures.period,
        sum(village_figures.households) as households,
        sum(village_figures.persons) as persons,
        sum(village_figures.entered) as entered,
        {% for reason in entry_reasons -%}
            sum(village_figures.entered_{{ reason }}) as entered_{{ reason }},
        {% endfor -%}
        sum(village_figures.transferred) filter (where previous_areas.area_code <> areas.area_code) as transferred_in,
        sum(village_figures.candidates) as candidates,
        sum(village_figures.unmeasured) as unmeasured,
        sum(village_figures.assisted_households) as assisted_households,
        sum(village_figures.assistance_amount) as assistance_amount,
        sum(village_figures.trained_households) as trained_households,
        sum(village_figures.capital_households) as capital_households,
        sum(village_figures.households_with_students_smp) as households_with_students_smp,
        sum(village_figures.households_with_students_sma) as households_with_students_sma,
        sum(village_figures.measured_persons) as measured_persons,
        sum(village_figures.poor_persons) as poor_persons,
        sum(village_figures.shortfall) as shortfall,
        sum(village_figures.squared_shortfall) as squared_shortfall
    from village_figures
    inner join areas on village_figures.village_code = areas.village_code
    left join areas as previous_areas
        on
            village_figures.previous_village_code = previous_areas.village_code
            and areas.area_level = previous_areas.area_level
    group by areas.area_level, areas.area_code, village_figures.period

),

-- What belongs to the area that counted the family in the month before: exits, and transfers that go out.
departures as (

    select
        previous_areas.area_level,
        previous_areas.area_code,
        village_figures.period,
        sum(village_figures.exited) as exited,
        {% for reason in exit_reasons -%}
            sum(village_figures.exited_{{ reason }}) as exited_{{ reason }},
        {% endfor -%}
        sum(village_figures.transferred) filter (where areas.area_code <> previous_areas.area_code) as transferred_out
    from village_figures
    inner join areas as previous_areas on village_figures.previous_village_code = previous_areas.village_code
    inner join areas
        on
            village_figures.village_code = areas.village_code
            and previous_areas.area_level = areas.area_level
    group by previous_areas.area_level, previous_areas.area_code, village_figures.period

),

area_months as (

    select distinct
        areas.area_level,
        areas.area_code,
        months.period
    from areas
    cross join months

),

completed as (

    select
        area_months.area_level,
        area_months.area_code,
        area_months.period,
        coalesce(arrivals.households, 0) as households,
        coalesce(arrivals.persons, 0) as persons,
        coalesce(
            lag(arrivals.households) over (
                partition by area_months.area_level, area_months.area_code order by area_months.period
            ), 0
        ) as opening,
        coalesce(arrivals.entered, 0) as entered,
        {% for reason in entry_reasons -%}
            coalesce(arrivals.entered_{{ reason }}, 0) as entered_{{ reason }},
        {% endfor -%}
        coalesce(departures.exited, 0) as exited,
        {% for reason in exit_reasons -%}
            coalesce(departures.exited_{{ reason }}, 0) as exited_{{ reason }},
        {% endfor -%}
        coalesce(arrivals.transferred_in, 0) as transferred_in,
        coalesce(departures.transferred_out, 0) as transferred_out,
        coalesce(arrivals.candidates, 0) as candidates,
        coalesce(arrivals.unmeasured, 0) as unmeasured,
        coalesce(arrivals.assisted_households, 0) as assisted_households,
        coalesce(arrivals.assistance_amount, 0) as assistance_amount,
        coalesce(arrivals.trained_households, 0) as trained_households,
        coalesce(arrivals.capital_households, 0) as capital_households,
        coalesce(arrivals.households_with_students_smp, 0) as households_with_students_smp,
        coalesce(arrivals.households_with_students_sma, 0) as households_with_students_sma,
        case when arrivals.measured_persons > 0 then coalesce(arrivals.poor_persons, 0) end as poor_persons,
        arrivals.shortfall,
        arrivals.squared_shortfall,
        nullif(arrivals.measured_persons, 0) as measured_persons,
        monthly_policy.poverty_line
    from area_months
    inner join monthly_policy on area_months.period = monthly_policy.period
    left join arrivals
        on
            area_months.area_level = arrivals.area_level
            and area_months.area_code = arrivals.area_code
            and area_months.period = arrivals.period
    left join departures
        on
            area_months.area_level = departures.area_level
            and area_months.area_code = departures.area_code
            and area_months.period = departures.period

),

final as (

    select
        area_level,
        area_code,
        period,
        households::integer as households,
        persons::integer as persons,
        opening::integer as opening,
        entered::integer as entered,
        {% for reason in entry_reasons -%}
            entered_{{ reason }}::integer as entered_{{ reason }},
        {% endfor -%}
        exited::integer as exited,
        {% for reason in exit_reasons -%}
            exited_{{ reason }}::integer as exited_{{ reason }},
        {% endfor -%}
        transferred_in::integer as transferred_in,
        transferred_out::integer as transferred_out,
        -- Added up from the movements, not counted: a test holds it equal to households.
        (opening + entered + transferred_in - exited - transferred_out)::integer as closing,
        candidates::integer as candidates,
        unmeasured::integer as unmeasured,
        assisted_households::integer as assisted_households,
        assistance_amount,
        trained_households::integer as trained_households,
        capital_households::integer as capital_households,
        households_with_students_smp::integer as households_with_students_smp,
        households_with_students_sma::integer as households_with_students_sma,
        trim_scale(poor_persons / measured_persons) as headcount_ratio,
        trim_scale(shortfall / (poverty_line * measured_persons)) as poverty_gap,
        trim_scale(squared_shortfall / (poverty_line * poverty_line * measured_persons)) as poverty_severity
    from completed

)

select * from final
