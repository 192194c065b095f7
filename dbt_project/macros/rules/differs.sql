{#- Whether two values differ, nulls being equal to each other and to nothing else. -#}
{% macro differs(left, right) -%}
  ({{ left }} is distinct from {{ right }})
{%- endmacro %}
