"""A measured process is charged with what it used, and with nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.measuring import Measurement, Sample, measure


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


def test_a_large_benchmark_process_does_not_hide_a_small_child() -> None:
    mine = bytearray(300_000_000)
    found = measure(python("held = bytearray(60_000_000)"))
    assert 60 < found.peak_megabytes < len(mine) / 2**20


WORKER = "import time\nwhile time.process_time() < 0.5: pass\nheld = bytearray(90_000_000)\n"
LINGERING = """
import os, sys
parent = os.getppid()
open(sys.argv[1], "w")
while os.getppid() == parent:
    time.sleep(0.05)
"""
ABANDONING = """
import os, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", sys.argv[1], sys.argv[2]])
while not os.path.exists(sys.argv[2]):
    time.sleep(0.05)
time.sleep(1)
"""


def test_children_are_charged() -> None:
    waiting = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {WORKER!r}])"
    found = measure(python(waiting))
    assert found.cpu_seconds >= 0.5
    assert found.peak_megabytes > 90


def test_children_are_charged_even_if_nobody_waits_for_them(tmp_path: Path) -> None:
    found = measure([*python(ABANDONING), WORKER + LINGERING, str(tmp_path / "worked")])
    assert found.cpu_seconds >= 0.5
    assert found.peak_megabytes > 90


def test_a_failure_is_told_with_the_end_of_its_output(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"ended with 3\nlast words"):
        measure(python("print('last words'); raise SystemExit(3)"), log=tmp_path / "log")


def test_stages_share_the_cpu_between_samples_by_straight_lines() -> None:
    samples = (Sample(10.0, 0.0, 5.0), Sample(12.0, 2.0, 50.0), Sample(16.0, 4.0, 20.0))
    run = Measurement(6.0, 4.0, 50.0, samples)
    assert run.cpu_between(11.0, 14.0) == pytest.approx(1.0 + 1.0)
    assert run.cpu_between(10.0, 16.0) == pytest.approx(4.0)
    assert run.peak_between(13.0, 16.0) == 20.0
