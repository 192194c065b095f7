"""What must always be true of the data?

Holds `landing/`, Great Expectations suites built from the mapping, and `warehouse/`, dbt's singular
and generic tests. Add a fact about rows here; facts about code belong in `tests/`.
"""
