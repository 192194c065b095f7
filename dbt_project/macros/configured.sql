{#-
  Choices of the marketer that decide what is read at all, as literals of the statement.

  An engine leaves out what a literal rules out: the lines where purchases are counted, the map of
  custom fields where no metric reads it. Of a joined row it knows nothing before everything else has
  been read. The choice is read when the dbt model runs, like a criterion, so an edit needs no
  deploy. Values that are only computed with come from the CTE `run`. Unit tests override these.
-#}

{#- deals, lines, quantity or distinct_products (RFM-4). -#}
{% macro frequency_basis() -%}
  {{- choice("select frequency_basis from " ~ source('config', 'run')) -}}
{%- endmacro %}

{#- deal, or lines where the amount of a deal is the sum of its lines. -#}
{% macro deal_amount_basis() -%}
  {{- choice("select deal_amount_basis from " ~ source('config', 'run')) -}}
{%- endmacro %}

{#- Days without activity after which an account is dormant, null for never (GLC-7). -#}
{% macro dormant_after_days() -%}
  {{- choice("select dormant_after_days from " ~ source('config', 'run')) -}}
{%- endmacro %}

{#- Most accounts that the scope may hold, null for any number (GLC-5). -#}
{% macro max_accounts() -%}
  {{- choice("select max_accounts from " ~ source('config', 'run')) -}}
{%- endmacro %}

{#- Field that recency is built on (RFM-3), 'custom' for a custom field. -#}
{% macro recency_field() -%}
  {{- field_of('recency', ['closing_date', 'won_on', 'created_at', 'modified_at']) -}}
{%- endmacro %}

{#- Field that monetary value is built on (RFM-3), 'custom' for a custom field. -#}
{% macro monetary_field() -%}
  {{- field_of('monetary', ['amount', 'base_amount', 'discount']) -}}
{%- endmacro %}

{#- The field of a metric where it is a known one, the first of them by default. -#}
{% macro field_of(metric, known) -%}
  {{- choice(
    "select case when max(field) is null then '" ~ known[0] ~ "' when max(field) in ('"
    ~ known | join("', '") ~ "') then max(field) else 'custom' end from "
    ~ source('config', 'rfm_metrics') ~ " where metric = '" ~ metric ~ "'"
  ) -}}
{%- endmacro %}

{#- The one value of a query as a literal: a number, a word, or null. -#}
{% macro choice(query) -%}
  {%- set value = run_query(query).rows[0][0] if execute else none -%}
  {%- if value is none -%}
    cast(null as bigint)
  {%- elif value is string -%}
    '{{ value }}'
  {%- else -%}
    {{- value -}}
  {%- endif -%}
{%- endmacro %}
