"""Configuration revisions: what changed between two configurations, and the ledger of it (TEC-12).

Holds the comparison of two configuration documents, section by section, and its rows. Limits on
edits (TEC-3) count rows of this ledger; their enforcement belongs to whoever saves an edit.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from store.opening import writing
from store.records import COUNTED_ACTIONS, ConfigurationRevision, RevisionAction
from store.tables import ConfigurationRevisionRow as Row

_TECHNIQUES = "techniques."
_PASSWORD = re.compile(r"(?<=://)([^/:@\s]*):[^/@\s]*@")


class Revisions:
    """The ledger of configuration changes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(
        self,
        document: Mapping[str, Any],
        *,
        who: str,
        now: datetime,
        definition_hash: str | None = None,
    ) -> tuple[ConfigurationRevision, ...]:
        """Compare a configuration with the last recorded one; write one row per changed section.

        Args:
            document: The whole configuration as JSON values. Passwords inside URLs are masked.
            who: User, or run that first saw the change.
            now: Aware time of the change.
            definition_hash: Hash of the configuration; by default the SHA-256 of the document.

        Returns:
            The rows written, ordered by section; empty when nothing changed.
        """
        after = sections(document)
        whole = definition_hash or hashlib.sha256(_canonical(after).encode()).hexdigest()
        with writing(self._engine) as session:
            before = _last(session)
            rows = [
                Row(
                    recorded_at=now,
                    recorded_by=who,
                    definition_hash=whole,
                    section=section,
                    technique=_technique(section),
                    action=action_of(before.get(section), after.get(section)),
                    before=before.get(section),
                    after=after.get(section),
                )
                for section in sorted({*before, *after})
                if _canonical(before.get(section)) != _canonical(after.get(section))
            ]
            session.add_all(rows)
            session.flush()
            return tuple(ConfigurationRevision.model_validate(row) for row in rows)

    def sections(self) -> dict[str, Any]:
        """The last recorded configuration, by section."""
        with Session(self._engine) as session:
            return _last(session)

    def list(
        self,
        *,
        section: str | None = None,
        technique: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[ConfigurationRevision, ...]:
        """Revisions, oldest first; `since` is inclusive, `until` exclusive."""
        query = select(Row).order_by(Row.revision_id)
        if section is not None:
            query = query.where(Row.section == section)
        if technique is not None:
            query = query.where(Row.technique == technique)
        if since is not None:
            query = query.where(Row.recorded_at >= since)
        if until is not None:
            query = query.where(Row.recorded_at < until)
        with Session(self._engine) as session:
            return tuple(ConfigurationRevision.model_validate(r) for r in session.scalars(query))

    def counted_edits(self, technique: str, since: datetime, until: datetime) -> int:
        """Edits and activations of a technique in [since, until) that count for TEC-3."""
        found = self.list(technique=technique, since=since, until=until)
        return sum(one.action in COUNTED_ACTIONS for one in found)


def sections(document: Mapping[str, Any]) -> dict[str, Any]:
    """Cut a configuration into sections: one per source, module, technique, segment, else per key.

    Empty sections are left out, so that adding an empty key is no change.
    """
    cut: dict[str, Any] = {}
    for key, value in json.loads(_canonical(_masked(document))).items():
        if isinstance(value, dict) and key in ("sources", "modules", "techniques"):
            cut.update({f"{key}.{name}": part for name, part in value.items()})
        elif isinstance(value, list) and value and all(_id(part) for part in value):
            cut.update({f"{key}.{_id(part)}": part for part in value})
        else:
            cut[key] = value
    return {section: value for section, value in cut.items() if value not in (None, [], {})}


def action_of(before: Any, after: Any) -> RevisionAction:
    """Name the difference between two versions of a section."""
    if before is None:
        return RevisionAction.CREATED
    if after is None:
        return RevisionAction.REMOVED
    if _canonical(_nameless(before)) == _canonical(_nameless(after)):
        return RevisionAction.RENAMED
    if isinstance(before, dict) and isinstance(after, dict):
        before_rest, after_rest = {**before, "active": None}, {**after, "active": None}
        if _canonical(before_rest) == _canonical(after_rest):
            return RevisionAction.ACTIVATED if after.get("active") else RevisionAction.DEACTIVATED
    return RevisionAction.CHANGED


def _last(session: Session) -> dict[str, Any]:
    newest = select(func.max(Row.revision_id)).group_by(Row.section)
    rows = session.scalars(select(Row).where(Row.revision_id.in_(newest)))
    return {row.section: row.after for row in rows if row.after is not None}


def _technique(section: str) -> str | None:
    return section.removeprefix(_TECHNIQUES) if section.startswith(_TECHNIQUES) else None


def _id(part: Any) -> str | None:
    return str(part["id"]) if isinstance(part, dict) and part.get("id") else None


def _nameless(value: Any) -> Any:
    """A section without the names and descriptions of things that have an id (TEC-4, TEC-6)."""
    if isinstance(value, dict):
        dropped = {"name", "description"} if "id" in value else set()
        return {key: _nameless(part) for key, part in value.items() if key not in dropped}
    if isinstance(value, list):
        return [_nameless(part) for part in value]
    return value


def _masked(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _masked(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked(part) for part in value]
    return _PASSWORD.sub(r"\1:***@", value) if isinstance(value, str) else value


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
