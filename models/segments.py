"""Segments and exports as configured, and the graph between segments (SEG, BEY-5)."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from models.criteria import SegmentLeaf, walk
from models.criteria_parsing import Criteria
from models.definition import Definition, Description, Identifier, SegmentName
from models.problems import Problem, choose_from, repeated

Nature = Literal["static", "semi_dynamic", "dynamic"]
Frame = Literal["daily", "weekly", "monthly", "3_months", "6_months", "12_months"]


class Segment(Definition):
    """A named set of accounts (SEG-1)."""

    id: Identifier
    """Id of the segment; criteria, exports and journeys refer to it."""
    name: SegmentName
    """Name, unique ignoring case (SEG-3)."""
    description: Description | None = None
    """What the segment is for."""
    nature: Nature = "dynamic"
    """static, semi_dynamic (only enter) or dynamic (enter and leave) (SEG-7 to SEG-9)."""
    frame: Frame = "daily"
    """How often the members are revised (SEG-10)."""
    parent: Identifier | None = None
    """Parent segment; members must be its members too (SEG-15)."""
    publish_as_filter: bool = False
    """Offer the segment as a filter in the CRM list (SEG-4)."""
    where: Criteria
    """Conditions on fields, labels, segments and related records (SEG-2)."""


class ExportRequest(Definition):
    """An export every run makes (EXP)."""

    segment: Identifier
    """Segment whose members are exported."""
    fields: Literal["all"] | Annotated[tuple[str, ...], Field(min_length=1)] = "all"
    """all, or at most 200 fields (CON-17)."""


def references(segment: Segment) -> tuple[str, ...]:
    """Return the segments another one reads, parent first, each once."""
    read = [leaf.segment for _, leaf in walk(segment.where) if isinstance(leaf, SegmentLeaf)]
    parent = [] if segment.parent is None else [segment.parent]
    return tuple(dict.fromkeys([*parent, *read]))


def in_dependency_order(segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
    """Return the segments so that each stands after those it reads, else as written (BEY-5).

    Raises ValueError with the path of a cycle. References to unknown segments are left out.
    """
    cycle = find_cycle(segments)
    if cycle:
        raise ValueError(f"segments refer to each other in a circle: {' -> '.join(cycle)}")
    by_id = {segment.id: segment for segment in segments}
    placed: dict[str, Segment] = {}
    waiting = list(by_id)
    while waiting:
        still = []
        for segment_id in waiting:
            needed = [r for r in references(by_id[segment_id]) if r in by_id]
            if all(name in placed for name in needed):
                placed[segment_id] = by_id[segment_id]
            else:
                still.append(segment_id)
        waiting = still
    return tuple(placed.values())


_OPEN: Final = 1
_DONE: Final = 2


def find_cycle(segments: tuple[Segment, ...]) -> tuple[str, ...]:
    """Return the ids along a circle of references, first and last the same; empty if none."""
    by_id = {segment.id: segment for segment in segments}
    state: dict[str, int] = {}
    for start in by_id:
        if start in state:
            continue
        trail = [start]
        pending = [iter(references(by_id[start]))]
        state[start] = _OPEN
        while pending:
            following = next((r for r in pending[-1] if r in by_id), None)
            if following is None:
                pending.pop()
                state[trail.pop()] = _DONE
            elif state.get(following) == _OPEN:
                return (*trail[trail.index(following) :], following)
            elif following not in state:
                state[following] = _OPEN
                trail.append(following)
                pending.append(iter(references(by_id[following])))
    return ()


def segment_problems(segments: tuple[Segment, ...]) -> list[Problem]:
    """Return doubled ids and names, unknown references, deep children and circles."""
    problems = list(repeated(segments, ("segments",), "SEG-3"))
    ids = [segment.id for segment in segments]
    by_id = {segment.id: segment for segment in segments}
    for position, segment in enumerate(segments):
        if segment.nature == "static" and segment.frame != "daily":
            message = "a static segment is never revised (SEG-7); leave frame out"
            problems.append(Problem(("segments", position, "frame"), message))
        problems += _reference_problems(segment, position, by_id)
    cycle = find_cycle(segments)
    if cycle:
        position = ids.index(cycle[0])
        message = f"segments refer to each other in a circle: {' -> '.join(cycle)} (BEY-5)"
        problems.append(Problem(("segments", position), message))
    return problems


def _reference_problems(
    segment: Segment, position: int, by_id: dict[str, Segment]
) -> list[Problem]:
    problems = []
    if segment.parent is not None:
        place = ("segments", position, "parent")
        parent = by_id.get(segment.parent)
        if parent is None:
            message = f"no segment {segment.parent!r}{choose_from(segment.parent, by_id)}"
            problems.append(Problem(place, message, missing=f"segment {segment.parent}"))
        elif parent.parent is not None and segment.parent != segment.id:
            message = f"{segment.parent!r} is itself a child; children have depth 1 (SEG-15)"
            problems.append(Problem(place, message))
    return problems
