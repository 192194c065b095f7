{#- In a select list over `labelled` and `labels`: id and name of the label of each technique. -#}
{% macro label_columns(techniques) -%}
  {%- for technique in techniques %}
  max(case when labelled.technique = '{{ technique }}' then labelled.label_id end)
    as {{ technique }}_label_id,
  max(case when labelled.technique = '{{ technique }}' then labels.name end)
    as {{ technique }}_label_name{{ "," if not loop.last }}
  {%- endfor %}
{%- endmacro %}
