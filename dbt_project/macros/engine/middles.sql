{#-
  Value at a share of the sorted group, itself a value of the group: 0.5 gives the lower of two
  middle ones. For groups that fit in one task, such as the gaps of one account.
-#}
{% macro grouped_quantile(value, share) -%}
  {{- adapter.dispatch('grouped_quantile')(value, share) -}}
{%- endmacro %}
{% macro duckdb__grouped_quantile(value, share) -%}
  quantile_disc({{ value }}, {{ share }})
{%- endmacro %}
{% macro spark__grouped_quantile(value, share) -%}
  cast(percentile_disc({{ share }}) within group (order by {{ value }}) as bigint)
{%- endmacro %}
