{#-
  All cut-points that 2 to 5 levels can need, in one pass (RFM-17): at 1/5, 1/4, 1/3, 2/5, 1/2, 3/5,
  2/3, 3/4, 4/5. Levels are configuration, so SQL must not depend on them; `rfm_cuts` says which
  element belongs to which cut of which number of levels.
-#}
{% macro rfm_quantiles(rows, group, value) -%}
  {{- discrete_quantiles_by(rows, group, value, [
    '0.199999999999', '0.249999999999', '0.333333333333', '0.399999999999', '0.499999999999',
    '0.599999999999', '0.666666666666', '0.749999999999', '0.799999999999',
  ]) -}}
{%- endmacro %}

{#- Rows (levels, cut, element): element of `rfm_quantiles` for the cut of that many levels. -#}
{% macro rfm_cuts() -%}
  select
    levels,
    cut,
    element
  from (
    values
    (2, 1, 5),
    (3, 1, 3), (3, 2, 7),
    (4, 1, 2), (4, 2, 5), (4, 3, 8),
    (5, 1, 1), (5, 2, 4), (5, 3, 6), (5, 4, 9)
  ) as cuts (levels, cut, element)
{%- endmacro %}
