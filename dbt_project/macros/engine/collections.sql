{#- Element of a list, counted from 1. -#}
{% macro list_element(list, position) -%}
  {{- adapter.dispatch('list_element')(list, position) -}}
{%- endmacro %}
{% macro duckdb__list_element(list, position) -%}
  {{ list }}[{{ position }}]
{%- endmacro %}
{% macro spark__list_element(list, position) -%}
  element_at({{ list }}, cast({{ position }} as int))
{%- endmacro %}

{#- Value of a key in a map of texts; null when the key is missing. -#}
{% macro map_value(map, key) -%}
  {{- adapter.dispatch('map_value')(map, key) -}}
{%- endmacro %}
{% macro duckdb__map_value(map, key) -%}
  {{ map }}[{{ key }}]
{%- endmacro %}
{% macro spark__map_value(map, key) -%}
  try_element_at({{ map }}, {{ key }})
{%- endmacro %}

{#- A map of texts as a value that fingerprints accept. -#}
{% macro comparable_map(map) -%}
  {{- adapter.dispatch('comparable_map')(map) -}}
{%- endmacro %}
{% macro duckdb__comparable_map(map) -%}
  {{ map }}
{%- endmacro %}
{% macro spark__comparable_map(map) -%}
  to_json({{ map }})
{%- endmacro %}

{#- Distinct values of a group as one sorted text, separated by commas; null for none. -#}
{% macro sorted_list_text(value) -%}
  {{- adapter.dispatch('sorted_list_text')(value) -}}
{%- endmacro %}
{% macro duckdb__sorted_list_text(value) -%}
  string_agg(distinct {{ value }}, ', ' order by {{ value }})
{%- endmacro %}
{% macro spark__sorted_list_text(value) -%}
  nullif(array_join(sort_array(collect_set({{ value }})), ', '), '')
{%- endmacro %}

{#- Up to five smallest distinct texts of a group as one text: examples for a report. -#}
{% macro first_texts(value) -%}
  {{- adapter.dispatch('first_texts')(value) -}}
{%- endmacro %}
{% macro duckdb__first_texts(value) -%}
  array_to_string(min(distinct {{ value }}, 5), ', ')
{%- endmacro %}
{% macro spark__first_texts(value) -%}
  array_join(slice(sort_array(collect_set({{ value }})), 1, 5), ', ')
{%- endmacro %}
