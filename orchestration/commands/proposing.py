"""`quintile init` and `quintile schema`: how a configuration begins."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.commands.tables import show_json
from orchestration.options import DEFAULT, CommandError, JsonOption, clock, reporting, say

if TYPE_CHECKING:
    from models.proposal import Proposal

_PLAIN_FOLDERS = frozenset({"csv", "crm", "data", "export", "exports", "files", "tmp"})

SCHEMA_LINE = "# yaml-language-server: $schema="


@reporting
def init(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILES…",
            help="Files or folders with CSV, TSV, Excel, JSON Lines, Parquet (.gz allowed).",
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where to write; `-` prints it.")
    ] = DEFAULT,
    name: Annotated[
        str | None, typer.Option("--name", help="Name of the organisation [default: the folder's].")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Propose an abm.yaml for your files: roles, fields, lookups, formats and stages.

    Headers and samples decide: which file plays which role, which column is which field, how
    dates, numbers and blanks are written. Guesses are marked CONFIRM, what only you know is marked
    DECIDE and left commented out. Nothing is landed and nothing is computed.

    Example: quintile init exports/*.csv
    """
    from connectors.samples import expand, sample_tables
    from models.proposal import propose
    from models.proposal_text import proposal_text

    is_printed = str(output) == "-"
    if not is_printed and output.exists() and not force:
        raise CommandError(
            f"{output} exists already; --force overwrites it, -o writes elsewhere.", 2
        )
    base = Path.cwd() if is_printed else output.resolve().parent
    with tempfile.TemporaryDirectory(prefix="quintile-init-") as work:
        tables = sample_tables(expand(files), base, Path(work))
    proposal = propose(tables, clock().date())
    text = proposal_text(proposal, name or _folder_name(files[0], base))
    if is_printed:
        typer.echo(text, nl=False)
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text, encoding="utf-8")
    if as_json:
        show_json(_summary(proposal, output))
        return
    for line in _told(proposal, output):
        say(line)


def _folder_name(path: Path, base: Path) -> str:
    folder = path.resolve() if path.is_dir() else path.resolve().parent
    named = folder
    while named.name.lower() in _PLAIN_FOLDERS and named.parent != named:
        named = named.parent
    named = named if named.name else base
    return named.name.replace("_", " ").replace("-", " ").strip().capitalize() or "My organisation"


def _summary(proposal: Proposal, output: Path) -> dict[str, object]:
    return {
        "file": str(output),
        "modules": {
            name: None if module.table is None else module.table.name
            for name, module in proposal.modules.items()
        },
        "feeds": {
            feed.name: {"table": feed.table.name, "channel": feed.channel}
            for feed in proposal.feeds
            if feed.table is not None
        },
        "unused": [table.name for table in proposal.unused],
        "remarks": [
            {"mark": r.mark.value, "place": r.place, "text": r.text} for r in proposal.remarks
        ],
    }


def _told(proposal: Proposal, output: Path) -> Iterator[str]:
    from models.proposal_parts import Mark

    yield f"Wrote {output}."
    yield ""
    for name, module in proposal.modules.items():
        if module.table is None:
            yield f"  {name:<15} no table"
            continue
        mapped = len(module.automatic) + sum(1 for f in module.fields if f.mark is not Mark.DECIDE)
        unread = f", {len(module.custom)} columns left as custom fields" if module.custom else ""
        yield f"  {name:<15} {module.table.name}: {mapped} fields{unread}"
    for feed in proposal.feeds:
        table = "" if feed.table is None else feed.table.name
        mapped = len(feed.automatic) + len(feed.fields)
        yield f"  events          {table}: channel {feed.channel}, {mapped} fields"
    if proposal.unused:
        yield f"  not used        {', '.join(table.name for table in proposal.unused)}"
    for mark, heading in (
        (Mark.DECIDE, "It could not decide (DECIDE in the file):"),
        (Mark.CONFIRM, "It guessed (CONFIRM in the file):"),
    ):
        found = [remark for remark in proposal.remarks if remark.mark is mark]
        if found:
            yield ""
            yield heading
            yield from (f"  {remark.place}: {remark.text}" for remark in found)
    option = "" if output == DEFAULT else f" -c {output}"
    yield ""
    yield f"Next: read {output}, then `quintile check{option}`."


@reporting
def schema(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write [default: print it].")
    ] = None,
) -> None:
    """Write the JSON Schema of abm.yaml, so that editors complete and check while you type."""
    from models.schema import json_schema

    text = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    if output is None:
        typer.echo(text, nl=False)
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text, encoding="utf-8")
    say(f"Wrote {output}. Put this line at the top of abm.yaml:")
    say(f"{SCHEMA_LINE}{output.as_posix() if output.is_absolute() else './' + output.as_posix()}")
