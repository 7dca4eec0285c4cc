{# Text without outer spaces and with repeated ones as one. #}
{% macro squeezed(column) -%}
    trim(regexp_replace({{ column }}, '\s+', ' ', 'g'))
{%- endmacro %}
