{#
    A month of a regency is 3.2 million persons: PostgreSQL's 4 MB of working memory would sort and hash all of them
    on disk. Local to the transaction of the model; ENTAS_DBT_WORK_MEM changes it.
#}
{% macro allow_large_sets() -%}
    set local work_mem = '{{ env_var("ENTAS_DBT_WORK_MEM", "128MB") }}'
{%- endmacro %}


{#
    The next model reads this one at once, before autovacuum would have counted it. What a correction changes in a table
    that is kept is too little to matter, and counting it costs the same at each of many tables.
#}
{% macro refresh_statistics() -%}
    {%- set kind = config.get('materialized') -%}
    {%- if kind == 'table' or (kind == 'incremental' and not is_correction()) -%}
        analyze {{ this }}
    {%- endif -%}
{%- endmacro %}


{#
    Analysts read the marts, and stewards the rows of their districts. How is in the warehouse's own function, which
    migrations keep (include/entas/warehouse/rights/owner.sql); builds with a suffix are the pipeline's own.
#}
{% macro let_readers_read() -%}
    {%- if not var('schema_suffix', '') -%}
        select identity.let_readers_read('{{ this }}')
    {%- endif -%}
{%- endmacro %}
