{#- End of the 95 % Wilson interval of a share, DECIMAL(5,4); `sign` is - for the lower one (BEY-12). -#}
{% macro wilson_bound(part, whole, sign) -%}
  cast(round(
    (
      cast({{ part }} as double) / {{ whole }} + 1.9207294 / {{ whole }} {{ sign }} 1.959964 * sqrt(
        cast({{ part }} as double) / {{ whole }} * (1 - cast({{ part }} as double) / {{ whole }})
        / {{ whole }} + 0.9603647 / (cast({{ whole }} as double) * {{ whole }})
      )
    ) / (1 + 3.8414588 / {{ whole }}), 4
  ) as decimal(5, 4))
{%- endmacro %}
