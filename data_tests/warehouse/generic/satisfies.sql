{#- Every row satisfies the expression; a null result is a failure too. -#}
{% test satisfies(model, expression, column_name=none) %}
select *
from {{ model }}
where not coalesce({{ expression }}, false)
{% endtest %}
