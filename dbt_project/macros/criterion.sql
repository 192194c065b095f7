{#-
  The compiled statement of what the marketer configured, pasted as the body of a CTE.

  `name` is 'scope', 'contribution', 'predictions', 'labels', 'registry',
  'ideal_customer', 'segments' or 'suggestions'. The statement comes from
  config.criteria when the dbt model runs, so an edit needs no deploy and keeps the partial parse. It
  reads only CTEs that the dbt model puts before it, by fixed names: accounts, contacts, deals,
  deal_lines; segments, registry and suggestions also account_labels and all of `related_records`;
  segments also prior_members and segment_revisions. Unit tests override this macro.
-#}
{% macro criterion(name) -%}
  {%- set criteria = source('config', 'criteria') -%}
  {%- if not execute -%}
    select null
  {%- else -%}
    {%- set found = run_query(
      "select statement from " ~ criteria ~ " where criterion = '" ~ name ~ "'"
    ) -%}
    {%- if found is none or found.rows | length != 1 -%}
      {{- exceptions.raise_compiler_error(
        "config.criteria holds " ~ (found.rows | length if found is not none else 0)
        ~ " statements named '" ~ name ~ "', one is needed. Materialise the configuration first."
      ) -}}
    {%- endif -%}
    {{- found.rows[0][0] -}}
  {%- endif -%}
{%- endmacro %}
