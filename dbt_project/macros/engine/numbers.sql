{#-
  Quotient of a DECIMAL(18,4) and a positive DECIMAL(20,10) as DECIMAL(28,10), rounded half away from
  zero. DuckDB divides decimals as doubles, which loses cents of large amounts, so it divides
  integers there: 10^34 at most, within 128 bits.
-#}
{% macro exact_quotient(amount, rate) -%}
  {{- adapter.dispatch('exact_quotient')(amount, rate) -}}
{%- endmacro %}
{% macro duckdb__exact_quotient(amount, rate) -%}
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
  cast({{ amount }} / {{ rate }} as decimal(28, 10))
{%- endmacro %}

{#-
  Product of a DECIMAL(18,4) and a DECIMAL(20,10) as DECIMAL(28,10), rounded half away from zero.
  DuckDB keeps the narrower width of two decimals and overflows, so it is widened first.
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
  cast({{ amount }} * {{ rate }} as decimal(28, 10))
{%- endmacro %}

{#-
  List of discrete quantiles: each is the value at the 1-based position ceil(fraction * n) of the
  sorted population (RFM-17). Fractions are decimals a little below the true one: whole multiples
  then stay on their position, and positions are exact up to a billion rows.
-#}
{% macro discrete_quantiles(value, fractions) -%}
  {{- adapter.dispatch('discrete_quantiles')(value, fractions) -}}
{%- endmacro %}
{% macro duckdb__discrete_quantiles(value, fractions) -%}
  quantile_disc({{ value }}, [{{ fractions | join(', ') }}])
{%- endmacro %}
{% macro spark__discrete_quantiles(value, fractions) -%}
  array(
    {%- for fraction in fractions %}
    percentile_disc({{ fraction }}) within group (order by {{ value }}){{ "," if not loop.last }}
    {%- endfor %}
  )
{%- endmacro %}

{#- Cast that gives null where the text cannot be read (MAP-9). -#}
{% macro lenient_cast(value, type) -%}
  try_cast({{ value }} as {{ type }})
{%- endmacro %}
