"""A landing in a folder of its own: write files, land them, read what came out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet

from connectors.landing import LandingResult, land_module
from connectors.loads import DATA, QUARANTINE, SET_ASIDE, WARNINGS, Load, loads, verify
from models.fields import MODULES
from models.modules import AccountsModule, DealsModule, MappedModule
from models.organization import Organization
from models.sources import Source

_TYPES: Mapping[str, type[MappedModule]] = {"accounts": AccountsModule, "deals": DealsModule}


class LandingCase:
    """Files in `<folder>/drop`, loads in `<folder>/home/landing`."""

    def __init__(self, folder: Path, module: str = "accounts", **mapping: Any) -> None:
        self.drop = folder / "drop"
        self.drop.mkdir(parents=True, exist_ok=True)
        self.landing = folder / "home" / "landing"
        self.module = MODULES[module]
        declared = {"from": f"crm.{module}", **mapping}
        if module == "deals":
            declared.setdefault("stages", {"won": ["Won"]})
        self.mapping = _TYPES.get(module, MappedModule).model_validate(declared)

    def write(self, name: str, content: bytes | str) -> Path:
        path = self.drop / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def land(
        self,
        source: Mapping[str, Any] | None = None,
        time_zone: str = "UTC",
        currency: str = "USD",
        **options: Any,
    ) -> LandingResult:
        organization = Organization(name="Test", time_zone=time_zone, currency=currency)
        declared = {"files": "*", **(source or {})}
        if "database" in declared or "demo" in declared:
            del declared["files"]
        result = land_module(
            self.module,
            self.mapping,
            Source.model_validate(declared),
            self.landing,
            organization,
            base_directory=self.drop,
            **options,
        )
        for load in result.loads:
            assert verify(self.landing, load) == []
        return result

    def land_one(self, source: Mapping[str, Any] | None = None, **options: Any) -> Load:
        (load,) = self.land(source, **options).loads
        return load

    def loads(self) -> list[Load]:
        return loads(self.landing, self.module.name)

    def rows(self, load: Load, file: str = DATA) -> list[dict[str, Any]]:
        return parquet.read_table(load.folder(self.landing) / file).to_pylist()

    def quarantine(self, load: Load) -> list[dict[str, Any]]:
        return self.rows(load, QUARANTINE)

    def warnings(self, load: Load) -> list[dict[str, Any]]:
        return self.rows(load, WARNINGS)

    def set_aside(self, load: Load) -> list[dict[str, Any]]:
        return self.rows(load, SET_ASIDE)
