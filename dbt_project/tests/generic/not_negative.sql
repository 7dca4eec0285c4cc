{# Rows where one of these counts or amounts is below zero. #}
{% test not_negative(model, columns) %}

select *
from {{ model }}
where least({{ columns | join(', ') }}) < 0

{% endtest %}
