"""A home of the first version opens, keeps its history, and goes on as the first version would."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

import store as store_package
from assets.published import current, open_published, read_manifest
from assets.published_layout import NewerPublicationError
from connectors.loads import UnknownLoadError, current_loads, loads, verify
from models.fields import MODULES
from store import Store, StoreError, store_fault
from store.tables import REVISION
from tests.end_to_end.installation import Installation
from tests.orchestration.command_line import quintile
from tests.upgrade.first_version.make import DAYS, EXPECTED
from tests.upgrade.first_version.opening import expected, unpacked

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.xdist_group("upgrade"),
    pytest.mark.timeout(900),
]

HISTORY = (
    "account_state_history",
    "rfm_cut_point_history",
    "run_history",
    "segment_event_history",
    "segment_revision_history",
)


def installation_in(folder: Path) -> Installation:
    place = unpacked(folder)
    return Installation(place / "abm.yaml", place / ".quintile")


def history(
    installation: Installation, columns: dict[str, list[str]] | None = None
) -> dict[str, list[tuple[object, ...]]]:
    """Every row of the earlier dates, by table; a later version may add columns."""
    chosen = columns or columns_of(installation)
    return {
        table: sorted(
            installation.private_rows(
                f"select {', '.join(names)} from history.{table} where as_of < date '{DAYS[2]}'"
            ),
            key=repr,
        )
        for table, names in chosen.items()
    }


def columns_of(installation: Installation) -> dict[str, list[str]]:
    """Columns of the history tables."""
    return {
        table: [row[0] for row in installation.private_rows(f"describe history.{table}")]
        for table in HISTORY
    }


@pytest.fixture(scope="module")
def upgraded(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Installation, dict[str, list[tuple[object, ...]]], duckdb.DuckDBPyConnection]]:
    """The first version's home after one run of this version, with a reader open all the while."""
    installation = installation_in(tmp_path_factory.mktemp("upgraded"))
    before = history(installation)
    reader = open_published(installation.published)
    crm = installation.configuration.parent / "crm"
    for file in (installation.configuration.parent / "next").iterdir():
        file.replace(crm / file.name)
    installation.run("--as-of", DAYS[2])
    yield installation, before, reader
    reader.close()


def test_the_store_migrates_and_remembers(tmp_path: Path) -> None:
    url = f"sqlite:///{installation_in(tmp_path).home / 'store.sqlite'}"
    assert store_fault(url) is None
    with Store.open(url) as store:
        changes = store.revisions.list()
        exports = store.exports.list()
    changed = [(change.section, change.action.value) for change in changes]
    assert ("segments.new_customers", "CHANGED") in changed
    assert {export.status.value for export in exports} == {"COMPLETED"}
    assert {str(export.as_of) for export in exports} == set(DAYS[:2])
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(text("select version_num from alembic_version")).scalar()
    engine.dispose()
    config = Config()
    migrations = Path(str(store_package.__file__)).with_name("migrations")
    config.set_main_option("script_location", str(migrations))
    assert found == REVISION == ScriptDirectory.from_config(config).get_current_head()


def test_landed_loads_are_read_and_balance(tmp_path: Path) -> None:
    landing = installation_in(tmp_path).home / "landing"
    found = {module: loads(landing, module) for module in MODULES}
    assert {module: len(known) for module, known in found.items()} == {
        "accounts": 2, "contacts": 2, "products": 2, "deals": 2, "deal_lines": 2,
        "currency_rates": 2, "leads": 0,
    }  # fmt: skip
    for known in found.values():
        assert current_loads(known) == known
        assert [fault for load in known for fault in verify(landing, load)] == []
        assert all(load.is_balanced and load.rows_read for load in known)


def test_history_before_the_upgrade_is_unchanged(
    upgraded: tuple[Installation, dict[str, list[tuple[object, ...]]], object], tmp_path: Path
) -> None:
    installation, before, _ = upgraded
    columns = columns_of(installation_in(tmp_path))
    assert set(columns) == set(HISTORY) and all(before.values())
    assert history(installation, columns) == before
    days = installation.private_rows("select as_of::varchar from history.run_history order by 1")
    assert [day for (day,) in days] == list(DAYS)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_next_run_gives_what_the_first_version_gives(
    upgraded: tuple[Installation, object, object], name: str
) -> None:
    wanted = expected()[name]
    assert wanted
    found = json.loads(json.dumps(upgraded[0].rows(EXPECTED[name])))
    assert sorted(found, key=repr) == sorted(wanted, key=repr)


def test_what_the_first_version_published_stays_readable(
    upgraded: tuple[Installation, object, duckdb.DuckDBPyConnection],
) -> None:
    installation, _, reader = upgraded
    assert installation.publication.as_of.isoformat() == DAYS[2]
    for day in DAYS[:2]:
        (file,) = installation.published.glob(f"{day}-*.json")
        old = read_manifest(installation.published, file.stem)
        for table in old.tables:
            query = f"select count(*) from {table.schema_name}.{table.table}"
            # A process opens a file once; the second day's is open already.
            found = (
                reader.execute(query).fetchall()
                if day == DAYS[1]
                else installation.earlier_rows(date.fromisoformat(day), query)
            )
            assert found == [(table.rows,)], query
    # The reader that was open before the upgrade still has its own version.
    seen = reader.execute("select as_of::varchar from marts.rpt_run").fetchone()
    assert seen == (DAYS[1],)


# A home of a newer version is refused, and nothing in it is touched.


def run_refused(installation: Installation) -> str:
    process = installation.start("--as-of", DAYS[2])
    printed, _ = process.communicate(timeout=300)
    assert process.returncode == 1, printed
    return printed


def marked(file: Path) -> None:
    content = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**content, "layout_version": 2, "more": []}), encoding="utf-8")


def test_a_published_copy_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    installation = installation_in(tmp_path)
    marked(installation.published / "current.json")
    for manifest in installation.published.glob("20*.json"):
        marked(manifest)
    files = {file: file.stat().st_mtime_ns for file in installation.published.rglob("*")}
    with pytest.raises(NewerPublicationError, match=r"newer version.*Update Quintile"):
        current(installation.published)
    assert "was written by a newer version of Quintile (its layout is 2" in run_refused(
        installation
    )
    after = {file: file.stat().st_mtime_ns for file in installation.published.rglob("*")}
    assert after == files  # above all, nothing was swept away as incomplete
    spoken = quintile("status", "-c", installation.configuration)
    assert spoken.code == 1
    assert "docs/runbooks.md#the-home-folder-was-made-by-a-newer-version" in spoken.out


def test_a_load_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    landing = installation_in(tmp_path).home / "landing"
    (manifest, *_) = sorted(landing.glob("deals/*/manifest.json"))
    marked(manifest)
    with pytest.raises(UnknownLoadError, match=r"manifest\.json: .*newer version.*Update Quintile"):
        loads(landing, "deals")
    manifest.write_text('{"module": "deals"', encoding="utf-8")
    with pytest.raises(UnknownLoadError, match=r"cannot be read.*Restore the folder"):
        loads(landing, "deals")
    assert loads(landing, "accounts")


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    installation = installation_in(tmp_path)
    url = f"sqlite:///{installation.home / 'store.sqlite'}"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StoreError, match=r"newer version of Quintile .*9999.*Update Quintile"):
        Store.open(url)
    assert "9999" in (store_fault(url) or "")
    spoken = quintile("status", "-c", installation.configuration)
    assert spoken.code == 1
    assert "docs/runbooks.md#the-home-folder-was-made-by-a-newer-version" in spoken.out


def test_looking_at_a_store_makes_none(tmp_path: Path) -> None:
    assert store_fault(f"sqlite:///{tmp_path / 'store.sqlite'}") is None
    assert list(tmp_path.iterdir()) == []
    Store.open(f"sqlite:///{tmp_path / 'store.sqlite'}").close()
    before = sorted(tmp_path.iterdir())
    assert store_fault(f"sqlite:///{tmp_path / 'store.sqlite'}") is None
    assert sorted(tmp_path.iterdir()) == before
    (tmp_path / "store.sqlite").write_bytes(b"no database" * 99)
    assert "cannot be opened" in (store_fault(f"sqlite:///{tmp_path / 'store.sqlite'}") or "")
