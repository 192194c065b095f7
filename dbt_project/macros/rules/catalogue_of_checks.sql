{#- Rows (check_name, module, severity, description) of a catalogue of checks. -#}
{% macro catalogue_of_checks(checks) -%}
  select
    check_name,
    module,
    severity,
    description
  from (
    values
    {%- for check in checks %}
    ('{{ check | join("', '") }}'){{ "," if not loop.last }}
    {%- endfor %}
  ) as checks (check_name, module, severity, description)
{%- endmacro %}
