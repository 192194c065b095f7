"""Which section of the runbooks fits a failure: the one list of sections and the words they go by.

`quintile status` and the checks in the Dagster UI point into `docs/runbooks.md` by this list. Add a
section there and here when a failure has a cure of its own; never put the cure here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

FILE: Final = "docs/runbooks.md"


@dataclass(frozen=True)
class Runbook:
    """One section of the runbooks.

    Attributes:
        title: Heading of the section.
        words: Regular expressions; a message that one of them is found in is this failure.
    """

    title: str
    words: tuple[str, ...]

    @property
    def section(self) -> str:
        """Where it stands, as a link: the file and the heading's anchor."""
        return f"{FILE}#{re.sub('[^a-z -]', '', self.title.lower()).replace(' ', '-')}"


NEWER: Final = Runbook(
    "The home folder was made by a newer version", ("by a newer version of Quintile",)
)
KILLED: Final = Runbook("A run was killed", ("process of this run was killed",))
HELD: Final = Runbook(
    "The warehouse is held by another run", ("Wait until it has finished, or stop that process",)
)
FULL: Final = Runbook(
    "The disk is full",
    (
        "(?i)no space left",
        "(?i)file too large",
        "(?i)disk quota exceeded",
        "database or disk is full",
        "disk I/O error",
    ),
)
COLUMNS: Final = Runbook(
    "A column is missing or renamed",
    ("the columns do not fit", "Map the field to its new column"),
)
MISSING: Final = Runbook(
    "An export is missing",
    ("no file holds the table", "Check that the source exists", "Check the file pattern"),
)
DAMAGED_FILE: Final = Runbook("A file is damaged", ("nothing of it was landed",))
BAD_ROWS: Final = Runbook("Too many rows are bad", (r"rows are bad .* more than the limit",))
SNAPSHOT: Final = Runbook(
    "A snapshot lost too many rows",
    ("snapshot_is_whole", "snapshot_is_not_empty", "fewer, the limit is"),
)
LANDED: Final = Runbook(
    "What has landed does not agree with its manifest",
    ("row_balance", "the manifest cannot be read", "the manifest says"),
)
WAREHOUSE: Final = Runbook(
    "The warehouse file is damaged",
    ("not a valid DuckDB database", "was put aside as", "(?i)checksum", "(?i)corrupt"),
)
PUBLISHED: Final = Runbook(
    "The published copy cannot be read",
    ("Every version beside it is kept", "the published version .* cannot be read"),
)
TEST: Final = Runbook(
    "A test of the data failed", ("^dbt: ", "rows; the query: ", "blocking asset check")
)
CONFIGURATION: Final = Runbook(
    "The configuration is faulty",
    (r"\.yaml:\d+", "Correct the configuration", "SEG-14", "--rewind"),
)
STALE: Final = Runbook("The daily run was missed", ("see whether the daily schedule is on",))

RUNBOOKS: Final = (
    NEWER, KILLED, HELD, FULL, COLUMNS, MISSING, DAMAGED_FILE, BAD_ROWS, SNAPSHOT, LANDED,
    PUBLISHED, WAREHOUSE, TEST, CONFIGURATION, STALE,
)  # fmt: skip
"""Most telling words first: a message is the first failure whose words it holds."""


def runbook_of(message: str) -> Runbook | None:
    """The section that fits a message; None when it is none of the likely failures."""
    for runbook in RUNBOOKS:
        if any(re.search(words, message, re.MULTILINE) for words in runbook.words):
            return runbook
    return None
