"""Tests of what SQL computes: dbt models against oracles, days in a row, and the manifest."""
