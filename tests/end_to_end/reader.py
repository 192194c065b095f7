"""A reader of the published copy, as a process: `python -m tests.end_to_end.reader FOLDER STOP`.

Looks until the file STOP exists, and once more after that. Each look opens the copy anew and reads
version and business date from several tables; each line printed is one look as JSON, or the error
that ended it.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from assets.published import open_published

STAMPED = ("dim_accounts", "fct_deals", "rpt_labels", "rpt_data_quality", "seg_segments", "rpt_run")
PAUSE_SECONDS = 0.5


def look(folder: Path) -> dict[str, object]:
    """Version and every business date that one opened copy shows."""
    with open_published(folder) as connection:
        ((version, as_of),) = connection.execute(
            "select version, as_of from main.publication"
        ).fetchall()
        dates = {str(as_of)}
        for table in STAMPED:
            found = connection.execute(f"select distinct as_of from marts.{table}").fetchall()
            dates |= {str(day) for (day,) in found}
            time.sleep(0.01)
    return {"version": version, "dates": sorted(dates)}


def main(folder: Path, stop: Path) -> None:
    """Look and print until told to stop; the last look begins after that was told."""
    is_told = False
    while not is_told:
        is_told = stop.exists()
        try:
            seen = look(folder)
        except Exception as error:
            seen = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(seen), flush=True)
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
