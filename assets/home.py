"""Where a Quintile installation keeps its files: the one description of the home folder.

Holds paths only. Add a path here when a new kind of file is kept; never build such a path
elsewhere, and never read or write through this module.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Home:
    """Folder of one installation, by default `.quintile` beside its `abm.yaml`."""

    root: Path

    @classmethod
    def beside(cls, configuration: Path) -> Home:
        """Home of the installation that `configuration` (an `abm.yaml`) describes."""
        return cls(configuration.resolve().parent / ".quintile")

    @property
    def landing(self) -> Path:
        """Append-only landed loads, one folder per module and load (DESIGN 4)."""
        return self.root / "landing"

    @property
    def demo_crm(self) -> Path:
        """Files of the built-in demo CRM."""
        return self.root / "demo_crm"

    @property
    def warehouse(self) -> Path:
        """The pipeline's own DuckDB file; nobody else opens it (DESIGN 8)."""
        return self.root / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        """Immutable published versions and the pointer to the current one (BEY-19)."""
        return self.root / "published"

    @property
    def exports(self) -> Path:
        """Finished exports (EXP-1)."""
        return self.root / "exports"

    @property
    def voice(self) -> Path:
        """Taught engines of voice of customer and the pointer to the one in use (VOC-14)."""
        return self.root / "voice"

    @property
    def store_url(self) -> str:
        """Database address of the ledger: $QUINTILE_STORE_URL, else a file here (DESIGN 9)."""
        return os.environ.get("QUINTILE_STORE_URL", "") or f"sqlite:///{self.root / 'store.sqlite'}"

    @property
    def dagster(self) -> Path:
        """Dagster's own home: run history, event log, pool slots."""
        return self.root / "dagster"

    @property
    def spark(self) -> Path:
        """What the Spark engine reads and writes on this machine: tables, catalogue, exchange."""
        return self.root / "spark"

    @property
    def dbt(self) -> Path:
        """Target and log folders of dbt."""
        return self.root / "dbt"
