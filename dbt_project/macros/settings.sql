{# Kemendagri code of the regency, such as 32.16: the variable `regency`, else ENTAS_REGENCY. #}
{% macro regency() -%}
    {{ var('regency', env_var('ENTAS_REGENCY', '32.16')) }}
{%- endmacro %}


{# True for uploads that were known at the moment of the variable `as_of`; for all uploads where it is empty. #}
{% macro is_known(received_at) -%}
    {%- if var('as_of', '') -%}
        {{ received_at }} <= {{ dbt.string_literal(dbt.escape_single_quotes(var('as_of') | string)) }}::timestamptz
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}


{# The variable `through_period` ("YYYY-MM") as the first day of that month, or a null date. #}
{% macro through_period() -%}
    {%- set period = var('through_period', '') | string -%}
    {%- if not period -%}
        null::date
    {%- elif modules.re.fullmatch('[12][0-9]{3}-(0[1-9]|1[0-2])', period) -%}
        '{{ period }}-01'::date
    {%- else -%}
        {{ exceptions.raise_compiler_error(
            "The variable through_period is '" ~ period ~ "'; write the month as YYYY-MM, for example 2023-10."
        ) }}
    {%- endif -%}
{%- endmacro %}
