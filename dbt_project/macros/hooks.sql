{#
    A month of a regency is 3.2 million persons: PostgreSQL's 4 MB of working memory would sort and hash all of them
    on disk. Local to the transaction of the model; ENTAS_DBT_WORK_MEM changes it.
#}
{% macro allow_large_sets() -%}
    set local work_mem = '{{ env_var("ENTAS_DBT_WORK_MEM", "128MB") }}'
{%- endmacro %}


{# The next model reads this one at once, before autovacuum would have counted it. #}
{% macro refresh_statistics() -%}
    {%- if config.get('materialized') in ('table', 'incremental') -%}
        analyze {{ this }}
    {%- endif -%}
{%- endmacro %}


{#
    Analysts and stewards read the marts. The roles are made by the migrations and may be absent on a borrowed server;
    builds with a suffix are the pipeline's own. The lock keeps two models that finish together from changing the
    rights of their schema at the same time, which PostgreSQL refuses.
#}
{% macro let_readers_read() -%}
    {%- if not var('schema_suffix', '') -%}
        do $grant$
        declare
            reader name;
        begin
            perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('entas.marts.grants'));
            for reader in
                select rolname from pg_catalog.pg_roles where rolname in ('entas_analyst', 'entas_steward')
            loop
                execute format('grant usage on schema {{ adapter.quote(this.schema) }} to %I', reader);
                execute format('grant select on {{ this }} to %I', reader);
            end loop;
        end
        $grant$
    {%- endif -%}
{%- endmacro %}
