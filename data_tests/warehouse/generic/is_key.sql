{#- The columns identify a row: no duplicates, and no nulls but in the columns named `nullable`.
    One scan where dbt's `unique` and `not_null` need one a column. -#}
{% test is_key(model, columns, nullable=[]) %}
select
    {{ columns | join(', ') }},
    count(*) as row_count
from {{ model }}
group by {{ columns | join(', ') }}
having
    count(*) > 1
{%- for column in columns if column not in nullable %}
    or {{ column }} is null
    {%- endfor %}
{% endtest %}
