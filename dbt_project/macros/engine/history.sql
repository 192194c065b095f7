{#-
  Pre-hook of the history tables: removes what was recorded for this business date and later ones,
  so that a rerun of a date leaves the same rows (EDG-17), and what a run that never completed has
  left. Nothing to do before the first run.
-#}
{% macro forget_history_from_as_of() -%}
  {%- if execute and load_relation(this) is not none -%}
    {{- forget_history_in(this, history_relation('run_history')) -}}
  {%- endif -%}
{%- endmacro %}

{#-
  Pre-hook of int_runs__begun: from here until run_history is appended to at the end, this date
  counts as not run. A run killed in between leaves rows that nobody reads.
-#}
{% macro forget_completed_runs() -%}
  {%- if execute and history_relation('run_history') is not none -%}
    {{- forget_history_in(history_relation('run_history'), history_relation('run_history')) -}}
  {%- endif -%}
{%- endmacro %}

{#- Removes from `relation` this date, later dates, and dates that are not in `completed`. -#}
{% macro forget_history_in(relation, completed) -%}
  {{- adapter.dispatch('forget_history_in')(relation, completed) -}}
{%- endmacro %}
{% macro duckdb__forget_history_in(relation, completed) -%}
  delete from {{ relation }}
  where
    as_of >= (select as_of from {{ source('config', 'run') }})
    {%- if completed is none %}
    or true
    {%- else %}
    or as_of not in (select as_of from {{ completed }})
    {%- endif %}
{%- endmacro %}
{#- A killed run leaves folders that the catalogue does not know; what is appended would join them. -#}
{% macro spark__forget_history_in(relation, completed) -%}
  {%- do run_query("msck repair table " ~ relation) -%}
  {%- set doomed = run_query(
    "select distinct as_of from " ~ relation ~ " where as_of >= (select as_of from "
    ~ source('config', 'run') ~ ")"
    ~ (" or as_of not in (select as_of from " ~ completed ~ ")" if completed else " or true")
  ).rows -%}
  {%- if doomed -%}
    alter table {{ relation }} drop
    {%- for row in doomed %} partition (as_of = '{{ row[0] }}'){{ "," if not loop.last }}{%- endfor %}
  {%- endif -%}
{%- endmacro %}
