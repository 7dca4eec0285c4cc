{#
    dbt-postgres makes an index from `columns`, `unique` and `type`. Two keys more, in the same place of a model's
    configuration:

    - `primary_key: true`: a unique index that becomes the table's primary key once its rows are in, so that `\d` and
      the tools of analysts see it. A primary_key of the contract would be kept row by row while they are inserted.
    - `where`: a condition, for an index of the few rows that it fits.

    No foreign keys: dim_village is replaced at each build, and would take them along; relationship tests hold instead.
#}
{% macro postgres__get_create_index_sql(relation, index_dict) -%}
    {%- set key = index_dict.get('primary_key', false) -%}
    {%- set index = adapter.parse_index({
        'columns': index_dict['columns'],
        'unique': key or index_dict.get('unique', false),
        'type': index_dict.get('type'),
    }) -%}
    {%- set name = adapter.quote(index.render(relation)) -%}
    create {{ 'unique ' if index.unique }}index {{ name }} on {{ relation }}
    {{ 'using ' ~ index.type if index.type }} ({{ index.columns | join(', ') }})
    {{ 'where ' ~ index_dict['where'] if index_dict.get('where') }};
    {%- if key %}
        alter table {{ relation }} add primary key using index {{ name }};
    {%- endif -%}
{%- endmacro %}
