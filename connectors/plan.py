"""How one module is read from one source, resolved to the last column: what landing executes.

A plan joins what the language resolved (`models.mapping.ResolvedMapping`) with what the contract
says of each field. It holds no data and touches no file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from models.fields import Field, FieldType, Module, Need
from models.mapping import ResolvedField, ResolvedMapping

GUARDS: Final = frozenset({"is_deleted", "email_opt_out"})
"""Flags whose unreadable value may not be taken as "no": such a row goes to quarantine."""

_BLOCKING_TYPES: Final = frozenset(
    {FieldType.AMOUNT, FieldType.RATE, FieldType.DATE, FieldType.TIMESTAMP}
)


@dataclass(frozen=True)
class FieldPlan:
    """One field as resolved, with what the contract says about it."""

    resolved: ResolvedField
    contract: Field | None = None

    @property
    def name(self) -> str:
        """Name of the canonical or custom field."""
        return self.resolved.name

    @property
    def type(self) -> FieldType:
        """Logical type."""
        return self.resolved.type

    @property
    def is_key_like(self) -> bool:
        """Keys and references to keys: invisible marks are removed from them (F32)."""
        contract = self.contract
        return contract is not None and (contract.need is Need.KEY or bool(contract.references))

    @property
    def is_blocking(self) -> bool:
        """An unreadable value sends the row to quarantine (docs/decisions/0004)."""
        if self.resolved.is_custom:
            return False
        return (
            self.resolved.need is not Need.OPTIONAL
            or self.type in _BLOCKING_TYPES
            or self.name in GUARDS
        )

    @property
    def is_expected(self) -> bool:
        """A required field that the source is said to know: an empty value is worth a warning."""
        return self.resolved.need is Need.REQUIRED and self.resolved.origin == "column"


@dataclass(frozen=True)
class ModulePlan:
    """Everything the typing of one file needs: the module, and where each field comes from.

    `where` is a SQL condition on the fields of the module; rows that do not satisfy it are counted
    as filtered.
    """

    module: Module
    resolved: ResolvedMapping
    where: str | None = None

    @property
    def canonical(self) -> tuple[FieldPlan, ...]:
        """Plans of the canonical fields, in contract order; copies stand as what they copy."""
        return tuple(
            FieldPlan(self._original(f), self.module.field(f.name)) for f in self.resolved.fields
        )

    @property
    def custom(self) -> tuple[FieldPlan, ...]:
        """Plans of the custom fields, by name."""
        return tuple(FieldPlan(f) for f in sorted(self.resolved.custom, key=lambda f: f.name))

    def _original(self, resolved: ResolvedField) -> ResolvedField:
        if resolved.copy_of is None:
            return resolved
        original = self.resolved.field(resolved.copy_of)
        return replace(
            original, name=resolved.name, type=resolved.type, need=resolved.need, is_custom=False
        )

    @property
    def record_key(self) -> tuple[str, ...]:
        """Fields that identify one record inside a load; empty when a module has no key (EDG-13).

        Deal lines without an id of their own are never duplicates: equal lines add up (LKP-8).
        """
        if self.module.key:
            return (self.module.key,)
        mapped = {f.name for f in self.resolved.fields if f.origin not in ("unknown", "unmapped")}
        if {"deal_id", "line_id"} <= mapped:
            return ("deal_id", "line_id")
        if {"currency", "valid_from"} <= mapped:
            return ("currency", "valid_from")
        return ()
