"""A small CRM for the property tests: the same rows in DuckDB and as plain dictionaries.

Values lie where mistakes live: nulls, blanks, case, hostile texts, decimals near a border, days
around the begin and end of every kind of period, instants a microsecond from local midnight.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb

from models.catalogue import Catalogue, build_catalogue
from models.criteria import RELATED_MODULES
from models.fields import MODULES, FieldType
from models.modules import Modules
from models.periods import start_of_day
from models.text import canonical
from tests.models.hostile import HOSTILE_TEXTS

ZONES = ("America/Los_Angeles", "America/Sao_Paulo", "Asia/Kathmandu")
DAYS = (
    date(2024, 2, 29),
    date(2024, 3, 10),
    date(2018, 11, 4),
    date(2023, 12, 31),
    date(2024, 1, 1),
)
OFFSETS = (0, 0, 0, 1, -1, 7, 30)
"""Days added to a day, so that values meet on the borders of weeks and months."""
WORDS = ("Retail", "retail ", "RETAIL", "Tech", "tech & more", "Health", "won", "lost", "open")
CUSTOM = {
    "tier": {"column": "Tier"},
    "seats": {"column": "Seats", "type": "integer"},
    "fee": {"column": "Fee", "type": "amount"},
    "ratio": {"column": "Ratio", "type": "rate"},
    "opened_on": {"column": "Opened", "type": "date"},
    "seen_at": {"column": "Seen", "type": "timestamp"},
    "is_vip": {"column": "Vip", "type": "boolean"},
}
LABELS = ("rfm.lost", "rfm.new", "firmographics.small")
MODULE_NAMES = ("accounts", *RELATED_MODULES)


def modules() -> Modules:
    """Return a mapping of every module with custom fields of every type."""
    mapped = {name: {"from": f"crm.{name}", "custom": CUSTOM} for name in MODULES}
    mapped["deals"]["stages"] = {"won": ["Won"]}  # type: ignore[assignment]
    return Modules.model_validate(mapped)


def catalogue(segments: frozenset[str] = frozenset()) -> Catalogue:
    """Return the catalogue of those modules."""
    names = (*LABELS, "rfm.unlabelled", "rfm.unscored", "firmographics.unlabelled")
    return build_catalogue(modules(), {name: name for name in names}, segments)


@dataclass(frozen=True)
class Population:
    """Rows by module, labels by account, and a connection that holds the same."""

    rows: dict[str, list[dict[str, Any]]]
    labels: dict[str, frozenset[str]]
    connection: duckdb.DuckDBPyConnection

    def related(self) -> dict[str, dict[str, list[dict[str, Any]]]]:
        """Return the related rows by account and module."""
        found: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
        for module in MODULE_NAMES[1:]:
            for row in self.rows[module]:
                if row["account_id"] is not None:
                    found[row["account_id"]][module].append(row)
        return found


class Values:
    """Draws values of every type from one random source."""

    def __init__(self, source: random.Random) -> None:
        self.source = source

    def of(self, type_: FieldType) -> Any:
        """Return a value of a type, or None in one case of six."""
        return None if self.source.random() < 1 / 6 else getattr(self, type_.value)()

    def text(self) -> str | None:
        kind = self.source.random()
        text = self.source.choice(WORDS if kind < 0.5 else HOSTILE_TEXTS)
        return canonical(text if kind < 0.9 else text.upper()) or None

    def integer(self) -> int:
        return self.source.choice((0, 1, 2, 3, 5, 9, 10, 99, 100, -1, 10**17))

    def amount(self) -> Decimal:
        return Decimal(self.source.choice(("0", "-5", "0.0001", "99.99", "100", "1500.01", "1e13")))

    def rate(self) -> Decimal:
        return Decimal(self.source.choice(("0", "1", "0.0000000001", "1.25", "-3", "999999999")))

    def boolean(self) -> bool:
        return self.source.random() < 0.5

    def date(self) -> date:
        return self.source.choice(DAYS) + timedelta(days=self.source.choice(OFFSETS))

    def timestamp(self) -> datetime:
        start = start_of_day(self.date(), self.source.choice(ZONES))
        return start + timedelta(microseconds=self.source.choice((0, 0, -1, 1)))


def canonical_text(value: Any) -> str | None:
    """Return a value as landing writes it into custom_fields."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def populate(seed: int = 7, accounts: int = 80) -> Population:
    """Return a population; equal seeds give equal populations."""
    source = random.Random(seed)
    values = Values(source)
    fields = catalogue()
    ids = [f"A{n}" for n in range(accounts)]
    connection = duckdb.connect()
    rows: dict[str, list[dict[str, Any]]] = {}
    for module, count in (
        ("accounts", accounts),
        ("contacts", accounts * 2),
        ("deals", accounts * 3),
        ("deal_lines", accounts * 4),
        ("events", accounts * 4),
        ("responses", accounts * 2),
        ("response_signals", accounts * 3),
        ("recommendations", accounts * 4),
        ("predictions", accounts * 2),
    ):
        known = fields.scored_accounts if module == "accounts" else fields.related[module]
        rows[module] = []
        for n in range(count):
            row = {name: values.of(field.type) for name, field in known.items()}
            row["account_id"] = ids[n] if module == "accounts" else source.choice([*ids, None])
            rows[module].append(row)
        columns = {f.name: f.type.sql for f in known.values() if f.origin != "custom"}
        custom = [name for name, f in known.items() if f.origin == "custom"]
        declared = ", ".join(f'"{name}" {type_}' for name, type_ in columns.items())
        connection.execute(
            f"create table {module} ({declared}, custom_fields map(varchar, varchar))"
        )
        marks = ", ".join("?" for _ in range(len(columns) + 1))
        connection.executemany(
            f"insert into {module} values ({marks})",
            [[*(row[name] for name in columns), _custom_map(row, custom)] for row in rows[module]],
        )
    labels = {
        account: frozenset(label for label in LABELS if source.random() < 0.3) for account in ids
    }
    connection.execute("create table account_labels (account_id varchar, label_id varchar)")
    pairs = [[account, label] for account, found in labels.items() for label in sorted(found)]
    # The warehouse also writes rows for accounts without a label; nothing may depend on them.
    pairs += [[account, "rfm.unlabelled"] for account in ids[::2]]
    connection.executemany("insert into account_labels values (?, ?)", pairs)
    return Population(rows, labels, connection)


def _custom_map(row: dict[str, Any], custom: list[str]) -> dict[str, str]:
    texts = {name: canonical_text(row[name]) for name in custom}
    return {name: text for name, text in texts.items() if text is not None}
