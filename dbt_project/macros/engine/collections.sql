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

{#- In a select list: one row per element of a list, with its position counted from 0 and named `place`.
    The list is made once for a row, however long it is. -#}
{% macro each_element(list, element) -%}
  {{- adapter.dispatch('each_element')(list, element) -}}
{%- endmacro %}
{% macro duckdb__each_element(list, element) -%}
  unnest({{ list }}) as {{ element }}, unnest(generate_series(0, len({{ list }}) - 1)) as place
{%- endmacro %}
{% macro spark__each_element(list, element) -%}
  posexplode({{ list }}) as (place, {{ element }})
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

{#-
  Per group: its number of rows as finding_count, and its five smallest distinct texts as one text,
  example_ids: examples for a report. `rows` names a CTE; a group may be null.

  Spark would gather all texts of a group in one task. So it counts equal ones, and a window keeps
  five in every task before any are moved.
-#}
{% macro counted_with_examples(rows, groups, value) -%}
  {{- adapter.dispatch('counted_with_examples')(rows, groups, value) -}}
{%- endmacro %}
{% macro duckdb__counted_with_examples(rows, groups, value) -%}
  select
        {{ groups | join(', ') }},
        count(*) as finding_count,
        array_to_string(min(distinct {{ value }}, 5), ', ') as example_ids
    from {{ rows }}
    group by {{ groups | join(', ') }}
{%- endmacro %}
{% macro spark__counted_with_examples(rows, groups, value) -%}
  with counted as (
    select {{ groups | join(', ') }}, {{ value }} as example_id, count(*) as row_count
    from {{ rows }}
    group by {{ groups | join(', ') }}, {{ value }}
  ),

  totals as (
    select {{ groups | join(', ') }}, sum(row_count) as finding_count
    from counted
    group by {{ groups | join(', ') }}
  ),

  arranged as (
    select
      {{ groups | join(', ') }},
      example_id,
      row_number() over (partition by {{ groups | join(', ') }} order by example_id) as place
    from counted
    where example_id is not null
  ),

  examples as (
    select
      {{ groups | join(', ') }},
      array_join(array_sort(collect_list(example_id)), ', ') as example_ids
    from arranged
    where place <= 5
    group by {{ groups | join(', ') }}
  )

  select
    {% for group in groups %}totals.{{ group }}, {% endfor %}
    totals.finding_count,
    examples.example_ids
  from totals
  left join examples
    on {% for group in groups %}totals.{{ group }} <=> examples.{{ group }}{{ " and " if not loop.last }}{% endfor %}
{%- endmacro %}
