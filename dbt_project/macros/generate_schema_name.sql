{#- The custom name is the schema: a dbt model `marts.dim_accounts` is the table marts.dim_accounts
    and the Dagster asset marts/dim_accounts on every engine, without a prefix by target. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
  {{- custom_schema_name | trim if custom_schema_name else target.schema -}}
{%- endmacro %}
