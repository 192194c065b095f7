"""The pages of results say what their stored figures say, and nothing that nobody measured."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import page
from benchmarks.results import RESULTS


@pytest.mark.parametrize(
    ("written", "made"),
    [
        (page.PAGE, page.page),
        (page.CARDS_PAGE, page.cards_page),
        (page.PREDICTIONS_PAGE, page.predictions_page),
        (page.VOICE_PAGE, page.voice_page),
        (page.IDENTITY_PAGE, page.identity_page),
    ],
)
def test_a_page_is_that_of_its_figures(written: Path, made: Callable[[Path], str]) -> None:
    """`python -m benchmarks.page` writes them anew."""
    assert written.read_text(encoding="utf-8") == made(RESULTS)
