"""Which table plays which role, and how its columns become canonical fields (MAP, LKP)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)

from models.channels import Channel
from models.criteria_parsing import Criteria
from models.definition import Definition, Identifier, PlainText, ScalarText
from models.fields import FieldType, feed_name
from models.formats import FormatDeclaration
from models.problems import Problem, raise_problems
from models.text import fold


def _folded_keys(replacements: dict[str, str]) -> dict[str, str]:
    seen: dict[str, str] = {}
    for key in replacements:
        if fold(key) in seen:
            raise ValueError(f"{key!r} and {seen[fold(key)]!r} are the same text ignoring case")
        seen[fold(key)] = key
    return replacements


Replacements = Annotated[dict[ScalarText, PlainText], AfterValidator(_folded_keys)]
"""Found text -> canonical text; compared trimmed and ignoring case."""

SourceColumn = Annotated[PlainText, StringConstraints(min_length=1, max_length=1000)]


class ColumnField(FormatDeclaration):
    """A field read from a column of the source, with formats of its own where they differ."""

    column: SourceColumn
    """Header of the source column."""
    replace: Replacements = Field(default_factory=dict)
    """Texts to replace before the value is read, for known misspellings."""


class CopyField(Definition):
    """A field with the same value as another mapped field."""

    copy_of: Annotated[str, Field(alias="copy")]
    """Canonical field to copy."""


class ConstantField(Definition):
    """A field with one constant value: ISO dates, plain numbers, true or false, or text."""

    value: ScalarText
    """The constant."""


class RowNumberField(Definition):
    """A key made of the file stem and the row: `<file stem>-<row>`."""

    row_number: Literal[True]
    """Always true."""


TableName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.[^\s].*$", max_length=300)]
"""`<source>.<table>`; a database table may carry its schema."""


class LookupField(FormatDeclaration):
    """A field read from another table, found by a column of this one (LKP-3).

    The newest export that holds the key decides; of several values there the smallest is taken, and
    the load says so.
    """

    lookup: TableName
    """`<source>.<table>` that holds the value; a source of files."""
    by: SourceColumn
    """Column of this table that holds the key."""
    key: SourceColumn | None = None
    """Column of the other table that holds the key; by default named as `by`."""
    value: SourceColumn
    """Column of the other table that holds the value."""
    replace: Replacements = Field(default_factory=dict)
    """Texts to replace before the value is read."""

    @property
    def key_column(self) -> str:
        """Column of the other table that holds the key."""
        return self.key or self.by

    @property
    def header(self) -> str:
        """Name of the column that the lookup adds to this table."""
        matching = self.by if self.key_column == self.by else f"{self.by} = {self.key_column}"
        return f"{self.lookup}: {self.value} by {matching}"


class UnknownField(Definition):
    """A required field that the source does not know: null, and declared so."""

    unknown: Literal[True]
    """Always true."""


_FORMS = ("lookup", "copy", "value", "row_number", "unknown")


def _form(raw: object) -> str:
    if isinstance(raw, Mapping):
        return next((f"<{form}>" for form in _FORMS if form in raw), "<column>")
    for form, kind in (
        ("<lookup>", LookupField),
        ("<copy>", CopyField),
        ("<value>", ConstantField),
        ("<row_number>", RowNumberField),
        ("<unknown>", UnknownField),
    ):
        if isinstance(raw, kind):
            return form
    return "<column>"


def _column_text(raw: object) -> object:
    return {"column": raw} if isinstance(raw, str | int | Decimal) else raw


FieldForm = Annotated[
    Annotated[ColumnField, Tag("<column>")]
    | Annotated[LookupField, Tag("<lookup>")]
    | Annotated[CopyField, Tag("<copy>")]
    | Annotated[ConstantField, Tag("<value>")]
    | Annotated[RowNumberField, Tag("<row_number>")]
    | Annotated[UnknownField, Tag("<unknown>")],
    Discriminator(_form),
    BeforeValidator(
        _column_text,
        json_schema_input_type=str
        | ColumnField
        | LookupField
        | CopyField
        | ConstantField
        | RowNumberField
        | UnknownField,
    ),
]
"""Where a canonical field comes from; a bare text is a column."""


class CustomField(FormatDeclaration):
    """A field of the user's own, kept in `custom_fields` and usable in criteria (MAP-4)."""

    column: SourceColumn
    """Header of the source column."""
    type: FieldType = FieldType.TEXT
    """Type of the values; text by default."""
    replace: Replacements = Field(default_factory=dict)
    """Texts to replace before the value is read."""


CustomForm = Annotated[
    CustomField, BeforeValidator(_column_text, json_schema_input_type=str | CustomField)
]


class AbsentModule(Definition):
    """A role declared absent: the source has nothing for it, and says why."""

    absent: Annotated[PlainText, StringConstraints(min_length=3, max_length=500)]
    """The reason, for people."""


class MappedModule(Definition):
    """A module with a source table and its fields. Unlisted fields map themselves (MAP-4)."""

    table: Annotated[TableName, Field(alias="from")]
    """`<source>.<table>` of the records."""
    fields: dict[str, FieldForm] = Field(default_factory=dict)
    """Canonical field -> column, lookup, copy, value, row_number or unknown."""
    custom: dict[Identifier, CustomForm] = Field(default_factory=dict)
    """Custom field -> column and type."""
    keep: Literal["last", "first"] = "last"
    """Which of several rows with one key in one load stays, after modified_at (EDG-13)."""
    where: Criteria | None = None
    """Rows to keep; the others are counted as filtered. Fields of this module only."""

    @property
    def source(self) -> str:
        """Name of the source in `from`."""
        return self.table.split(".", 1)[0]

    @property
    def source_table(self) -> str:
        """Name of the table in `from`, without the source."""
        return self.table.split(".", 1)[1]

    @property
    def lookups(self) -> tuple[LookupField, ...]:
        """The fields that are read from other tables."""
        return tuple(form for form in self.fields.values() if isinstance(form, LookupField))


class AccountsModule(MappedModule):
    """Customer companies: what is segmented."""

    inactive_statuses: tuple[PlainText, ...] = ()
    """Values of `status` that take an account out of scope (GLC-7)."""
    dormant_after_days: Annotated[int, Field(ge=1, le=36500)] | None = None
    """Days without activity after which an account leaves the scope; off by default (GLC-7)."""


class StageEntry(Definition):
    """A stage with its probability of winning."""

    stage: PlainText
    """Name of the stage."""
    probability: Annotated[Decimal, Field(ge=0, le=100, decimal_places=4)] | None = None
    """Probability of winning, 0 to 100; used where the deal has none (SEG-17)."""


def _stage_text(raw: object) -> object:
    return {"stage": raw} if isinstance(raw, str | int | Decimal) else raw


StageForm = Annotated[
    StageEntry, BeforeValidator(_stage_text, json_schema_input_type=str | StageEntry)
]


class Stages(Definition):
    """Stage -> category map of one pipeline (EDG-5). A stage not listed counts as open."""

    open: tuple[StageForm, ...] = ()
    """Stages of deals under way."""
    won: Annotated[tuple[StageForm, ...], Field(min_length=1)]
    """Stages of won deals."""
    lost: tuple[StageForm, ...] = ()
    """Stages of lost deals."""

    @model_validator(mode="after")
    def _each_stage_once(self) -> Self:
        seen: dict[str, str] = {}
        problems: list[Problem] = []
        for category in ("open", "won", "lost"):
            for position, entry in enumerate(getattr(self, category)):
                key = fold(entry.stage)
                if key in seen:
                    message = f"stage {entry.stage!r} stands in {seen[key]} and in {category}"
                    problems.append(Problem((category, position), message))
                seen[key] = category
        raise_problems(problems, "stages")
        return self

    def by_category(self) -> dict[str, tuple[StageEntry, ...]]:
        """Return the stages by category: open, won, lost."""
        return {"open": self.open, "won": self.won, "lost": self.lost}


class DealsModule(MappedModule):
    """Sales opportunities: the source of recency, frequency and monetary value."""

    amount_from: Literal["deal", "lines"] = "deal"
    """Whether the amount of a deal is its own, or the sum of its lines."""
    stages: Stages | None = None
    """Stage -> category map, when all deals share one pipeline."""
    pipelines: dict[PlainText, Stages] | None = None
    """Stage -> category map by pipeline (EDG-5)."""

    @model_validator(mode="after")
    def _stages_or_pipelines(self) -> Self:
        if (self.stages is None) == (self.pipelines is None):
            found = "neither" if self.stages is None else "both"
            raise ValueError(f"deals need stages or pipelines (EDG-5); found {found}")
        return self


def _presence(raw: object) -> str:
    if isinstance(raw, AbsentModule) or (isinstance(raw, Mapping) and "absent" in raw):
        return "<absent>"
    return "<mapped>"


Deals = Annotated[
    Annotated[DealsModule, Tag("<mapped>")] | Annotated[AbsentModule, Tag("<absent>")],
    Discriminator(_presence),
]
Mapped = Annotated[
    Annotated[MappedModule, Tag("<mapped>")] | Annotated[AbsentModule, Tag("<absent>")],
    Discriminator(_presence),
]


class EventFeed(MappedModule):
    """One table of events: mails, calls, survey answers, visits, tickets (INT-1, INT-4)."""

    channel: Channel
    """Channel of the events; it decides which events there are (INT-4)."""


class Modules(Definition):
    """The four roles, each mapped or declared absent (MAP-1, MAP-7), and the tables beside them."""

    accounts: AccountsModule
    """Customer companies."""
    contacts: Mapped
    """Persons at accounts."""
    products: Mapped
    """Things sold."""
    deals: Deals
    """Sales opportunities."""
    deal_lines: Mapped | None = None
    """Products of deals; without it product figures are off (CON-2)."""
    currency_rates: Mapped | None = None
    """Exchange rates by day (EDG-4)."""
    leads: Mapped | None = None
    """Captured leads with source and path; form fields are custom fields (HYG-5, HYG-7)."""
    events: dict[Identifier, EventFeed] = Field(default_factory=dict)
    """Tables of events by a name of your own; each has one channel (INT-1)."""

    def mapped(self) -> dict[str, MappedModule]:
        """Return what has a source table, by name, in landing order; feeds as `events.<feed>`."""
        names: list[str] = list(type(self).model_fields)
        found: dict[str, Any] = {name: getattr(self, name) for name in names}
        modules = {name: m for name, m in found.items() if isinstance(m, MappedModule)}
        return modules | {feed_name(feed): mapping for feed, mapping in self.events.items()}
