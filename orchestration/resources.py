"""Resource instances: what the resource classes of `assets/` are given in a deployment."""

from __future__ import annotations

from typing import Any

from assets.refresh import Installation, Refresh


def default_resources() -> dict[str, Any]:
    """Resources by the name that assets ask for; paths come from the environment at run time."""
    return {"installation": Installation(), "refresh": Refresh()}
