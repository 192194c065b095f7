{#- A count as a share of another one, DECIMAL(5,4) from 0 to 1; null of nothing (INT-5). -#}
{% macro share_of(part, whole) -%}
  cast(
    {{ rounded(
      'cast(1.0000000000 * ' ~ part ~ ' / nullif(' ~ whole ~ ', 0) as decimal(24, 10))', 9, 4
    ) }} as decimal(5, 4)
  )
{%- endmacro %}

{#- The same as exact as a rate is, DECIMAL(20,10): for a share that a rule compares (LBL-6). -#}
{% macro exact_share_of(part, whole) -%}
  cast(1.0000000000 * {{ part }} / nullif({{ whole }}, 0) as decimal(20, 10))
{%- endmacro %}
