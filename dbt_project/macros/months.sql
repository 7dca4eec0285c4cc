{# Whole months from one first-of-month date to a later one. #}
{% macro months_between(earlier, later) -%}
    (
        12 * (extract(year from {{ later }}) - extract(year from {{ earlier }}))
        + extract(month from {{ later }}) - extract(month from {{ earlier }})
    )::integer
{%- endmacro %}


{# The first day of the month so many months after (or, negative, before) a first-of-month date. #}
{% macro add_months(period, months) -%}
    ({{ period }} + interval '{{ months }} month')::date
{%- endmacro %}


{# The last day on which a decision of that day is in force: within 12 months of a month is from the first of m-11. #}
{% macro last_day_in_force(decided_on) -%}
    ((date_trunc('month', {{ decided_on }}) + interval '12 months')::date - 1)
{%- endmacro %}


{# After how many months it is looked at what has become of families that were helped. #}
{% macro months_of_outcome() -%}
    3, 6, 12
{%- endmacro %}
