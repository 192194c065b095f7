{#-
  Last survivor of every merged account (EDG-12): columns account_id, survivor_id.

  `merges` names a CTE (account_id, merged_into_id). The walk starts from survivors that were
  themselves never merged and goes down to the merged: every account has one pointer, so each is
  met once, and members of a cycle are never reached. That bounds the recursion without a counter.
  Spark has WITH RECURSIVE since 4.1; its depth limit is spark.sql.cteRecursionLevelLimit.
-#}
{% macro last_survivors(merges) -%}
  {{- adapter.dispatch('last_survivors')(merges) -}}
{%- endmacro %}
{% macro default__last_survivors(merges) -%}
  with recursive chains as (
    select
      merged.account_id,
      merged.merged_into_id as survivor_id
    from {{ merges }} as merged
    where merged.merged_into_id not in (select further.account_id from {{ merges }} as further)
    union all
    select
      merged.account_id,
      chains.survivor_id
    from {{ merges }} as merged
    inner join chains on merged.merged_into_id = chains.account_id
  )

  select
    account_id,
    survivor_id
  from chains
{%- endmacro %}
