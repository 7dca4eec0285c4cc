{# Text without outer spaces and with repeated ones as one. #}
{% macro squeezed(column) -%}
    trim(regexp_replace({{ column }}, '\s+', ' ', 'g'))
{%- endmacro %}


{#
    Free text without numbers that may be a NIK or a card number, whole or damaged, however its digits are grouped.
    Intake covers them, and names, when it loads a row; this holds for rows that are older than that.
#}
{% macro without_numbers(column) -%}
    regexp_replace({{ column }}, '\d([ .''-]?\d){12,}', '[nomor]', 'g')
{%- endmacro %}
