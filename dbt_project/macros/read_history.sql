{#-
  Rows that runs of earlier business dates left in a table of `history`; none at the first run.

  A `ref` would be a cycle: the table is appended to at the end of this run, from what is computed
  here. What is read is yesterday's content, so the dependency is on the earlier run, not on the
  dbt model. Before the first run the empty relation takes its columns from the contract.
-#}
{% macro read_history(name) -%}
  {%- set run = source('config', 'run') -%}
  {%- if not execute -%}
    select null
  {%- else -%}
    {%- set node = graph.nodes['model.quintile.' ~ name] -%}
    {%- set relation = adapter.get_relation(node.database, node.schema, node.alias) -%}
    {%- if relation is none -%}
      select
      {%- for column in node.columns.values() %}
        cast(null as {{ column.data_type }}) as {{ column.name }}{{ "," if not loop.last }}
      {%- endfor %}
      where false
    {%- else -%}
      select earlier.*
      from {{ relation }} as earlier
      inner join {{ run }} as this_run on earlier.as_of < this_run.as_of
    {%- endif -%}
  {%- endif -%}
{%- endmacro %}
