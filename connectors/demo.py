"""The source of kind `demo`: the built-in CRM's export files, written once and then read as files.

They go into `<home>/demo_crm/<accounts>-<seed>-<business date>/`, so that another size, seed or day
never reads the files of an earlier one.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from connectors.errors import LandingError
from connectors.request import Landing
from models.sources import Source


def demo_source(landing: Landing) -> tuple[Source, Path]:
    """The file source that reads the demo CRM, and its folder; the files are written when absent.

    Raises LandingError when no business date is known.
    """
    demo = landing.source.demo
    assert demo is not None
    as_of = landing.organization.as_of or landing.as_of
    if as_of is None:
        raise LandingError(
            "the demo CRM is made for a business date, and none is known.",
            source=landing.mapping.table,
            field="organization.as_of",
            remedy="Set organization.as_of, or run with --as-of.",
        )
    root = landing.home_directory / "demo_crm"
    folder = root / f"{demo.accounts}-{demo.seed}-{as_of}"
    if not folder.exists():
        from connectors.zylker import write_demo

        root.mkdir(parents=True, exist_ok=True)
        # Processes that write at the same time write equal bytes; the first rename stays.
        writing = root / f".writing-{folder.name}-{os.getpid()}"
        shutil.rmtree(writing, ignore_errors=True)
        write_demo(writing, accounts=demo.accounts, seed=demo.seed, as_of=as_of, shape="csv")
        if folder.exists():
            shutil.rmtree(writing)
        else:
            writing.rename(folder)
    declared = landing.source.model_dump(exclude={"demo", "files", "folder"}, exclude_none=True)
    return Source.model_validate({**declared, "files": ["*.csv"]}), folder
