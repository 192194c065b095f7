"""What a home folder holds, in hashes, and what is wrong with it after a process was killed.

`content` reads a home the way its users do; two homes are equal when their contents are. It is run
in a process of its own, because it opens databases. Never put here how a process is killed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from assets.home import Home
from assets.published import NothingPublishedError, PublishedCopyError, current, read_pointer
from assets.published_content import Source, described_table, described_tables
from connectors.loads import DATA, QUARANTINE, SET_ASIDE, WARNINGS, Load, loads, verify

Content = dict[str, str]
"""What lies in a home: a name such as `load deals 3f2a`, and the hash of what it holds."""

CONFIGURED = ("config",)
BUILT = ("staging", "intermediate", "learning", "ml", "marts", "history")


@dataclass
class Findings:
    """What is wrong, each in words.

    Attributes:
        lost: Was acknowledged or landed, and is gone.
        doubled: Is there twice, or a row balance is broken.
        mixed: Readers see neither the old nor the new version.
        unequal: Other content than that of an undisturbed run.
    """

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    mixed: list[str] = field(default_factory=list)
    unequal: list[str] = field(default_factory=list)

    @property
    def all(self) -> list[str]:
        """Everything that is wrong."""
        return [*self.lost, *self.doubled, *self.mixed, *self.unequal]


def content(root: Path, kinds: Collection[str]) -> Content:
    """What a home holds of the kinds: loads, views, published, exports, store, and schemas."""
    home = Home(root)
    found: Content = {}
    if "loads" in kinds:
        found |= _loads(home)
    if "published" in kinds:
        found |= _published(home)
    if "exports" in kinds:
        found |= {f"zip {p.name}": _digest(p) for p in sorted(home.exports.glob("*.zip"))}
    if "store" in kinds:
        found |= _store(home)
    schemas = [kind for kind in kinds if kind in (*CONFIGURED, *BUILT, "landing")]
    if schemas:
        found |= _warehouse(home, schemas)
    return found


def after_kill(root: Path, kinds: Collection[str], before: Content, expected: Content) -> Findings:
    """What a killed process has damaged: seen before anything is repaired.

    Args:
        root: The home.
        kinds: What of it the stage works on.
        before: What was there when the process began.
        expected: What is there when nobody disturbs it.
    """
    findings = Findings()
    home = Home(root)
    if "loads" in kinds:
        _judge_loads(home, before, expected, findings)
    if "published" in kinds:
        _judge_published(home, before, expected, findings)
    if "exports" in kinds:
        _judge_exports(home, before, expected, findings)
    _judge_acknowledged(root, findings)
    return findings


def acknowledged(root: Path) -> Path:
    """File beside a home in which a stage writes what was committed, before it goes on."""
    return root.with_name(f"{root.name}.acknowledged")


def _judge_acknowledged(root: Path, findings: Findings) -> None:
    """What the store said it had written is there: as often, or under its name."""
    told = acknowledged(root).read_text().splitlines() if acknowledged(root).exists() else []
    found = list(_store(Home(root))) if told else []
    for line in sorted(set(told)):
        if sum(name.startswith(line) for name in found) < told.count(line) and (
            line == "revision" or line not in found
        ):
            findings.lost.append(f"{line} was acknowledged and is gone")


def after_rerun(found: Content, expected: Content) -> Findings:
    """Compare a home after one rerun with one that nobody disturbed."""
    return Findings(
        lost=[f"{name} is missing after the rerun" for name in expected if name not in found],
        doubled=[f"{name} is too much after the rerun" for name in found if name not in expected],
        unequal=[
            f"{name} has other content after the rerun"
            for name in expected
            if name in found and found[name] != expected[name]
        ],
    )


def _judge_loads(home: Home, before: Content, expected: Content, findings: Findings) -> None:
    try:
        found = _loads(home)
        faults = [
            f"load {load.load_id}: {fault}"
            for load in _all_loads(home)
            for fault in verify(home.landing, load)
        ]
    except (OSError, ValueError, KeyError) as error:
        findings.lost.append(f"a landed load cannot be read: {error}")
        return
    findings.doubled += faults
    for name, digest in found.items():
        if digest not in (before.get(name), expected.get(name)):
            findings.doubled.append(f"{name} is no load of an undisturbed run, or differs from it")
    findings.lost += [f"{n} is gone" for n in before if n.startswith("load ") and n not in found]


def _judge_exports(home: Home, before: Content, expected: Content, findings: Findings) -> None:
    found = {f"zip {p.name}": _digest(p) for p in home.exports.glob("*.zip")}
    for name, digest in found.items():
        if digest not in (before.get(name), expected.get(name)):
            findings.mixed.append(f"{name} is neither the old nor the new file")
    findings.lost += [f"{n} is gone" for n in before if n.startswith("zip ") and n not in found]


def _judge_published(home: Home, before: Content, expected: Content, findings: Findings) -> None:
    try:
        found = _published(home)
    except NothingPublishedError:
        if "published version" in before:
            findings.lost.append("nothing is published any more")
        return
    except (PublishedCopyError, OSError, duckdb.Error) as error:
        findings.mixed.append(f"the published copy cannot be read: {error}")
        return
    sides = [
        {n: d for n, d in side.items() if n.startswith("published ")} for side in (before, expected)
    ]
    if found not in sides:
        findings.mixed.append(f"published {found['published version']} is neither old nor new")


def _all_loads(home: Home) -> list[Load]:
    modules = sorted(p.name for p in home.landing.iterdir()) if home.landing.is_dir() else []
    return [load for module in modules for load in loads(home.landing, module)]


def _loads(home: Home) -> Content:
    """Manifest and bytes of every complete load; when it was landed is no part of it."""
    found = {}
    for load in _all_loads(home):
        manifest = dataclasses.asdict(dataclasses.replace(load, landed_at=None))
        parts = [json.dumps(manifest, sort_keys=True, default=str)]
        parts += [_digest(load.folder(home.landing) / name)
                  for name in (DATA, QUARANTINE, WARNINGS, SET_ASIDE)]  # fmt: skip
        found[f"load {load.module} {load.load_id}"] = _hash(parts)
    return found


KNOWN: dict[str, Content] = {}
"""Published copies that were read whole already, by `published_stamp`: a version never changes, so
one whose pointer, manifest and file are the same in name, size and time is not hashed again."""


def published_stamp(root: Path) -> str:
    """Pointer, manifest and database of the version that counts, without opening them."""
    folder = Home(root).published
    try:
        publication = current(folder)
        files = [publication.database, *sorted(publication.parquet.iterdir())]
        stamps = [f"{f.name} {f.stat().st_size} {f.stat().st_mtime_ns}" for f in files]
        return _hash([read_pointer(folder).model_dump_json(), publication.content_hash, *stamps])
    except (NothingPublishedError, PublishedCopyError, OSError):
        return "not readable"


def remember(root: Path, found: Content) -> None:
    """Keep what was read of a published copy, so that children need not read it again."""
    whole = {name: value for name, value in found.items() if name.startswith("published ")}
    if whole:
        KNOWN[published_stamp(root)] = whole


def _published(home: Home) -> Content:
    """Every table of the version that counts: recounted, hashed anew, and as its manifest says."""
    stamp = published_stamp(home.root)
    if stamp in KNOWN:
        return KNOWN[stamp]
    publication = current(home.published)
    found = {
        "published version": publication.version,
        "published content": publication.content_hash,
        "published pointer": read_pointer(home.published).version,
    }
    with duckdb.connect(str(publication.database), read_only=True) as connection:
        source = Source(connection, publication.version)
        for table in publication.tables:
            name = f"{table.schema_name}.{table.table}"
            seen = described_table(source, table.schema_name, table.table, table.columns)
            rows = connection.execute(
                f"select count(*) from '{publication.parquet / table.table}.parquet'"
            ).fetchone()
            if (seen.rows, seen.content_hash) != (table.rows, table.content_hash):
                raise PublishedCopyError(f"{name} is not what its manifest says")
            if rows != (table.rows,):
                raise PublishedCopyError(f"{name}.parquet has {rows} rows, not {table.rows}")
            if table.table != "publication":  # tells when it was computed
                found[f"published {name}"] = table.content_hash
    return found


def _warehouse(home: Home, schemas: Collection[str]) -> Content:
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        source = Source(connection, home.warehouse.stem)
        return {
            f"table {table.schema_name}.{table.table}": f"{table.rows} {table.content_hash}"
            for table in described_tables(source, sorted(schemas))
        }


_LEDGERS = {
    "revision": "select section || ' ' || action, coalesce(before, '') || coalesce(after, '') "
    "from configuration_revisions order by revision_id",
    "run": "select run_id, state || as_of || coalesce(published_version, '') from runs",
    "export record": "select export_id, status || coalesce(sha256, '') || "
    "coalesce(row_count, '') from exports",
}


def _store(home: Home) -> Content:
    """Rows of the ledgers, without who and when."""
    path = home.root / "store.sqlite"
    if not path.exists():
        return {}
    found: Content = {}
    connection = sqlite3.connect(path)
    try:
        if connection.execute("pragma integrity_check").fetchone() != ("ok",):
            return {"store": "damaged"}
        present = {name for (name,) in connection.execute("select name from sqlite_master")}
        for kind, query in _LEDGERS.items():
            if not present & set(query.split()):
                continue
            for place, (name, value) in enumerate(connection.execute(query)):
                number = f" {place}" if kind == "revision" else ""
                found[f"{kind} {name}{number}"] = _hash([str(value)])
    finally:
        connection.close()
    return found


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _hash(parts: Any) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()
