{#-
  Pre-hook of the history tables: removes what was recorded for this business date and later ones,
  so that a rerun of a date leaves the same rows (EDG-17). Nothing to do before the first run.
-#}
{% macro forget_history_from_as_of() -%}
  {%- if execute and load_relation(this) is not none -%}
    {{- adapter.dispatch('forget_history_from_as_of')() -}}
  {%- endif -%}
{%- endmacro %}
{% macro duckdb__forget_history_from_as_of() -%}
  delete from {{ this }} where as_of >= (select as_of from {{ source('config', 'run') }})
{%- endmacro %}
{% macro spark__forget_history_from_as_of() -%}
  {%- set as_of = run_query("select as_of from " ~ source('config', 'run')).rows[0][0] -%}
  alter table {{ this }} drop if exists partition (as_of >= '{{ as_of }}')
{%- endmacro %}
