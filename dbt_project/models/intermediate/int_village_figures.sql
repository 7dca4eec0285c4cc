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

{% set entry_reasons = ['returned', 'newly_registered', 'verified_eligible', 'fell_below_line'] %}
{%
    set exit_reasons = [
        'died', 'moved_out', 'duplicate', 'not_found', 'missing_from_register',
        'graduated', 'found_ineligible', 'unmeasured', 'other',
    ]
%}

with

household_status as (

    select * from {{ changed(ref('int_movements'), 'village_months') }}

),

household_help as (

    select * from {{ ref('int_household_help') }}

),

monthly_policy as (

    select * from {{ ref('int_monthly_policy') }}

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
final as (

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
        trim_scale(
            sum(measured.shortfall * measured.shortfall / measured.members) filter (where measured.is_measured)
        ) as squared_shortfall
    from measured
    left join household_help
        on
            measured.period = household_help.period
            and measured.household_id = household_help.household_id
    group by measured.period, measured.village_code, measured.previous_village_code

)

select * from final
