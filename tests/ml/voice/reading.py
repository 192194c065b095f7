"""How the tests ask an engine: one text in, its row out."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ml.voice.engine import Engine
from ml.voice.lessons import Lessons, lessons_from


def lessons(**tables: list[dict[str, Any]]) -> Lessons:
    return lessons_from(**{name: pd.DataFrame(rows) for name, rows in tables.items()})


def signals(body: object, subject: object = None, taught: Lessons | None = None) -> dict[str, Any]:
    frame = pd.DataFrame({"body": [body], "subject": [subject]}, dtype=object)
    row: dict[str, Any] = Engine(taught).classify(frame).to_dict("records")[0]
    return row
