{#-
  Score of a metric from its cut-points (RFM-17, RFM-20, RFM-10): the highest score whose threshold
  the goodness passes, else 1. `thresholds` names the row of pivoted cut-points; a score above the
  levels of the metric has no threshold and is never reached.
-#}
{% macro rfm_score(goodness, thresholds, metric) -%}
  case
    {%- for score in [5, 4, 3, 2] %}
    when
      {{ goodness }} * {{ thresholds }}.{{ metric }}_multiplier
      > {{ thresholds }}.{{ metric }}_{{ score }}
      or (
        {{ thresholds }}.{{ metric }}_{{ score }}_is_inclusive
        and {{ goodness }} * {{ thresholds }}.{{ metric }}_multiplier
        = {{ thresholds }}.{{ metric }}_{{ score }}
      ) then {{ score }}
    {%- endfor %}
    else 1
  end
{%- endmacro %}

{#- Columns of the pivoted cut-points of one metric. -#}
{% macro rfm_thresholds_of(metric) -%}
  coalesce(max(case when metric = '{{ metric }}' then multiplier end), 1) as {{ metric }}_multiplier
  {%- for score in [2, 3, 4, 5] %},
  max(case when metric = '{{ metric }}' and score = {{ score }} then scaled_threshold end)
    as {{ metric }}_{{ score }},
  coalesce(
    max(
      case when metric = '{{ metric }}' and score = {{ score }} and is_inclusive then 1 end
    ) = 1, false
  ) as {{ metric }}_{{ score }}_is_inclusive
  {%- endfor %}
{%- endmacro %}
