{#
    How a build does only what has changed.

    The last good build has left what it knew in `intermediate.build_state` and `intermediate.build_registers` (macro
    remember_build). The model int_build compares that with what is there now, and decides once for the whole build
    whether everything is made anew; the models `int_changed_...` then say which rows may differ. A model with the
    incremental strategy `replace_changed` selects just these rows (macro changed), and they replace those of the same
    scope, in one transaction. The state is written when all models and tests of a build have succeeded: after a
    build that failed or was killed the next one does everything since the last good one again, with the same result.
#}


{# Whether this build does only what has changed; false while dbt parses, in unit tests and beside the marts. #}
{% macro partial() -%}
    {%- if
        not execute or model.resource_type == 'unit_test'
        or flags.FULL_REFRESH or var('schema_suffix', '') or var('as_of', '')
    -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set decision = adapter.get_relation(target.database, generate_schema_name('intermediate', none), 'int_build') -%}
    {%- if decision is none -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set rows = run_query('select full_refresh_reason is null as is_partial from ' ~ decision) -%}
    {{ return(rows.rows | length == 1 and rows.rows[0][0]) }}
{%- endmacro %}


{# Whether this build does only what has changed in months that the one before had. #}
{% macro is_correction() -%}
    {%- if not partial() -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set decision = adapter.get_relation(target.database, generate_schema_name('intermediate', none), 'int_build') -%}
    {%- set rows = run_query('select known_last_period >= last_period as is_correction from ' ~ decision) -%}
    {{ return(rows.rows[0][0]) }}
{%- endmacro %}


{# dbt asks this of incremental models and of seeds; int_build answers for the models. #}
{% macro should_full_refresh() -%}
    {%- if config.get('materialized') == 'incremental' -%}
        {{ return(not partial()) }}
    {%- endif -%}
    {%- set asked = config.get('full_refresh') -%}
    {{ return(flags.FULL_REFRESH if asked is none else asked) }}
{%- endmacro %}


{#
    What a model may replace: the relation that lists it, and the columns by which it is found. A model names its scope
    in `meta`, and int_build sees to it that the relation has every key of which a row may have changed.
#}
{% macro scope(name) -%}
    {%- set scopes = {
        'household_months': ['int_changed_household_months', ['household_id', 'period'], ''],
        'households': ['int_changed_household_months', ['household_id'], ''],
        'village_months': ['int_changed_village_months', ['village_code', 'period'], ''],
        'welfare_months': ['int_changed_welfare_months', ['family_key', 'period'], ''],
        'cohorts': ['int_changed_cohorts', ['village_code', 'cohort'], ''],
        'payments_of_villages': ['int_changed_event_villages', ['village_code'], "register = 'bantuan'"],
        'activities_of_villages': ['int_changed_event_villages', ['village_code'], "register = 'pemberdayaan'"],
        'decisions_of_villages': ['int_changed_event_villages', ['village_code'], "register = 'verifikasi'"],
        'payments': ['int_changed_help', ['payment_id'], "help_type = 'payment'"],
        'activities': ['int_changed_help', ['activity_id'], "help_type = 'activity'"],
    } -%}
    {{ return(scopes[name]) }}
{%- endmacro %}


{#
    A relation that only partial builds read. Unit tests are of whole builds, and give no rows for it; data tests come
    after the models that they test, so they need not wait for it themselves.
#}
{% macro partial_ref(name) -%}
    {%- if model.resource_type == 'unit_test' -%}
        {{ return(none) }}
    {%- elif model.resource_type == 'test' -%}
        {{ return(api.Relation.create(target.database, generate_schema_name('intermediate', none), name)) }}
    {%- endif -%}
    {{ return(ref(name)) }}
{%- endmacro %}


{# The keys of a scope as a subquery, under the names of the scope's own columns. #}
{% macro keys_of(name) -%}
    {%- set relation, columns, condition = scope(name) -%}
    {%- set listed = partial_ref(relation) -%}
    {%- set own = {'payment_id': 'help_id as payment_id', 'activity_id': 'help_id as activity_id'} -%}
    (
        select distinct {% for column in columns %}{{ own.get(column, column) }}{{ ', ' if not loop.last }}{% endfor %}
        from {{ listed }}
        {{ 'where ' ~ condition if condition }}
    )
{%- endmacro %}


{#
    A relation for a `from`: whole, or in a partial build its rows within the scope, or so many months before. Give it
    an alias.
#}
{% macro changed(relation, name='household_months', months_before=0) -%}
    {%- set keys = keys_of(name) -%}
    {%- set of_scope = scope(name)[1] -%}
    {%- if partial() -%}
        (
            select whole.*
            from {{ keys }} as keys
            inner join {{ relation }} as whole
                on {% for column in of_scope -%}
                    whole.{{ column }} =
                    {{ add_months('keys.' ~ column, -months_before) if months_before and column == 'period'
                        else 'keys.' ~ column }}{{ ' and ' if not loop.last }}
                {%- endfor %}
        )
    {%- else -%}
        {{ relation }}
    {%- endif -%}
{%- endmacro %}


{# A condition for tests that count by month: whether a partial build changed anything of the month. #}
{% macro in_changed_months(period) -%}
    {%- if partial() -%}
        {{ period }} in (select keys.period from {{ keys_of('village_months') }} as keys)
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}


{# dbt's incremental strategy of that name: the rows of the model's scope are replaced by those selected. #}
{% macro get_incremental_replace_changed_sql(arg_dict) -%}
    {%- set target_relation = arg_dict['target_relation'] -%}
    {%- set name = config.get('meta')['scope'] -%}
    {%- set columns = scope(name)[1] -%}
    {%- set listed = [] -%}
    {%- for column in arg_dict['dest_columns'] -%}
        {%- do listed.append(adapter.quote(column.name)) -%}
    {%- endfor -%}
    delete from {{ target_relation }} as whole
    using {{ keys_of(name) }} as keys
    where {% for column in columns %}whole.{{ column }} = keys.{{ column }}{{ ' and ' if not loop.last }}{% endfor %};

    insert into {{ target_relation }} ({{ listed | join(', ') }})
    select {{ listed | join(', ') }} from {{ arg_dict['temp_relation'] }};
{%- endmacro %}


{# A table of the state that the last good build left, or an empty one of the same columns. #}
{% macro remembered(name) -%}
    {%- set tables = {
        'build_state': 'null::text as fingerprint, null::date as first_period, null::date as last_period, '
            ~ 'null::bigint[] as upload_ids, null::bigint[] as event_upload_ids, null::timestamptz as built_at',
        'build_registers': 'null::date as period, null::text as village_code, null::bigint as upload_id',
    } -%}
    {%- set found = none -%}
    {%- if execute and model.resource_type != 'unit_test' -%}
        {%- set schema = generate_schema_name('intermediate', none) -%}
        {%- set found = adapter.get_relation(target.database, schema, name) -%}
    {%- endif -%}
    {{ return(found if found is not none else '(select ' ~ tables[name] ~ ' where false)') }}
{%- endmacro %}


{#
    Everything of this project that decides what a row is, as one MD5: code of models and seeds, macros, the
    configuration of tables and the regency.
#}
{% macro project_fingerprint() -%}
    {%- set parts = [dbt_version, regency()] -%}
    {%- if execute and model.resource_type != 'unit_test' -%}
        {%- for node in graph.nodes.values() | sort(attribute='unique_id') -%}
            {%- if node.resource_type in ('model', 'seed') and node.package_name == project_name -%}
                {%- do parts.append([
                    node.unique_id, node.checksum.checksum, node.config.materialized, node.config.get('indexes'),
                    node.config.contract.enforced, node.config.get('column_types'),
                ] | string) -%}
                {%- for column in node.columns.values() -%}
                    {%- do parts.append([column.name, column.data_type] | string) -%}
                {%- endfor -%}
            {%- endif -%}
        {%- endfor -%}
        {%- for name, one in context[project_name].items() | sort(attribute='0') -%}
            {%- do parts.append(one.macro.macro_sql) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(local_md5(parts | join('|'))) }}
{%- endmacro %}


{#
    At the end of a build of everything, tests included, in which nothing failed: keep what the marts now know. The
    uploads are those that this build has seen, not those that have come in since.
#}
{% macro remember_build(results) -%}
    {%- if not execute or flags.WHICH != 'build' or var('schema_suffix', '') or var('as_of', '') -%}
        {{ return('') }}
    {%- endif -%}
    {%- set good = [] -%}
    {%- for result in results if result.status in ('success', 'pass', 'warn') -%}
        {%- do good.append(result.node.unique_id) -%}
    {%- endfor -%}
    {%- for node in graph.nodes.values() -%}
        {%- if
            node.resource_type in ('model', 'seed', 'test') and node.config.materialized != 'ephemeral'
            and node.unique_id not in good
        -%}
            {{ return('') }}
        {%- endif -%}
    {%- endfor -%}
    {%- set schema = generate_schema_name('intermediate', none) -%}
    {%- set staging = generate_schema_name('staging', none) -%}
    create table if not exists {{ schema }}.build_state (
        fingerprint text,
        first_period date,
        last_period date,
        upload_ids bigint[] not null,
        event_upload_ids bigint[] not null,
        built_at timestamptz not null
    );
    comment on table {{ schema }}.build_state is
        'What the last good build knew, one row. Delete it, or build with --full-refresh, to make everything anew.';
    create table if not exists {{ schema }}.build_registers (
        period date not null,
        village_code text not null,
        upload_id bigint not null,
        primary key (period, village_code)
    );
    comment on table {{ schema }}.build_registers is
        'The population register in force for each village and month when the last good build ran.';
    delete from {{ schema }}.build_state;
    insert into {{ schema }}.build_state
    select
        fingerprint,
        first_period,
        last_period,
        array(select upload_id from {{ staging }}.stg_uploads where is_accepted order by upload_id),
        array(select upload_id from {{ schema }}.int_event_uploads_in_force order by upload_id),
        now()
    from {{ schema }}.int_build;
    delete from {{ schema }}.build_registers;
    insert into {{ schema }}.build_registers
    select period, village_code, upload_id from {{ schema }}.int_registers_in_force;
{%- endmacro %}


{#
    Data tests of a model that was built in part look at the part: what a good build has tested before has not changed.
    A test with a `where` of its own looks at what that says.
#}
{% macro get_where_subquery(relation) -%}
    {%- set node = graph.nodes.get(model.attached_node) if execute and model.attached_node else none -%}
    {%- set name = node.config.meta.get('scope') if node and node.config.meta else none -%}
    {%- if name and not config.get('where') and partial() -%}
        {{ return(changed(relation, name) ~ ' as dbt_subquery') }}
    {%- endif -%}
    {{ return(default__get_where_subquery(relation)) }}
{%- endmacro %}


{# Whether every table that is kept from build to build is there: one that somebody dropped cannot be added to. #}
{% macro tables_are_there() -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.config.materialized == 'incremental' -%}
            {%- if adapter.get_relation(node.database, node.schema, node.alias) is none -%}
                {{ return(false) }}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(true) }}
{%- endmacro %}


{# Why everything is made anew whatever the state says, as a literal: null when nothing of the kind is so. #}
{% macro made_anew_because() -%}
    {%- if model.resource_type == 'unit_test' -%}
        null::text
    {%- elif flags.FULL_REFRESH -%}
        'asked for'::text
    {%- elif var('schema_suffix', '') or var('as_of', '') -%}
        'beside the marts'::text
    {%- elif not tables_are_there() -%}
        'a table is missing'::text
    {%- else -%}
        null::text
    {%- endif -%}
{%- endmacro %}
