{#-
  The CTEs of related records that criteria of segments, suggestions and registered labels read:
  one for each of `models.criteria.RelatedModule`, by its name, with the fields of
  `models.catalogue`. What a machine did is nothing an account did (ENG-13).
-#}
{% macro related_records() -%}
contacts as (
    select * from {{ ref('int_contacts__survived') }}
),

deals as (
    select * from {{ ref('int_deals__converted') }}
),

deal_lines as (
    select * from {{ ref('int_deal_lines__stated') }}
),

events as (
    select * from {{ ref('fct_events') }}
    where not is_machine
),

responses as (
    select * from {{ ref('fct_responses') }}
),

response_signals as (
    select * from {{ ref('fct_response_signals') }}
),

recommendations as (
    select * from {{ ref('seg_recommendations') }}
),

predictions as (
    select * from {{ ref('seg_account_predictions') }}
)
{%- endmacro %}
