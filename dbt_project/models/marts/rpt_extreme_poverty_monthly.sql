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

household_status as (

    select * from {{ ref('fct_household_status_monthly') }}

),

household_help as (

    select * from {{ ref('int_household_help') }}

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

-- The Foster-Greer-Thorbecke measures are of families not left whose per-capita is known. What a family falls short
-- of its line is kept whole, and divided once at the end.
measured as (

    select
        household_status.*,
        household_status.status <> 'left'
        and household_status.per_capita is not null
        and household_status.poverty_line is not null as is_measured,
        case monthly_policy.strictness
            when 'inclusive'
                then household_status.monthly_amount <= household_status.poverty_line * household_status.members
            else household_status.monthly_amount < household_status.poverty_line * household_status.members
        end as is_below_line,
        greatest(household_status.poverty_line * household_status.members - household_status.monthly_amount, 0)
            as shortfall
    from household_status
    inner join monthly_policy on household_status.period = monthly_policy.period

),

-- Everything that is counted, by the village of the row and the village of the month before.
village_figures as (

    select
        measured.period,
        measured.village_code,
        measured.previous_village_code,
        count(*) filter (where measured.is_counted) as households,
        sum(measured.members) filter (where measured.is_counted) as persons,
        {% for reason in entry_reasons -%}
            count(*) filter (where measured.movement = 'entered' and measured.movement_reason = '{{ reason }}')
                as entered_{{ reason }},
        {% endfor -%}
        {% for reason in exit_reasons -%}
            count(*) filter (where measured.movement = 'exited' and measured.movement_reason = '{{ reason }}')
                as exited_{{ reason }},
        {% endfor -%}
        count(*) filter (where measured.movement = 'entered') as entered,
        count(*) filter (where measured.movement = 'exited') as exited,
        count(*) filter (where measured.movement = 'transferred') as transferred,
        count(*) filter (where measured.status = 'candidate') as candidates,
        count(*) filter (where measured.status = 'unmeasured') as unmeasured,
        count(*) filter (where measured.is_counted and household_help.payments > 0) as assisted_households,
        sum(household_help.assistance_amount) filter (where measured.is_counted) as assistance_amount,
        count(*) filter (where measured.is_counted and household_help.is_trained) as trained_households,
        count(*) filter (where measured.is_counted and household_help.has_capital) as capital_households,
        count(*) filter (where measured.is_counted and measured.students_smp > 0) as households_with_students_smp,
        count(*) filter (where measured.is_counted and measured.students_sma > 0) as households_with_students_sma,
        sum(measured.members) filter (where measured.is_measured) as measured_persons,
        sum(measured.members) filter (where measured.is_measured and measured.is_below_line) as poor_persons,
        sum(measured.shortfall) filter (where measured.is_measured) as shortfall,
        sum(measured.shortfall * measured.shortfall / measured.members) filter (where measured.is_measured)
            as squared_shortfall
    from measured
    left join household_help
        on
            measured.period = household_help.period
            and measured.household_id = household_help.household_id
    group by measured.period, measured.village_code, measured.previous_village_code

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
