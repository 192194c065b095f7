"""Which tables exist, and what makes them? Thin Dagster assets, by stage.

Holds one module of assets per stage (`configuration`, `landing`, `landing_checks`,
`transformation`, `publication`, `exports`) and, beside them, the pure work they call (`publishing`,
`exporting`, `warehouse`, ...). Add an asset to the module of its stage and to the registry in
`assets/registry.py`. Never put a rule here: rules are SQL in `dbt_project/` or types in `models/`.
The concept is DESIGN 10.
"""
