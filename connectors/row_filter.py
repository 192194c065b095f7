"""The `where` of a mapping as SQL: which rows of a module are wanted at all.

The language compiles it; the rows it drops are counted as filtered, never lost in silence.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final, cast

from models.catalogue import Catalogue, module_fields
from models.compilation import compile_row_filter
from models.modules import MappedModule, Modules
from models.periods import Moment

if TYPE_CHECKING:
    from connectors.landing import Landing

_NO_DATE: Final = date(1970, 1, 1)


class _OneModule:
    """Stands for the modules of a configuration where only one of them is asked for."""

    def __init__(self, name: str, mapping: MappedModule) -> None:
        self._mapped = {name: mapping}

    def mapped(self) -> dict[str, MappedModule]:
        return self._mapped


def filter_sql(landing: Landing) -> str | None:
    """SQL condition on a relation named as the module; None when every row is wanted.

    Relative dates count from the business date, so such a filter changes from day to day, and with
    it the mapping hash.
    """
    where = landing.mapping.where
    if where is None:
        return None
    name = landing.module.name
    modules = cast(Modules, _OneModule(name, landing.mapping))
    rows = {name: module_fields(modules, landing.module)}
    catalogue = Catalogue(accounts={}, scored_accounts={}, related={}, rows=rows)
    as_of = landing.as_of or landing.organization.as_of or _NO_DATE
    moment = Moment(as_of, landing.organization.time_zone)
    return compile_row_filter(where, name, catalogue, moment, "duckdb")
