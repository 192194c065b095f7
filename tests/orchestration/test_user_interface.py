"""A run started by a person in the Dagster UI, in a real browser, is the command line's run."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from assets.published import current
from tests.end_to_end.installation import Installation

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "examples" / "zylker" / "abm.yaml"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("user interface"),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: chromium)"),
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """`quintile dev` on a free port: its address and its home folder."""
    home = tmp_path_factory.mktemp("home")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quintile = str(Path(sys.executable).parent / "quintile")
    log = tmp_path_factory.mktemp("server") / "log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [quintile, "dev", "--port", str(port), "-c", str(DEMO), "--home", str(home)],
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=os.environ | {"PYTHONFAULTHANDLER": "1"},
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_up(address, server)
        yield address, home
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(timeout=60)
        except subprocess.TimeoutExpired:
            # A failure that tells where each process stands, and leaves nothing behind.
            os.killpg(server.pid, signal.SIGABRT)
            server.wait()
            pytest.fail(f"the server did not end:\n{log.read_text()[-20_000:]}")


def _wait_until_up(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(360):
        assert server.poll() is None, "the server ended by itself"
        try:
            with urllib.request.urlopen(f"{address}/server_info", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.5)
    raise TimeoutError(f"{address} did not answer")


def test_a_run_from_the_launchpad_publishes_what_the_command_line_publishes(
    served: tuple[str, Path], zylker: Installation, tmp_path: Path
) -> None:
    from playwright.sync_api import sync_playwright

    address, home = served
    with sync_playwright() as browsers:
        browser = browsers.chromium.launch_persistent_context(
            str(tmp_path / "profile"), executable_path=CHROMIUM, headless=True, args=FLAGS
        )
        page = browser.new_page()
        page.goto(f"{address}/locations/quintile/jobs/refresh_segments/playground")
        page.get_by_role("button", name="Launch Run").click(timeout=60_000)
        page.wait_for_url("**/runs/**", timeout=60_000)
        page.get_by_text("Success", exact=True).first.wait_for(timeout=240_000)

        page.goto(f"{address}/assets/marts/rpt_rfm_distribution?view=events")
        page.get_by_text("[Show Markdown]").first.click(timeout=60_000)
        plot = page.locator("img[alt='Accounts per RFM score']")
        plot.wait_for(timeout=30_000)
        assert plot.evaluate("image => image.naturalWidth") > 300, "the plot is drawn"

        page.goto(f"{address}/assets/landing/deals?view=checks")
        page.get_by_text("stage_is_known").first.wait_for(timeout=60_000)
        browser.close()

    assert current(home / "published").content_hash == zylker.publication.content_hash
