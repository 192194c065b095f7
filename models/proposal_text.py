"""A proposal as a commented `abm.yaml`: what is sure, what is guessed, what is left to decide."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from models.catalogue import reserved_names
from models.fields import EVENTS, MODULES, FieldType
from models.proposal import ModuleProposal, Proposal, SourceProposal
from models.proposal_names import free_identifier
from models.proposal_parts import FieldProposal, Mark

_PLAIN = re.compile(r"[A-Za-z_](?:[A-Za-z0-9_/().+*-]| (?=[A-Za-z0-9_/().+*-]))*")
_TYPED = re.compile(r"(true|false|yes|no|on|off|y|n|null|nan|inf)", re.I)
_WIDTH = 44
_SHOWN_STAGES = 12

_HEAD = """\
# Proposed by `quintile init` from the headers and samples of your files. Read it once from top to
# bottom. CONFIRM marks a guess that is in force: look at it, then remove the mark. DECIDE marks
# what only you know: fill it in. Then `quintile check` tells what fits, `quintile run` computes."""

_TECHNIQUES = """\
# ---------------------------------------------------------------- how accounts are labelled
techniques:
  rfm:                                        # recency, frequency, monetary value of the purchases
    active: {rfm}
    recency: {{field: closing_date, levels: 5, method: percentile}}
    frequency: {{basis: deals, levels: 5, method: percentile}}
    monetary: {{field: amount, levels: 5, method: percentile}}
    labels: default                           # most important, important, new, ... lost
  firmographics:                              # labels by attributes of the company
    active: true
    labels: default                           # by number of employees
    # industry_synonyms: {{Technology: [technolgy, tech]}}
"""

_ENGAGEMENT = """\
  engagement:                                 # who reacts to us, from the feeds of events
    active: true
    labels: default                           # dormant, low, medium, high, very high
  # voice_of_customer: what they write in mails, surveys, tickets; docs/voice-of-customer.md
"""


def proposal_text(proposal: Proposal, organization: str) -> str:
    """Return the text of `abm.yaml` for a proposal; `organization` is the name to write."""
    lines = [
        *_HEAD.splitlines(),
        "",
        *_organization(proposal, organization),
        "",
        "# Limits of a CRM edition: unlimited, zoho_ultimate, zoho_enterprise.",
        "limits: unlimited",
        "",
        "sources:",
        *(line for source in proposal.sources for line in _source(source)),
        "",
        "# ---------------------------------------------------------------- what the columns mean",
        "modules:",
        *(line for module in proposal.modules.values() for line in _module(module)),
        *_feeds(proposal),
        *_scope(proposal),
        "",
        *_TECHNIQUES.format(rfm=str(proposal.has_deals).lower()).splitlines(),
        *(_ENGAGEMENT.splitlines() if proposal.feeds else ()),
        "",
        *_segments(proposal),
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def scalar(text: str) -> str:
    """Return a text as YAML that can be read as nothing but this text."""
    if _PLAIN.fullmatch(text) and not _TYPED.fullmatch(text):
        return text
    return json.dumps(text, ensure_ascii=False)


def _commented(line: str, comment: str) -> str:
    return f"{line.ljust(_WIDTH)}  # {comment}" if comment else line


def _marked(mark: Mark | None, text: str) -> str:
    return text if mark is None else f"{mark.value}: {text}"


def _organization(proposal: Proposal, organization: str) -> Iterator[str]:
    yield "organization:"
    yield _commented(f"  name: {scalar(organization)}", "")
    yield _commented("  time_zone: UTC", "IANA zone in which days begin, such as Europe/Berlin")
    if len(proposal.currencies) > 1:
        seen = ", ".join(f"{code} {rows:,}" for code, rows in proposal.currencies.items())
        note = f"CONFIRM: the most frequent; rows by currency: {seen}"
    elif proposal.currencies:
        note = "the only currency of the data"
    else:
        note = "CONFIRM: no column tells the currency"
    yield _commented(f"  currency: {proposal.currency}", note)
    if proposal.as_of is not None:
        note = "newest date: archived data; remove it for living data"
        yield _commented(f"  as_of: {proposal.as_of}", note)


def _source(source: SourceProposal) -> Iterator[str]:
    yield f"  {source.name}:"
    yield "    files:"
    for table in source.tables:
        rows = f"{'the first ' if table.is_cut else ''}{table.row_count:,} rows looked at"
        yield _commented(f"      {table.name}: {scalar(table.pattern)}", rows)
    if not source.tables[0].has_header:
        names = ", ".join(scalar(name) for name in source.tables[0].headers)
        yield _commented(f"    columns: [{names}]", "DECIDE: the file has no header; name them")
    for key, value in source.formats.items():
        yield f"    {key}: {_value(value)}"
    yield _commented("    # loads: snapshot", "when every export is whole: absent = deleted")


def _value(value: str | Sequence[str]) -> str:
    if isinstance(value, str):
        return scalar(value)
    return f"[{', '.join(scalar(item) for item in value)}]"


def _module(module: ModuleProposal) -> Iterator[str]:
    known = MODULES[module.name]
    yield ""
    yield f"  # {known.description}"
    if module.table is None:
        reason = f"to fill in: no given file holds {module.name.replace('_', ' ')}"
        mark = "DECIDE: accounts cannot be absent" if module.name == "accounts" else "CONFIRM"
        if known.is_role:
            yield _commented(f"  {module.name}: {{absent: {scalar(reason)}}}", mark)
        else:
            yield f"  # {module.name}: {{from: SOURCE.TABLE}}"
        return
    yield f"  {module.name}:"
    note = f"CONFIRM: {module.note}" if module.note else ""
    yield _commented(f"    from: {module.source}.{module.table.name}", note)
    yield from _automatic(module)
    if module.fields:
        written = [line for proposed in module.fields for line in _field(proposed)]
        is_open = all(line.lstrip().startswith("#") for line in written)
        yield "    # fields:" if is_open else "    fields:"
        yield from written
    elif module.gaps:
        yield "    # fields:"
    yield from (f"      # {gap}" for gap in module.gaps)
    yield from _settings(module)
    yield from _custom(module)


def _feeds(proposal: Proposal) -> Iterator[str]:
    """The tables of events, each under the name of its table."""
    if not proposal.feeds:
        return
    yield ""
    yield f"  # {EVENTS.description}"
    yield "  events:"
    for feed in proposal.feeds:
        assert feed.table is not None
        yield f"    {feed.name.partition('.')[2]}:"
        lines = [f"    from: {feed.source}.{feed.table.name}"]
        lines.append(_commented(f"    channel: {feed.channel}", "CONFIRM: by the table's name"))
        lines += _automatic(feed)
        if feed.fields:
            lines += ["    fields:", *(line for field in feed.fields for line in _field(field))]
        lines += (f"    # {gap}" for gap in feed.gaps)
        yield from (f"  {line}" for line in lines)


def _automatic(module: ModuleProposal) -> Iterator[str]:
    """Comment lines on what maps itself (MAP-4)."""
    line = "    # mapped by themselves:"
    for name, column in module.automatic:
        part = f" {name}" + ("" if name == column else f" ({column})") + ","
        if len(line) + len(part) > 98:
            yield line
            line = "    #  "
        line += part
    if module.automatic:
        yield line.rstrip(",")


def _field(proposed: FieldProposal) -> Iterator[str]:
    note = _marked(proposed.mark, proposed.note)
    if proposed.mark is Mark.DECIDE:
        yield f"      # {note}"
        for candidate in proposed.candidates or ("COLUMN",):
            yield f"      # {proposed.name}: {scalar(candidate)}"
        if "no column" in proposed.note:
            yield f"      # {proposed.name}: {{unknown: true}}"
        return
    yield _commented(f"      {proposed.name}: {_form(proposed)}", note)


def _form(proposed: FieldProposal) -> str:
    if proposed.form is not None:
        parts = [
            f"{key}: {str(value).lower() if isinstance(value, bool) else scalar(value)}"
            for key, value in proposed.form.items()
        ]
        return f"{{{', '.join(parts)}}}"
    column = scalar(proposed.column or "")
    if not proposed.formats and not proposed.replace:
        return column
    parts = [f"{key}: {_value(value)}" for key, value in proposed.formats.items()]
    if proposed.replace:
        pairs = [f"{scalar(text)}: {meant}" for text, meant in proposed.replace.items()]
        parts.append(f"replace: {{{', '.join(pairs)}}}")
    return f"{{column: {column}, {', '.join(parts)}}}"


def _settings(module: ModuleProposal) -> Iterator[str]:
    if module.name == "accounts":
        yield _commented("    # inactive_statuses: [Inactive]", "these leave every figure")
    if module.amount_from_lines:
        note = "deals have no amount: the sum of their lines counts"
        yield _commented("    amount_from: lines", note)
    if module.stages is None:
        return
    if len(module.pipelines) > 1:
        shown = ", ".join(module.pipelines[:5])
        yield f"    # {len(module.pipelines)} pipelines ({shown}): where a stage means different"
        yield "    # things in them, write `pipelines: {NAME: {won: [STAGE]}}` instead of stages."
    yield from _stages(module.stages)


def _stages(stages: Mapping[str, Sequence[str]]) -> Iterator[str]:
    if set(stages) == {"won"}:
        yield f"    stages: {{won: [{', '.join(map(scalar, stages['won']))}]}}"
        return
    note = "CONFIRM: won and lost were guessed from their words; the rest is open"
    yield _commented("    stages:", note)
    for category, names in stages.items():
        if len(names) <= _SHOWN_STAGES:
            line = f"      {category}: [{', '.join(map(scalar, names))}]"
            missing = category == "won" and not names
            yield _commented(line, "DECIDE: which stages are won?" if missing else "")
        else:
            yield f"      {category}:"
            yield from (f"        - {scalar(name)}" for name in names)


def _custom(module: ModuleProposal) -> Iterator[str]:
    """Columns that nothing reads, ready to be uncommented as custom fields."""
    if not module.custom:
        return
    yield "    # Columns nothing reads yet; uncomment (with `custom:`) what segments should use."
    yield "    # custom:"
    taken = set(reserved_names(module.name))
    for column, kind in module.custom:
        name = free_identifier(column, taken, "field")
        typed = kind is not FieldType.TEXT
        form = f"{{column: {scalar(column)}, type: {kind.value}}}" if typed else scalar(column)
        yield f"    #   {name}: {form}"


def _scope(proposal: Proposal) -> Iterator[str]:
    if proposal.unused:
        yield ""
        names = ", ".join(table.name for table in proposal.unused)
        yield f"  # Not used: {names}"
    yield ""
    yield "# ---------------------------------------------------------------- whom we look at"
    yield "# Without criteria every active account is in scope. An example:"
    yield "# global_criteria:"
    yield "#   all:"
    country = proposal.modules["accounts"].reads("billing_country")
    field = "billing_country" if country else "account_name"
    yield f"#     - {{field: {field}, is: not_empty}}"


def _segments(proposal: Proposal) -> Iterator[str]:
    yield "# ---------------------------------------------------------------- whom to act on"
    yield "segments:"
    if proposal.modules["accounts"].reads("contract_end_date"):
        yield "  - id: renewals_next_month"
        yield "    name: Renewals next month"
        yield "    nature: dynamic                           # or semi_dynamic, static"
        yield "    where: {field: contract_end_date, in: next_month}"
    elif proposal.has_deals:
        yield "  - id: cannot_lose"
        yield "    name: Bought much, long silent"
        yield "    nature: dynamic                           # or semi_dynamic, static"
        yield "    where: {label: rfm.cannot_lose}"
    else:
        yield "  - id: large_companies"
        yield "    name: Large companies"
        yield "    nature: dynamic                           # or semi_dynamic, static"
        yield "    where: {label: firmographics.enterprise}"
