"""Landing as assets: one per canonical module (DESIGN 4).

Each asset lands what its sources have that is new, then points the view `landing.<module>` at the
complete, active loads. Reading, typing and quarantine are `connectors/landing.py`; nothing about a
file format belongs here.
"""

from __future__ import annotations

import dagster as dg

from assets.refresh import Refresh
from assets.warehouse import replace_view, warehouse
from connectors.landing import LandingError, land_module, loads
from models.fields import LANDING_COLUMNS, MODULES, Module


def _columns(module: Module) -> dict[str, str]:
    return {field.name: field.type.sql for field in module.fields} | dict(LANDING_COLUMNS)
