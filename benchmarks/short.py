"""The short look at everything, for `make bench`: a few minutes, and the ratios that count.

    python -m benchmarks.short [--accounts 2000]

It measures the run beside the bare SQL, RFM beside what one would write instead (on the home that
the run left), and a load that changes 1 % of the deals. Sizes are small, so that fixed costs weigh
heavily; docs/benchmarks.md holds the large ones.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks import incremental, refresh, rfm
from benchmarks.crm import warm_up

ACCOUNTS = 2_000
REPEATS = 1


def main() -> None:
    """Measure and print everything at one small size and the floor."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--accounts", type=int, default=ACCOUNTS)
    accounts = parser.parse_args().accounts
    warm_up()
    with tempfile.TemporaryDirectory(prefix="quintile-bench-") as temporary:
        base = Path(temporary)
        whole = [refresh.measured(size, base / str(size)) for size in (refresh.FLOOR, accounts)]
        ways = [rfm.measured(accounts, base / str(accounts), REPEATS)]
        changes = [incremental.measured(accounts, 0.01, base / str(accounts))]
    titled: dict[str, list[str]] = {
        "The whole run beside the bare SQL of the same tables": refresh.totals(whole),
        "Stages": refresh.stages(whole),
        "Parts of the run beside the bare SQL": refresh.parts(whole),
        "Groups of dbt beside the same statements alone": refresh.groups(whole[1:]),
        "RFM beside what one would write instead": rfm.table(ways),
        "A load that changes 1 % of the deals beside a full one": incremental.table(changes),
    }
    for title, lines in titled.items():
        print(f"\n{title}\n")
        print("\n".join(lines))


if __name__ == "__main__":
    main()
