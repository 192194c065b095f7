"""What `init` proposes: roles, fields, lookups, formats and stages for sampled tables (MAP, LKP).

Pure: sampled tables in, a proposal out. Nothing is decided in silence: what is guessed is marked
CONFIRM, what a person must decide is marked DECIDE and left commented out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from models.detection import custom_type, newest_date
from models.fields import EVENTS, MODULES, FieldType, Need, feed_name, module_named
from models.proposal_feeds import feed_tables, read_events
from models.proposal_fields import FieldMatcher
from models.proposal_formats import FormatNeeds
from models.proposal_names import PURCHASE_WORDS, free_identifier, stage_category
from models.proposal_parts import FieldProposal, Mark, Remark
from models.proposal_roles import RoleChoice, chosen_roles
from models.sampled import SampledColumn, SampledTable
from models.text import canonical, fold

__all__ = ["ModuleProposal", "Proposal", "SourceProposal", "propose"]

ARCHIVED_AFTER: Final = timedelta(days=180)
"""A newest date older than this makes the data look archived: as_of is fixed to it."""

MOST_STAGES: Final = 60


@dataclass(frozen=True)
class SourceProposal:
    """One source: tables that are read in the same way."""

    name: str
    tables: tuple[SampledTable, ...]
    formats: Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True)
class ModuleProposal:
    """One module: mapped onto a table, or absent with a reason to fill in.

    `automatic` maps itself (MAP-4); `custom` are columns that nothing reads; `gaps` are sentences
    on lookups without a record in the other table, and lines that would mend them. A feed of events
    is called `events.<feed>` and has a `channel`.
    """

    name: str
    table: SampledTable | None
    source: str = ""
    fields: tuple[FieldProposal, ...] = ()
    automatic: tuple[tuple[str, str], ...] = ()
    custom: tuple[tuple[str, FieldType], ...] = ()
    amount_from_lines: bool = False
    stages: Mapping[str, tuple[str, ...]] | None = None
    pipelines: tuple[str, ...] = ()
    note: str = ""
    gaps: tuple[str, ...] = ()
    channel: str = ""

    def column_of(self, name: str) -> SampledColumn | None:
        """Return the column a field is read from, None when it has none."""
        if self.table is None:
            return None
        by_name = dict(self.automatic)
        by_name |= {f.name: f.column for f in self.fields if f.column is not None}
        return self.table.column(by_name[name]) if name in by_name else None

    def reads(self, name: str) -> bool:
        """Whether a field has a column, or a value of another form."""
        known = {f.name for f in self.fields if not f.candidates and f.mark is not Mark.DECIDE}
        return name in known or name in dict(self.automatic)


@dataclass(frozen=True)
class Proposal:
    """A whole configuration, proposed."""

    sources: tuple[SourceProposal, ...]
    modules: Mapping[str, ModuleProposal]
    currency: str
    currencies: Mapping[str, int]
    as_of: date | None
    unused: tuple[SampledTable, ...]
    remarks: tuple[Remark, ...] = field(default=())
    feeds: tuple[ModuleProposal, ...] = ()

    @property
    def has_deals(self) -> bool:
        """Whether deals are mapped: without them RFM is off."""
        return self.modules["deals"].table is not None


def propose(tables: Sequence[SampledTable], today: date) -> Proposal:
    """Propose a configuration for sampled tables; `today` tells archived data from living data."""
    roles = chosen_roles(tables)
    builder = _Builder(roles)
    modules = builder.modules()
    feeds = builder.feeds(tables)
    currency, currencies = _currency(modules)
    as_of = _as_of(modules, today)
    sources, sourced = _sources({**modules, **feeds})
    modules = {name: sourced[name] for name in modules}
    if not sources:
        # Nothing was recognised: the tables are written for a person to map.
        sources = tuple(
            SourceProposal("crm" if n == 1 else f"crm_{n}", (table,), table.formats)
            for n, table in enumerate(tables, start=1)
        )
    used = {id(module.table) for module in sourced.values()}
    remarks = [*builder.remarks, *_remarks(modules)]
    if not currencies:
        text = f"no column tells the currency of the amounts; {currency} is assumed"
        remarks.append(Remark(Mark.CONFIRM, "organization.currency", text))
    return Proposal(
        sources,
        modules,
        currency,
        currencies,
        as_of,
        tuple(table for table in tables if id(table) not in used),
        tuple(remarks),
        tuple(sourced[name] for name in feeds),
    )


class _Builder:
    """Maps role by role; later roles know the keys of earlier ones, to recognise lookups."""

    def __init__(self, roles: RoleChoice) -> None:
        self.roles = roles
        self.keys: dict[str, SampledColumn] = {}
        self.remarks: list[Remark] = list(roles.remarks)

    def modules(self) -> dict[str, ModuleProposal]:
        found = {}
        # Keys first: lookups are recognised by them.
        keyed = ("accounts", "products", "contacts")
        for name in (*keyed, *(name for name in MODULES if name not in keyed)):
            found[name] = self.module(name)
            key = found[name].column_of(MODULES[name].key or "")
            if key is not None:
                self.keys[name] = key
        if not self.reads_amount(found):
            found["deals"] = self.without_amount(found["deals"], found["deal_lines"])
        return {name: found[name] for name in MODULES}

    def feeds(self, tables: Sequence[SampledTable]) -> dict[str, ModuleProposal]:
        """Propose a feed for every table of events that says what happened, when and with whom."""
        found: dict[str, ModuleProposal] = {}
        names: set[str] = set()
        taken = {id(table) for table in self.roles.tables.values()}
        for table, channel in feed_tables(tables, taken):
            name = feed_name(free_identifier(table.name, names, channel))
            module = module_named(name)
            matcher = FieldMatcher(EVENTS, table, self.keys)
            fields, automatic = matcher.match()
            feed = ModuleProposal(
                name,
                table,
                fields=tuple(f for f in fields if f.mark is not Mark.DECIDE),
                automatic=automatic,
                gaps=matcher.lookup_gaps(),
                channel=channel,
            )
            lacking = [f.name for f in module.fields if f.need is not Need.OPTIONAL]
            lacking = [name for name in lacking if not feed.reads(name)]
            if lacking:
                text = f"{table.name} looks like a feed of {channel}; no column is {lacking[0]}"
                self.remarks.append(Remark(Mark.DECIDE, "modules.events", text))
            else:
                found[name] = self.with_events(feed)
        return found

    def with_events(self, feed: ModuleProposal) -> ModuleProposal:
        """Read the words of the feed as the events of its channel; strange ones are told."""
        column = feed.column_of("event")
        if column is None:
            return feed
        replaced, strange = read_events(column, feed.channel)
        if strange:
            words = ", ".join(repr(word) for word in strange[:5])
            text = f"{words}: no event of channel {feed.channel}; kept, and without points"
            self.remarks.append(Remark(Mark.CONFIRM, f"modules.{feed.name}.fields.event", text))
        if not replaced:
            return feed
        kept = tuple(f for f in feed.fields if f.name != "event")
        note = "by the likeness of the words"
        read = FieldProposal("event", column.name, note=note, mark=Mark.CONFIRM, replace=replaced)
        automatic = tuple(pair for pair in feed.automatic if pair[0] != "event")
        return replace(feed, fields=(read, *kept), automatic=automatic)

    def module(self, name: str) -> ModuleProposal:
        table, note = self.roles.tables.get(name), self.roles.notes.get(name, "")
        if table is None:
            return ModuleProposal(name, None, note=note)
        matcher = FieldMatcher(MODULES[name], table, self.keys, self.roles.is_shared(name))
        fields, automatic = matcher.match()
        stages: Mapping[str, tuple[str, ...]] | None = None
        pipelines: tuple[str, ...] = ()
        if name == "deals":
            fields, stages, pipelines = self.staged(fields, automatic, table)
        taken = set(matcher.reader_of)
        custom = tuple(
            (column.name, custom_type(column))
            for column in table.columns
            if column.name not in taken and column.filled_count and not note
        )
        return ModuleProposal(
            name,
            table,
            fields=fields,
            automatic=automatic,
            custom=custom,
            stages=stages,
            pipelines=pipelines,
            note=note,
            gaps=matcher.lookup_gaps(),
        )

    def staged(
        self,
        fields: tuple[FieldProposal, ...],
        automatic: tuple[tuple[str, str], ...],
        table: SampledTable,
    ) -> tuple[tuple[FieldProposal, ...], Mapping[str, tuple[str, ...]], tuple[str, ...]]:
        """Propose the stage map; a table of purchases without a stage is won row by row."""
        module = ModuleProposal("deals", table, fields=fields, automatic=automatic)
        column, pipeline = module.column_of("stage"), module.column_of("pipeline")
        pipelines = () if pipeline is None else _spellings(pipeline)
        if column is None:
            note = "no column holds a stage: every row counts as a purchase"
            won = FieldProposal("stage", form={"value": "Closed Won"}, note=note, mark=Mark.CONFIRM)
            is_purchase = re.search(PURCHASE_WORDS, table.name)
            if not is_purchase:
                won = replace(won, note=f"{note}; is that so?")
            kept = tuple(f for f in fields if f.name != "stage")
            return (*kept, won), {"won": ("Closed Won",)}, pipelines
        stages: dict[str, tuple[str, ...]] = {"open": (), "won": (), "lost": ()}
        spellings = _spellings(column)
        if len(spellings) > MOST_STAGES:
            text = f"column {column.name!r} holds {column.distinct_count} stages; is it the stage?"
            self.remarks.append(Remark(Mark.DECIDE, "modules.deals.stages", text))
            return fields, stages, pipelines
        for stage in spellings:
            category = stage_category(stage)
            stages[category] = (*stages[category], stage)
        if stages["won"]:
            text = "won and lost were guessed from the words of the stages; the rest is open"
            self.remarks.append(Remark(Mark.CONFIRM, "modules.deals.stages", text))
        else:
            text = "no stage reads like a won deal; move at least one from open to won"
            self.remarks.append(Remark(Mark.DECIDE, "modules.deals.stages.won", text))
        return fields, stages, pipelines

    @staticmethod
    def reads_amount(modules: Mapping[str, ModuleProposal]) -> bool:
        return modules["deals"].table is None or modules["deals"].reads("amount")

    def without_amount(self, deals: ModuleProposal, lines: ModuleProposal) -> ModuleProposal:
        """Deals without an amount take it from their lines, if those can tell it."""
        if lines.reads("line_amount") or (lines.reads("quantity") and lines.reads("unit_price")):
            return replace(deals, amount_from_lines=True)
        text = "no column holds the amount of a deal; revenue and monetary scores will be empty"
        self.remarks.append(Remark(Mark.DECIDE, "modules.deals.fields.amount", text))
        return deals


def _spellings(column: SampledColumn) -> tuple[str, ...]:
    """Texts that differ by more than case, each in its most frequent spelling."""
    chosen: dict[str, str] = {}
    for text, rows in column.values.items():
        key = fold(canonical(text))
        if key not in chosen or rows > column.values[chosen[key]]:
            chosen[key] = text
    return tuple(chosen.values())


def _remarks(modules: Mapping[str, ModuleProposal]) -> list[Remark]:
    found = []
    for name, module in modules.items():
        for proposed in module.fields:
            if proposed.mark is not None:
                place = f"modules.{name}.fields.{proposed.name}"
                found.append(Remark(proposed.mark, place, proposed.note))
        if module.gaps:
            found.append(Remark(Mark.CONFIRM, f"modules.{name}", module.gaps[0]))
        if module.table is None and MODULES[name].is_role:
            text = "no table was found for this role; fill in why, or map a table"
            mark = Mark.DECIDE if name == "accounts" else Mark.CONFIRM
            found.append(Remark(mark, f"modules.{name}", text))
    return found


def _currency(modules: Mapping[str, ModuleProposal]) -> tuple[str, dict[str, int]]:
    """Return the base currency (the most frequent one) and all currencies with their rows."""
    column = modules["deals"].column_of("currency") or modules["accounts"].column_of("currency")
    found = {} if column is None else dict(column.values)
    codes = {code: rows for code, rows in found.items() if re.fullmatch("[A-Z]{3}", code)}
    if not codes:
        return "USD", {}
    ranked = dict(sorted(codes.items(), key=lambda item: (-item[1], item[0])))
    return next(iter(ranked)), ranked


def _as_of(modules: Mapping[str, ModuleProposal], today: date) -> date | None:
    """Return the newest day of archived data; None for living data, which is as of every run."""
    deals = modules["deals"]
    columns = [deals.column_of(name) for name in ("closing_date", "created_at", "modified_at")]
    # Open deals are expected to close in the future; that is no date of the data.
    dates = [newest_date(column, today) for column in columns if column is not None]
    newest = max((day for day in dates if day is not None), default=None)
    return newest if newest is not None and newest < today - ARCHIVED_AFTER else None


def _sources(
    modules: dict[str, ModuleProposal],
) -> tuple[tuple[SourceProposal, ...], dict[str, ModuleProposal]]:
    """Group the tables by how their files are read; formats all fields share move to the source."""
    groups: dict[tuple[tuple[str, str], ...], list[ModuleProposal]] = {}
    for module in modules.values():
        if module.table is not None:
            shared = {**module.table.formats, "header": str(module.table.has_header)}
            groups.setdefault(tuple(sorted(shared.items())), []).append(module)
    sources = []
    for number, group in enumerate(groups.values(), start=1):
        name = "crm" if number == 1 else f"crm_{number}"
        formats, changed = FormatNeeds(
            {m.name: (m.table, m.fields, m.automatic) for m in group}
        ).settled()
        tables = list({id(m.table): m.table for m in group if m.table is not None}.values())
        sources.append(SourceProposal(name, tuple(tables), {**tables[0].formats, **formats}))
        for module in group:
            fields, automatic = changed[module.name]
            modules[module.name] = replace(module, source=name, fields=fields, automatic=automatic)
    return tuple(sources), modules
