{# The distinct uploads of a row as an ascending array, nulls left out. #}
{% macro evidence(register_upload_id, amount_upload_id, decision_upload_id) -%}
    array(
        select distinct evidence.upload_id
        from unnest(array[{{ register_upload_id }}, {{ amount_upload_id }}, {{ decision_upload_id }}])
            as evidence (upload_id)
        where evidence.upload_id is not null
        order by evidence.upload_id
    )
{%- endmacro %}
