"""The `where` of a mapping as SQL: which rows of a module are wanted at all.

The language compiles it; the rows it drops are counted as filtered, never lost in silence.
"""

from __future__ import annotations

from datetime import date
from typing import Final, cast

from models.catalogue import Catalogue, module_fields
from models.compilation import compile_row_filter
from models.fields import Module
from models.modules import MappedModule, Modules
from models.periods import Moment

_NO_DATE: Final = date(1970, 1, 1)


class _OneModule:
    """Stands for the modules of a configuration where only one of them is asked for."""

    def __init__(self, name: str, mapping: MappedModule) -> None:
        self._mapped = {name: mapping}

    def mapped(self) -> dict[str, MappedModule]:
        return self._mapped


def filter_sql(
    module: Module, mapping: MappedModule, as_of: date | None, time_zone: str
) -> str | None:
    """SQL condition on a relation named as the module; None when every row is wanted.

    Relative dates count from the business date, so such a filter changes from day to day, and with
    it the mapping hash.
    """
    if mapping.where is None:
        return None
    modules = cast(Modules, _OneModule(module.name, mapping))
    rows = {module.name: module_fields(modules, module)}
    catalogue = Catalogue(accounts={}, scored_accounts={}, related={}, rows=rows)
    moment = Moment(as_of or _NO_DATE, time_zone)
    return compile_row_filter(mapping.where, module.name, catalogue, moment, "duckdb")
