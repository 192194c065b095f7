{#-
  Rows that completed runs of earlier business dates left in a table of `history`; none at first.

  A `ref` would be a cycle: the table is appended to at the end of this run, from what is computed
  here. What is read is yesterday's content, so the dependency is on the earlier run, not on the
  dbt model. Columns are those of the contract: before the first run the relation is empty, and a
  column that a later version added is null until it is first written. Rows of a run that was killed
  half-way have no row in run_history and are not read.
-#}
{% macro read_history(name) -%}
  {%- set run = source('config', 'run') -%}
  {%- if not execute -%}
    select null
  {%- else -%}
    {%- set relation = history_relation(name) -%}
    {%- set completed = history_relation('run_history') -%}
    {%- if relation is none or completed is none -%}
      select
      {%- for column in graph.nodes['model.quintile.' ~ name].columns.values() %}
        cast(null as {{ column.data_type }}) as {{ column.name }}{{ "," if not loop.last }}
      {%- endfor %}
      where false
    {%- else -%}
      {%- set known = adapter.get_columns_in_relation(relation) | map(attribute='name') | list %}
      select
      {%- for column in graph.nodes['model.quintile.' ~ name].columns.values() %}
        {% if column.name in known -%}
          earlier.{{ column.name }}
        {%- else -%}
          cast(null as {{ column.data_type }}) as {{ column.name }}
        {%- endif -%}
        {{ "," if not loop.last }}
      {%- endfor %}
      from {{ relation }} as earlier
      inner join {{ run }} as this_run on earlier.as_of < this_run.as_of
      where earlier.as_of in (select completed.as_of from {{ completed }} as completed)
    {%- endif -%}
  {%- endif -%}
{%- endmacro %}

{#- The table of `history` with this name, none while it does not exist. -#}
{% macro history_relation(name) -%}
  {%- set node = graph.nodes['model.quintile.' ~ name] -%}
  {{- return(adapter.get_relation(node.database, node.schema, node.alias)) -}}
{%- endmacro %}
