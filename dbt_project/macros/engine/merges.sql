{#-
  Last survivor of every merged record (EDG-12): columns <key>, survivor_id.

  `merges` names a CTE (<key>, merged_into_id). The walk starts from survivors that were
  themselves never merged and goes down to the merged: every record has one pointer, so each is
  met once, and members of a cycle are never reached. That bounds the recursion without a counter.
  Spark has WITH RECURSIVE since 4.1; its depth limit is spark.sql.cteRecursionLevelLimit.
-#}
{% macro last_survivors(merges, key='account_id') -%}
  {{- adapter.dispatch('last_survivors')(merges, key) -}}
{%- endmacro %}
{% macro default__last_survivors(merges, key) -%}
  with recursive chains as (
    select
      merged.{{ key }},
      merged.merged_into_id as survivor_id
    from {{ merges }} as merged
    where merged.merged_into_id not in (select further.{{ key }} from {{ merges }} as further)
    union all
    select
      merged.{{ key }},
      chains.survivor_id
    from {{ merges }} as merged
    inner join chains on merged.merged_into_id = chains.{{ key }}
  )

  select
    {{ key }},
    survivor_id
  from chains
{%- endmacro %}
