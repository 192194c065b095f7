{#-
  Fingerprint of the columns of a row, a bigint of 63 bits. Equal rows have equal fingerprints as
  long as the engine stays; it is compared between runs only to tell what moved, never a key.
-#}
{% macro row_fingerprint(columns) -%}
  {{- adapter.dispatch('row_fingerprint')(columns) -}}
{%- endmacro %}
{% macro duckdb__row_fingerprint(columns) -%}
  cast(hash({{ columns | join(', ') }}) >> 1 as bigint)
{%- endmacro %}
{% macro spark__row_fingerprint(columns) -%}
  shiftrightunsigned(xxhash64({{ columns | join(', ') }}), 1)
{%- endmacro %}

{#- Fingerprint of a set of rows from their fingerprints, whatever their order. -#}
{% macro set_fingerprint(fingerprint) -%}
  bit_xor({{ fingerprint }})
{%- endmacro %}
