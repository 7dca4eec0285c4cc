{#
    Months until the count reaches the target at the pace of the last so many months: 0 when it is there, null when
    that earlier month is not known or the count did not fall since.
#}
{% macro months_to_target(households, target, households_before, months) -%}
    case
        when {{ households }} <= {{ target }} then 0
        when {{ households_before }} > {{ households }}
            then ceil(
                ({{ households }} - {{ target }}) * {{ months }}::numeric / ({{ households_before }} - {{ households }})
            )::integer
    end
{%- endmacro %}
