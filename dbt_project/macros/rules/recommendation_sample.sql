{#- Accounts that the past is learned from, as a literal: an engine then keeps only so many. -#}
{% macro recommendation_sample() -%}
  {{- choice("select sampled_accounts from " ~ source('config', 'recommendation_settings')) -}}
{%- endmacro %}
