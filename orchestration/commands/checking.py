"""`quintile check`: is the configuration right, and do the sources fit it?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.commands.tables import show_json, show_table
from orchestration.options import (
    DEFAULT,
    ConfigurationOption,
    HomeOption,
    JsonOption,
    clock,
    home_of,
    reporting,
    say,
)

if TYPE_CHECKING:
    from models.configuration import Configuration
    from models.problems import LocatedProblem
    from models.reading import Reading
    from orchestration.commands.source_headers import ModuleHeaders

_WIDTH = 96


@reporting
def check(
    config: ConfigurationOption = DEFAULT,
    home: HomeOption = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Do not look at the headers of the sources.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check the configuration, and the headers of its sources against the mapping.

    Every problem is shown at once with file, line and path, what was found, what is allowed and
    the nearest name. Without problems it tells what is mapped, labelled and segmented, and what is
    doubtful, such as labels whose review date has passed. It lands nothing. Exit code 0: all well;
    1: the sources do not fit; 2: the configuration is faulty.
    """
    from models.problems import ConfigurationError
    from models.reading import read_with_cautions

    try:
        reading = read_with_cautions(config, clock())
    except ConfigurationError as faulty:
        _show_problems(faulty.problems, as_json)
        raise typer.Exit(2) from None
    headers: list[ModuleHeaders] = []
    if not offline:
        from orchestration.commands.source_headers import module_headers

        headers = module_headers(reading, config, home_of(config, home))
    problems = [problem for module in headers for problem in module.problems]
    if as_json:
        show_json(_summary(reading, headers, problems))
    else:
        _show(reading, headers, problems, offline)
    if problems:
        raise typer.Exit(1)


def _show_problems(problems: Iterable[LocatedProblem], as_json: bool) -> None:
    found = list(problems)
    if as_json:
        show_json({"is_valid": False, "problems": [_plain(problem) for problem in found]})
        return
    for problem in found:
        say(str(problem), is_error=True)
    say(is_error=True)
    say(f"{_counted(len(found), 'problem')}; nothing was read or run.", is_error=True)


def _show(
    reading: Reading, headers: list[ModuleHeaders], problems: list[LocatedProblem], offline: bool
) -> None:
    configuration = reading.configuration
    organization = configuration.organization
    as_of = organization.as_of or "the day of the run"
    say(
        f"{organization.name}: {organization.currency}, {organization.time_zone}, as of {as_of}"
        f" ({_counted(len(reading.files), 'file')})"
    )
    say()
    _show_modules(configuration, headers, offline)
    _show_definitions(configuration)
    if reading.cautions:
        say("Doubtful, but no error")
        for caution in reading.cautions:
            say(f"  {caution}")
        say()
    if problems:
        for problem in problems:
            say(str(problem), is_error=True)
        say(is_error=True)
        count = _counted(len(problems), "problem")
        say(f"{count} with the sources; a run would stop there.", is_error=True)
    else:
        say("No problem found." + (" The sources were not looked at." if offline else ""))


def _show_modules(
    configuration: Configuration, headers: list[ModuleHeaders], offline: bool
) -> None:
    rows: list[tuple[Any, ...]]
    if headers:
        rows = [
            (
                h.module,
                h.table,
                len(h.input_names),
                len(h.automatic) if h.resolved else None,
                len(h.declared_fields) if h.resolved else None,
                len(h.missing) if h.resolved else None,
                len(h.extra_columns) if h.resolved else None,
            )
            for h in headers
        ]
        names = [
            "module",
            "from",
            "inputs",
            "by themselves",
            "by hand",
            "no value",
            "extra columns",
        ]
        show_table(names, rows, title="Modules and their fields")
        for note in dict.fromkeys(h.note for h in headers if h.note):
            say(f"  {', '.join(h.module for h in headers if h.note == note)}: {note}")
        for module in headers:
            for line in _field_lines(module):
                say(line)
    else:
        rows = [
            (name, module.table, len(module.fields), len(module.custom))
            for name, module in configuration.modules.mapped().items()
        ]
        show_table(["module", "from", "fields by hand", "custom"], rows, title="Modules")
    for name in type(configuration.modules).model_fields:
        reason = getattr(getattr(configuration.modules, name), "absent", None)
        if reason is not None:
            say(f"  {name}: absent, {reason}")
    say()


def _field_lines(module: ModuleHeaders) -> Iterator[str]:
    if module.resolved is None:
        return
    yield f"  {module.module}"
    parts = {
        "by hand": [_pair(pair) for pair in module.declared_fields],
        "by themselves": [_pair(pair) for pair in module.automatic],
        "no value": module.missing,
        "extra columns": list(module.extra_columns),
    }
    for heading, names in parts.items():
        if names:
            yield from _wrapped(f"    {heading:<14}", names)


def _pair(pair: tuple[str, str]) -> str:
    return pair[0] if pair[0] == pair[1] else f"{pair[0]} <- {pair[1]}"


def _wrapped(lead: str, names: list[str]) -> Iterator[str]:
    line = lead
    for position, name in enumerate(names):
        part = name + ("" if position == len(names) - 1 else ", ")
        if len(line) + len(part) > _WIDTH and line != lead:
            yield line.rstrip()
            line = " " * len(lead)
        line += part
    yield line.rstrip()


def _show_definitions(configuration: Configuration) -> None:
    show_table(["technique", "state", "labels"], _techniques(configuration), title="Techniques")
    say()
    show_table(
        ["segment", "nature", "frame", "reads"],
        _segments(configuration),
        title="Segments, in the order they are evaluated",
    )
    say()
    show_table(["limit", "used", "allowed"], _limits(configuration), title="Limits")
    say()


def _techniques(configuration: Configuration) -> list[tuple[str, str, int]]:
    techniques = configuration.techniques
    found = []
    for name in type(techniques).model_fields:
        definition = getattr(techniques, name)
        state = "off" if definition is None or not definition.active else "on"
        found.append((name, state, 0 if definition is None else len(definition.labels)))
    return found


def _segments(configuration: Configuration) -> list[tuple[str, str, str, str]]:
    from models.segments import in_dependency_order, references

    return [
        (s.id, s.nature, "" if s.nature == "static" else s.frame, ", ".join(references(s)))
        for s in in_dependency_order(configuration.segments)
    ]


def _limits(configuration: Configuration) -> list[tuple[str, Any, Any]]:
    limits = configuration.limits
    chosen = [len(e.fields) for e in configuration.exports if e.fields != "all"]
    return [
        ("preset", limits.preset, None),
        ("segments", len(configuration.segments), limits.max_segments or "no cap"),
        ("accounts in scope", None, limits.max_accounts or "no cap"),
        ("rfm labels", _label_count(configuration, "rfm"), limits.max_rfm_labels),
        (
            "firmographic labels",
            _label_count(configuration, "firmographics"),
            limits.max_firmographic_labels,
        ),
        ("fields of an export", max(chosen, default=0), limits.max_export_fields),
        ("exports of every run", len(configuration.exports), "no cap"),
    ]


def _label_count(configuration: Configuration, technique: str) -> int:
    definition = getattr(configuration.techniques, technique)
    return 0 if definition is None else len(definition.labels)


def _summary(
    reading: Reading, headers: list[ModuleHeaders], problems: list[LocatedProblem]
) -> dict[str, Any]:
    from models.configuration import definition_hash

    configuration = reading.configuration
    return {
        "is_valid": not problems,
        "definition_hash": definition_hash(configuration),
        "files": [str(file) for file in reading.files],
        "problems": [_plain(problem) for problem in problems],
        "cautions": [_plain(caution) for caution in reading.cautions],
        "modules": {
            h.module: {
                "from": h.table,
                "inputs": h.input_names,
                "by_themselves": dict(h.automatic),
                "by_hand": dict(h.declared_fields),
                "no_value": h.missing,
                "extra_columns": list(h.extra_columns),
                "note": h.note,
            }
            for h in headers
        },
        "techniques": {
            name: {"state": s, "labels": n} for name, s, n in _techniques(configuration)
        },
        "segments": [segment for segment, *_ in _segments(configuration)],
        "limits": {
            name: {"used": used, "allowed": most} for name, used, most in _limits(configuration)
        },
    }


def _plain(problem: LocatedProblem) -> dict[str, Any]:
    return {
        "file": problem.file,
        "line": problem.line or None,
        "path": problem.path,
        "message": problem.message,
    }


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
