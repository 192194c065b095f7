{#- A sum in base currency: nothing adds up to 0 (EDG-8), rounded half away from zero only here
    (EDG-4). -#}
{% macro base_sum(amount) -%}
  {{ rounded('coalesce(' ~ amount ~ ', 0)', 18, 2) }}
{%- endmacro %}

{#- The same before rounding: what is added up further is rounded at the end only (EDG-4). -#}
{% macro exact_sum(amount) -%}
  cast(coalesce({{ amount }}, 0) as decimal(28, 10))
{%- endmacro %}
