{{
    config(
        indexes=[{'columns': ['term_kind', 'area_level', 'area_code', 'term_start'], 'primary_key': true}]
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

monthly as (

    select * from {{ ref('rpt_extreme_poverty_monthly') }}

),

terms as (

    select
        'quarter' as term_kind,
        date_trunc('quarter', period)::date as term_start,
        3 as months_in_term,
        *
    from monthly

    union all

    select
        'semester' as term_kind,
        make_date(extract(year from period)::integer, case when extract(month from period) < 7 then 1 else 7 end, 1)
            as term_start,
        6 as months_in_term,
        *
    from monthly

),

final as (

    select
        term_kind,
        term_start,
        (term_start + make_interval(months => months_in_term) - interval '1 day')::date as term_end,
        area_level,
        area_code,
        count(*)::integer as months,
        count(*) = months_in_term as is_complete,
        max(period) as last_period,
        (array_agg(opening order by period))[1] as opening,
        sum(entered)::integer as entered,
        {% for reason in entry_reasons -%}
            sum(entered_{{ reason }})::integer as entered_{{ reason }},
        {% endfor -%}
        sum(exited)::integer as exited,
        {% for reason in exit_reasons -%}
            sum(exited_{{ reason }})::integer as exited_{{ reason }},
        {% endfor -%}
        sum(transferred_in)::integer as transferred_in,
        sum(transferred_out)::integer as transferred_out,
        (array_agg(closing order by period desc))[1] as closing,
        (array_agg(persons order by period desc))[1] as persons,
        trim_scale(round(avg(households), 6)) as mean_households,
        sum(assistance_amount) as assistance_amount
    from terms
    group by term_kind, term_start, months_in_term, area_level, area_code

)

select * from final
