{#-
  Amount of a deal line: its own, else quantity times price less discount (LKP-8). Twelve decimals
  hold the product as it is; rounding it would cost more than all the rest.
-#}
{% macro line_amount(line) -%}
  coalesce(
            cast({{ line }}.line_amount as decimal(30, 12)),
            cast(
                cast(
                    cast({{ line }}.quantity as decimal(19, 4))
                    * cast({{ line }}.unit_price as decimal(19, 4)) as decimal(28, 8)
                ) * cast(1 - coalesce({{ line }}.discount_share, 0) as decimal(9, 4))
                as decimal(30, 12)
            )
        )
{%- endmacro %}
