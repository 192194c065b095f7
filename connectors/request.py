"""What one landing is asked to do, and with what."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Final

from connectors.row_filter import filter_sql
from models.fields import Module
from models.modules import MappedModule
from models.organization import Organization
from models.sources import LOAD_LIMITS, QUARANTINE_LIMIT, Source

_MAPPING_PARTS: Final = {"table", "fields", "custom", "keep"}
_NOT_READING: Final = {"files", "folder", "database", "demo", *LOAD_LIMITS}


@dataclass(frozen=True)
class Landing:
    """The parameters of `connectors.landing.land_module`, which describes them."""

    module: Module
    mapping: MappedModule
    source: Source
    landing_directory: Path
    organization: Organization
    base_directory: Path
    home_directory: Path
    as_of: date | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    landed_at: str | None = None
    quarantine_limit: float = QUARANTINE_LIMIT
    uses: Mapping[str, Sequence[str]] = field(default_factory=dict)
    settle_seconds: float = 0.0
    memory_limit: str = "1GB"
    lookup_sources: Mapping[str, Source] = field(default_factory=dict)
    lookups_hash: str = ""
    """Digest of what the lookups read (`connectors.lookups`); empty without any."""

    @cached_property
    def filter(self) -> str | None:
        """The mapping's `where` as SQL; None when every row is wanted."""
        as_of = self.as_of or self.organization.as_of
        return filter_sql(self.module, self.mapping, as_of, self.organization.time_zone)

    @cached_property
    def mapping_hash(self) -> str:
        """Digest of every declaration that decides how a value lands, and of the contract."""
        mapping = self.mapping.model_dump(mode="json", include=_MAPPING_PARTS, by_alias=True)
        source = self.source.model_dump(mode="json", exclude=_NOT_READING)
        contract = [[f.name, f.type.value, f.need.value] for f in self.module.fields]
        parts = [self.module.name, mapping, source, contract, self.organization.time_zone]
        looked_up = [self.lookups_hash] if self.lookups_hash else []
        text = json.dumps([*parts, self.filter, *looked_up], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]
