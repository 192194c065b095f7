{#-
  Points after so many days: halved every half-life where there is one (ENG-9), as DECIMAL(18,4).
  Each event is rounded by itself, so that the rows of the ledger add up to the score (BEY-11).
-#}
{% macro decayed(points, age_days, half_life_days) -%}
  case
    when {{ half_life_days }} is null then {{ points }}
    else cast(
      cast({{ points }} as double) * power(
        cast(0.5 as double), cast({{ age_days }} as double) / cast({{ half_life_days }} as double)
      ) as decimal(18, 4)
    )
  end
{%- endmacro %}

{#- Score of a sum of points: scaled, rounded, held between 0 and 100 (ENG-8). -#}
{% macro engagement_score(net_points, points_for_full_score) -%}
  least(
    greatest(
      {{ rounded('cast(100 * ' ~ net_points ~ ' / ' ~ points_for_full_score ~ ' as decimal(24, 6))', 18, 2) }},
      0
    ),
    100
  )
{%- endmacro %}
