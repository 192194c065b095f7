{#- Whether a deal is a purchase that baskets and predictions count: won, with a positive amount or
    none (REC-9). -#}
{% macro is_purchase(deal) -%}
  ({{ deal }}.state = 'won' and coalesce({{ deal }}.amount > 0, true))
{%- endmacro %}

{#- Whether a deal gives money back: it reduces revenue and is no win (RFM-31, EDG-6). -#}
{% macro is_refund(deal) -%}
  coalesce({{ deal }}.amount < 0, false)
{%- endmacro %}
