{#- A sum in base currency: nothing adds up to 0 (EDG-8), rounded half away from zero only here
    (EDG-4). -#}
{% macro base_sum(amount) -%}
  cast(coalesce({{ amount }}, 0) as decimal(18, 2))
{%- endmacro %}
