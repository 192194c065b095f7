{#- Value of the primary label of a technique, grouped by account; reads CTEs `labelled`, `labels`. -#}
{% macro of_technique(technique, value) -%}
  max(case when labelled.technique = '{{ technique }}' then {{ value }} end)
{%- endmacro %}
