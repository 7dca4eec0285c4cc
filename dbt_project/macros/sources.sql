{# When the youngest accepted register of a name was received: the rows of raw's registers carry no time themselves. #}
{% macro last_received(register) -%}
    select max(uploads.received_at)
    from {{ source('raw', 'upload') }} as uploads
    inner join {{ source('raw', 'upload_register') }} as registers on uploads.upload_id = registers.upload_id
    where
        registers.register = '{{ register }}' and registers.status = 'accepted'
        and uploads.status in ('accepted', 'accepted_with_quarantine')
{%- endmacro %}
