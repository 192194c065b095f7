"""Jobs: everything at once, and one per stage (DESIGN 10)."""

from __future__ import annotations

import dagster as dg

LANDED = dg.AssetSelection.groups("config", "landing")
PUBLISHED = dg.AssetSelection.groups("published")
EXPORTED = dg.AssetSelection.groups("exports")
TRANSFORMED = dg.AssetSelection.all() - LANDED - PUBLISHED - EXPORTED

MAXIMUM_SECONDS = 4 * 60 * 60
"""A run that lasts longer is stopped by run monitoring: no refresh of 500,000 accounts needs it."""

_TAGS = {"dagster/max_runtime": str(MAXIMUM_SECONDS)}

refresh_segments = dg.define_asset_job(
    "refresh_segments",
    selection=dg.AssetSelection.all(),
    description="Everything: land, check, score, label, segment, publish, export. "
    "The command `quintile run` and the daily schedule run this very job.",
    tags=_TAGS,
)

land_modules = dg.define_asset_job(
    "land_modules",
    selection=LANDED,
    description="Read the configuration and land what the sources have that is new.",
    tags=_TAGS,
)

transform_modules = dg.define_asset_job(
    "transform_modules",
    selection=TRANSFORMED,
    description="Build and test every dbt model from what is landed; publishes nothing.",
    tags=_TAGS,
)

publish_tables = dg.define_asset_job(
    "publish_tables",
    selection=PUBLISHED,
    description="Publish the built marts as one new version.",
    tags=_TAGS,
)

export_segments = dg.define_asset_job(
    "export_segments",
    selection=EXPORTED,
    description="Write the exports that the configuration asks for, from the published copy.",
    tags=_TAGS,
)

JOBS = [refresh_segments, land_modules, transform_modules, publish_tables, export_segments]
