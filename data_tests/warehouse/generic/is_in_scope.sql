{#- Every value of the column is an account in scope (GLC-6). Asked of the scope itself: the 360 row
    is made after learning, what it is made from before. -#}
{% test is_in_scope(model, column_name) %}
select model.{{ column_name }}
from {{ model }} as model
left join {{ ref('int_accounts__scoped') }} as scoped
    on model.{{ column_name }} = scoped.account_id and scoped.is_in_scope
where scoped.account_id is null
{% endtest %}
