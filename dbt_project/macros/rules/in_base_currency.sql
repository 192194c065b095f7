{#
  An amount of a deal in base currency (EDG-4, RFM-34): as it is where the deal is in base currency,
  else by the deal's rate, read as the organisation says. Null where no rate is known.
  `deal` has rate_source and conversion_rate, `run` has rate_direction.
#}
{% macro in_base_currency(amount, deal, run) -%}
case
            when {{ deal }}.rate_source = 'base' then cast({{ amount }} as decimal(28, 10))
            when {{ run }}.rate_direction = 'base_per_record'
                then {{ exact_product(amount, deal ~ '.conversion_rate') }}
            else {{ exact_quotient(amount, deal ~ '.conversion_rate') }}
        end
{%- endmacro %}
