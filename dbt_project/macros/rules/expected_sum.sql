{#- Sum of amounts in base currency times their probability in percent, before rounding. Widths are
    35 + 2 + 1 = 38: of anything wider Spark keeps fewer than the 14 decimals. -#}
{% macro expected_sum(amount, percent) -%}
  cast(
    sum(cast({{ amount }} as decimal(24, 10)) * cast({{ percent }} as decimal(9, 4)))
    as decimal(35, 12)
  ) * cast(0.01 as decimal(2, 2))
{%- endmacro %}
