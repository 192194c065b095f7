"""Which table plays which role: by the words of its name and by its fields (MAP-1, MAP-2)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from models.fields import MODULES
from models.proposal_fields import named_columns
from models.proposal_names import (
    GENERIC_FIELDS,
    GENERIC_HEADERS,
    ROLE_WORDS,
    table_words,
)
from models.proposal_parts import Mark, Remark
from models.sampled import SampledTable
from models.standard_names import header_key

_WHOLE, _ENDING = 6, 4
_LEAST_FIELDS: Final = 3
_MOST_FIELDS: Final = 6

_ONE_OF: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "accounts": (("account_id", "account_name"),),
    "contacts": (("account_id", "email"),),
    "products": (("product_id", "product_name"),),
    "deals": (("closing_date", "created_at"), ("account_id",)),
    "deal_lines": (("deal_id",), ("product_id",)),
    "currency_rates": (("currency",), ("exchange_rate",)),
    "leads": (("lead_id",), ("lead_source",), ("captured_at", "path"), ("email", "phone")),
}
"""What a table must have to play a role when its name does not say it: one field of each group."""


@dataclass
class RoleChoice:
    """The table of each role. `notes` tells why a role is read from the table of another one."""

    tables: dict[str, SampledTable]
    notes: dict[str, str] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)

    def is_shared(self, role: str) -> bool:
        """Whether the role is read from a table that plays another role."""
        return role in self.notes


def chosen_roles(tables: Sequence[SampledTable]) -> RoleChoice:
    """Give each role the table that fits best, each table one role; then fill gaps from others."""
    scores = {
        (role, position): points
        for role in MODULES
        for position, table in enumerate(tables)
        if (points := _points(role, table)) > 0
    }
    choice = RoleChoice({})
    taken: set[int] = set()
    for role, position in sorted(scores, key=lambda key: (-scores[key], key[1])):
        if role not in choice.tables and position not in taken:
            choice.tables[role] = tables[position]
            taken.add(position)
    for role, table in choice.tables.items():
        best = scores[role, tables.index(table)]
        rivals = [
            tables[position].name
            for (other, position), points in scores.items()
            if other == role and points == best and position not in taken
        ]
        if rivals:
            text = f"{table.name} was taken; {', '.join(rivals)} would fit as well"
            choice.remarks.append(Remark(Mark.CONFIRM, f"modules.{role}.from", text))
    _fill_gaps(choice)
    return choice


def _points(role: str, table: SampledTable) -> int:
    words = table_words(table.name)
    pattern = ROLE_WORDS[role]
    by_name = 0
    if re.fullmatch(pattern, words):
        by_name = _WHOLE
    elif re.search(rf"\b({pattern})$", words):
        by_name = _ENDING
    columns = named_columns(MODULES[role], table)
    if by_name < _WHOLE and not all(
        any(name in columns for name in group) for group in _ONE_OF[role]
    ):
        return 0
    telling = min(_MOST_FIELDS, sum(1 for name, header in columns.items() if _tells(name, header)))
    return by_name + telling if by_name or telling >= _LEAST_FIELDS else 0


def _tells(name: str, header: str) -> bool:
    """Whether a field says something about the role: an id or a name alone does not."""
    return name not in GENERIC_FIELDS and header_key(header) not in GENERIC_HEADERS


def _fill_gaps(choice: RoleChoice) -> None:
    """Read a role without a table from the table of another role that knows its records."""
    tables = choice.tables
    deals, accounts = tables.get("deals"), tables.get("accounts")
    if accounts is None and deals is not None and _has(deals, "deals", "account_id"):
        tables["accounts"] = deals
        choice.notes["accounts"] = "no table of accounts: one account per customer of the deals"
    if "contacts" not in tables and accounts is not None and _holds_person(accounts):
        tables["contacts"] = accounts
        choice.notes["contacts"] = "no table of persons: one contact per account, from its columns"
    if "deal_lines" not in tables and deals is not None and _has(deals, "deal_lines", "product_id"):
        tables["deal_lines"] = deals
        choice.notes["deal_lines"] = "no table of line items: one product per deal"
    for role, note in choice.notes.items():
        choice.remarks.append(Remark(Mark.CONFIRM, f"modules.{role}", note))


def _has(table: SampledTable, role: str, name: str) -> bool:
    return name in named_columns(MODULES[role], table)


def _holds_person(accounts: SampledTable) -> bool:
    keys = {re.sub(r"[\W_]+", "", header).lower() for header in accounts.headers}
    return bool(keys & {"contactname", "contactperson", "contact", "contacttitle", "email"})
