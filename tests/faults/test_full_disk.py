"""F08: the disk is full while a stage writes; what was good stays, and one rerun is enough.

The home lies on a small volume of its own where mounting is allowed; elsewhere no file may grow
beyond a size, which ends writes in the same way.
"""

from __future__ import annotations

import resource
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from assets.durable_files import VolumeError
from assets.home import Home
from assets.landing import LANDED
from assets.published import current
from assets.refresh import Refresh
from store import Store, StoreError
from tests.assets.published_tables import make_warehouse, publish_it
from tests.faults.judgement import after_kill, content
from tests.faults.small import export_all
from tests.faults.stages import store_writes

SIZE = 40_000_000


class Volume:
    """A place for a home, which can be full for a while."""

    def __init__(self, place: Path, is_mounted: bool) -> None:
        self.home = Home(place / "home")
        self.home.root.mkdir()
        self._filler = place / "filler"
        self._is_mounted = is_mounted

    @contextmanager
    def full(self, left: int) -> Iterator[None]:
        """For one block there are only so many bytes left, or files are no longer than that."""
        if not self._is_mounted:
            handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (left, hard))
            try:
                yield
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
                signal.signal(signal.SIGXFSZ, handler)
            return
        import shutil

        self._filler.write_bytes(bytes(max(0, shutil.disk_usage(self._filler.parent).free - left)))
        try:
            yield
        finally:
            self._filler.unlink()


@pytest.fixture(params=["volume", "limit"])
def volume(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Volume]:
    place = tmp_path / "volume"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)]
    if request.param == "limit":
        yield Volume(place, is_mounted=False)
        return
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no volume can be mounted here: {error}")
    try:
        yield Volume(place, is_mounted=True)
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


CONFIGURATION = """
organization: {name: Test, currency: EUR}
sources: {crm: {files: "drop/*.csv"}}
modules:
  accounts: {from: crm.accounts}
  contacts: {absent: none in the export}
  products: {absent: none in the export}
  deals: {from: crm.deals, stages: {won: [Won]}}
"""


def write_accounts(folder: Path, rows: int) -> None:
    """The source, which lies on another volume."""
    (folder / "drop").mkdir(exist_ok=True)
    (folder / "abm.yaml").write_text(CONFIGURATION, encoding="utf-8")
    lines = (f"A{n},{n * 7919 % 1_000_003:x}{n**5:x},2026-01-01" for n in range(rows))
    text = "account_id,account_name,created_at\n" + "\n".join(lines) + "\n"
    (folder / "drop" / "accounts.csv").write_text(text, encoding="utf-8")


def land_accounts(folder: Path, home: Home) -> dg.ExecuteInProcessResult:
    """Land the accounts as a run does, step and all."""
    refresh = Refresh(configuration_path=str(folder / "abm.yaml"), home_path=str(home.root))
    (accounts,) = [a for a in LANDED if a.key.path[-1] == "accounts"]
    return dg.materialize([accounts], resources={"refresh": refresh}, raise_on_error=False)


def test_landing_names_the_volume_and_leaves_nothing_half(volume: Volume, tmp_path: Path) -> None:
    write_accounts(tmp_path, 3)
    assert land_accounts(tmp_path, volume.home).success
    before = content(volume.home.root, ["loads"])
    write_accounts(tmp_path, 40_000)
    with volume.full(left=300_000):
        failed = land_accounts(tmp_path, volume.home)
    (event,) = failed.get_step_failure_events()
    said = event.step_failure_data.user_failure_data.description
    assert said.startswith("landing accounts: no space left on the volume of ")
    assert "Free space there and run again; what was landed and published before stays" in said
    assert after_kill(volume.home.root, ["loads"], before, before).all == []
    assert list((volume.home.landing / "accounts").glob(".*")) == []
    assert land_accounts(tmp_path, volume.home).success
    found = content(volume.home.root, ["loads"])
    assert len(found) == 2 and found.items() >= before.items()


def exports_fail(home: Home) -> None:
    with pytest.raises(VolumeError, match=r"no space left on the volume of .*nothing was exported"):
        export_all(home.root)


def store_fails(home: Home) -> None:
    with pytest.raises(StoreError, match=r"store\.sqlite cannot be opened: .*disk"):
        store_writes(home.root)


@pytest.mark.parametrize(
    ("work", "fails", "kinds", "left"),
    [
        (export_all, exports_fail, ["exports", "published"], 250_000),
        (store_writes, store_fails, ["store"], 8_000),
    ],
    ids=["export", "store"],
)
def test_exports_and_store_are_whole_after_the_disk_was_full(
    volume: Volume,
    tmp_path: Path,
    work: Callable[[Path], None],
    fails: Callable[[Home], None],
    kinds: list[str],
    left: int,
) -> None:
    calm = Home(tmp_path / "calm")
    calm.root.mkdir()
    for home in (calm, volume.home):
        large = "create or replace table marts.dim_accounts as select printf('A%05d', i) account_id"
        large += ", md5(i::varchar) account_name from range(30000) t(i)"
        members = "insert into marts.seg_members select 'renewals', account_id"
        members += " from marts.dim_accounts"
        warehouse = make_warehouse(home.root / "w.duckdb", large, members)
        publish_it(warehouse, home.published)
        if work is export_all:
            Store.open(home.store_url).close()
    before = content(volume.home.root, kinds)
    with volume.full(left):
        fails(volume.home)
    assert after_kill(volume.home.root, kinds, before, before).all == []
    assert not list(volume.home.exports.glob("*.zip"))
    work(volume.home.root)
    work(calm.root)
    assert content(volume.home.root, kinds) == content(calm.root, kinds)


def test_publishing_on_a_full_volume_keeps_the_old_version(volume: Volume) -> None:
    warehouse = make_warehouse(volume.home.warehouse)
    old = publish_it(warehouse, volume.home.published)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create table marts.large as select hash(i) x from range(200000) t(i)")
    before = content(volume.home.root, ["published"])
    with (
        volume.full(left=400_000),
        pytest.raises(VolumeError, match=rf"publishing: no space left .* {old.version} stays"),
    ):
        publish_it(warehouse, volume.home.published)
    assert content(volume.home.root, ["published"]) == before
    new = publish_it(warehouse, volume.home.published)
    assert current(volume.home.published).version == new.version != old.version
