{#-
  Quotient of a DECIMAL(18,4) and a positive DECIMAL(20,10) as DECIMAL(28,10), rounded half away from
  zero. DuckDB divides decimals as doubles, which loses cents of large amounts. So the double is only
  a first guess: what it leaves over is divided once more, and a product proves that the sum lies
  within half a unit of the quotient. What cannot be proved (ties, and guesses beyond doubles) is
  divided as integers, ten times as slow: 10^34 at most, within 128 bits.

  Spark gives a quotient as many digits as its operands' types leave of 38 and rounds to them first;
  of a DECIMAL(18,4) that were 14, and 0.49999 units would become a tie. A DECIMAL(22,4) leaves 10.
-#}
{% macro exact_quotient(amount, rate) -%}
  {{- adapter.dispatch('exact_quotient')(amount, rate) -}}
{%- endmacro %}
{% macro duckdb__exact_quotient(amount, rate) -%}
  {%- set guess -%}
    try_cast(cast({{ amount }} as double) / cast({{ rate }} as double) as decimal(28, 10))
  {%- endset -%}
  {%- set quotient -%}
    ({{ guess }} + try_cast(
      cast({{ amount }} - {{ guess }} * {{ rate }} as double) / cast({{ rate }} as double)
      as decimal(28, 10)
    ))
  {%- endset -%}
  case
    when
      abs({{ amount }} - {{ quotient }} * {{ rate }})
      < {{ rate }} * cast(0.00000000005 as decimal(11, 11))
      then cast({{ quotient }} as decimal(28, 10))
    else {{ integer_quotient(amount, rate) }}
  end
{%- endmacro %}
{#- The same by long division of integers, DuckDB only. -#}
{% macro integer_quotient(amount, rate) -%}
  cast(
    cast(
      sign({{ amount }}) * (
        (
          cast(cast(abs({{ amount }}) as decimal(38, 4)) * 10000 as hugeint) * 20000000000000000
          + cast(cast({{ rate }} as decimal(38, 10)) * 10000000000 as hugeint)
        ) // (cast(cast({{ rate }} as decimal(38, 10)) * 10000000000 as hugeint) * 2)
      ) as decimal(38, 0)
    ) * cast(0.0000000001 as decimal(10, 10)) as decimal(28, 10)
  )
{%- endmacro %}
{% macro spark__exact_quotient(amount, rate) -%}
  cast(
    cast({{ amount }} as decimal(22, 4)) / cast({{ rate }} as decimal(20, 10)) as decimal(28, 10)
  )
{%- endmacro %}

{#-
  Product of a DECIMAL(18,4) and a DECIMAL(20,10) as DECIMAL(28,10), rounded half away from zero.
  DuckDB keeps the narrower width of two decimals and overflows, so it is widened first. Spark keeps
  all 14 digits only where both widths and one more are 38, and would round twice otherwise.
-#}
{% macro exact_product(amount, rate) -%}
  {{- adapter.dispatch('exact_product')(amount, rate) -}}
{%- endmacro %}
{% macro duckdb__exact_product(amount, rate) -%}
  cast(
    cast({{ amount }} as decimal(19, 4)) * cast({{ rate }} as decimal(19, 10)) as decimal(28, 10)
  )
{%- endmacro %}
{% macro spark__exact_product(amount, rate) -%}
  cast(
    cast({{ amount }} as decimal(18, 4)) * cast({{ rate }} as decimal(19, 10)) as decimal(28, 10)
  )
{%- endmacro %}

{#-
  A decimal with fewer digits behind the point, rounded half away from zero. DuckDB divides 128-bit
  integers for it, so the decimal nearest to the double is taken where a difference proves it right.
-#}
{% macro rounded(value, precision, scale) -%}
  {{- adapter.dispatch('rounded')(value, precision, scale) -}}
{%- endmacro %}
{% macro duckdb__rounded(value, precision, scale) -%}
  {%- set nearest -%}
    try_cast(cast({{ value }} as double) as decimal({{ precision }}, {{ scale }}))
  {%- endset -%}
  case
    when abs({{ value }} - {{ nearest }}) < 0.{{ "0" * scale }}5 then {{ nearest }}
    else cast({{ value }} as decimal({{ precision }}, {{ scale }}))
  end
{%- endmacro %}
{% macro spark__rounded(value, precision, scale) -%}
  cast({{ value }} as decimal({{ precision }}, {{ scale }}))
{%- endmacro %}

{#- Cast that gives null where the text cannot be read (MAP-9). -#}
{% macro lenient_cast(value, type) -%}
  try_cast({{ value }} as {{ type }})
{%- endmacro %}
