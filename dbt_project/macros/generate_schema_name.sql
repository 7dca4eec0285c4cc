{# Schemas are named exactly as in dbt_project.yml, plus the suffix of an as-of build, which must never reach `marts`. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if var('as_of', '') and not var('schema_suffix', '') -%}
        {{ exceptions.raise_compiler_error(
            "An as_of build needs the variable schema_suffix, so that it does not overwrite the marts: "
            "dbt build --vars '{as_of: \"2023-11-05T06:00:00+07:00\", schema_suffix: _asof_2023_11}'."
        ) }}
    {%- endif -%}
    {{ (custom_schema_name or target.schema) | trim }}{{ var('schema_suffix', '') }}
{%- endmacro %}
