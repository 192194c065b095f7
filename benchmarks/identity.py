"""How true proposed duplicates are, and what proposing them costs.

    python -m benchmarks.identity [--only quality cost] [--accounts 5000 500000]
                                  [--results [DIRECTORY]]

Quality is that of contacts on `splink_fake_1000`, which is read where QUINTILE_DATA points to:
precision, recall and F1 against its 2,031 true pairs, by least probability. What has a constant was
chosen on the even clusters (`ml.identity.comparisons`), so the odd ones are told beside all; that
pairs follow from third records, and the default of 90, were chosen with all clusters in view. A
pair counts for a half when both its records are in it. *Without third records* are the pairs that
are not proposed only because both are the same as a third record. Cost is that of a process that
makes identifiers of the demo CRM's accounts and contacts comparable and proposes duplicates, beside
what was planted there.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
import pandas as pd

from benchmarks.measuring import measure
from benchmarks.results import RESULTS, machine, write_result
from ml.identity.blocks import Bounds
from ml.identity.proposals import (
    BY_THIRD,
    account_proposals,
    contact_proposals,
)
from models.identity import Identity

MODULE = "benchmarks.identity"
DATA_SET: Final = "splink_fake_1000"
CHOSEN: Final = Identity()
BOUNDS: Final = Bounds(CHOSEN.largest_block, CHOSEN.most_pairs)
DEFAULT_PROBABILITY: Final = float(CHOSEN.min_probability)
PROBABILITIES: Final = (50.0, 80.0, 90.0, 95.0, 99.0, 99.9)
AIMS: Final = (0.95, 0.85)
"""Precision and recall that were asked for at the default."""
TOLD: Final = "told.json"
AS_OF: Final = date(2026, 6, 30)
Row = dict[str, Any]
Pairs = set[tuple[str, str]]


def main() -> None:
    """Measure quality where the data is, then cost; print tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--only", nargs="*", choices=("quality", "cost"), default=["quality", "cost"]
    )
    parser.add_argument("--accounts", type=int, nargs="*", default=[5_000])
    parser.add_argument("--propose", type=Path, help=argparse.SUPPRESS)
    parser.add_argument(
        "--results", type=Path, nargs="?", const=RESULTS, help="write the figures here as JSON"
    )
    arguments = parser.parse_args()
    if arguments.propose is not None:
        told = json.dumps(proposed(arguments.propose))
        (arguments.propose / TOLD).write_text(told, encoding="utf-8")
        return
    rows: list[Row] = []
    if "quality" in arguments.only:
        folder = os.environ.get("QUINTILE_DATA")
        if folder:
            rows.append(quality(Path(folder) / DATA_SET))
            print("\n".join([f"\n{DATA_SET}\n", *quality_table(rows[-1])]), flush=True)
        else:
            print(f"{DATA_SET} is left out: QUINTILE_DATA names no folder with the real data sets")
    for accounts in arguments.accounts if "cost" in arguments.only else ():
        rows.append(cost(accounts))
        print("\n".join(["", *cost_table(rows[-1:])]), flush=True)
    if arguments.results:
        write_result(arguments.results, MODULE, rows, known_by="data_set")


def people(folder: Path) -> tuple[pd.DataFrame, dict[str, int]]:
    """Records of the set as contacts, and the cluster of each."""
    with (folder / "fake_1000.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {
        "contact_id": "unique_id", "account_id": None, "first_name": "first_name",
        "last_name": "surname", "email": "email", "phone": None, "billing_country": None,
        "city": "city", "birth_date": "dob",
    }  # fmt: skip
    frame = pd.DataFrame(
        {
            name: pd.Series(
                [(row[origin] or None) if origin else None for row in rows], dtype=object
            )
            for name, origin in columns.items()
        }
    )
    return frame, {row["unique_id"]: int(row["cluster"]) for row in rows}


def true_pairs(clusters: dict[str, int]) -> Pairs:
    """Pairs of records of one cluster, the smaller key first."""
    members: dict[int, list[str]] = defaultdict(list)
    for record, cluster in clusters.items():
        members[cluster].append(record)
    return {pair for group in members.values() for pair in combinations(sorted(group), 2)}


def quality(folder: Path) -> Row:
    """Precision, recall and F1 at several probabilities, by half and in all."""
    contacts, clusters = people(folder)
    truth = true_pairs(clusters)
    halves: dict[str, Callable[[int], bool]] = {
        "even clusters": lambda cluster: cluster % 2 == 0,
        "odd clusters": lambda cluster: cluster % 2 == 1,
        "all": lambda _: True,
    }
    found = []
    for least in PROBABILITIES:
        pairs = contact_proposals(contacts, BOUNDS, least).pairs
        keys = list(zip(pairs["contact_id"], pairs["other_contact_id"], strict=True))
        by_third = pairs["found_by"].to_numpy(object) == BY_THIRD
        direct = {pair for pair, third in zip(keys, by_third, strict=True) if not third}
        for name, chosen in halves.items():
            kept = {record for record, cluster in clusters.items() if chosen(cluster)}
            found.append(_figures(least, name, _among(set(keys), kept), _among(truth, kept)))
        found.append(_figures(least, "all, without third records", direct, truth))
    return {"data_set": DATA_SET, "true_pairs": len(truth), "figures": found, "machine": machine()}


def _among(pairs: Pairs, kept: set[str]) -> Pairs:
    return {pair for pair in pairs if kept.issuperset(pair)}


def _figures(least: float, part: str, said: Pairs, truth: Pairs) -> Row:
    right = len(said & truth)
    precision, recall = right / max(len(said), 1), right / max(len(truth), 1)
    return {
        "least_probability": least,
        "part": part,
        "proposed": len(said),
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / max(precision + recall, 1e-12),
    }


def quality_table(row: Row) -> list[str]:
    """The set as lines, with what was asked for at the default."""
    lines = ["least probability | part | proposed | precision | recall | F1 | wanted"]
    for found in row["figures"]:
        is_asked = (found["least_probability"], found["part"]) == (DEFAULT_PROBABILITY, "all")
        wanted = " / ".join(f"{aim:.2f}" for aim in AIMS) if is_asked else ""
        cells = [f"{found['least_probability']:g}", found["part"], f"{found['proposed']:,}"]
        cells += [f"{found[name]:.3f}" for name in ("precision", "recall", "f1")]
        lines.append(" | ".join([*cells, wanted]))
    return lines


def cost(accounts: int) -> Row:
    """What a process needs for a demo CRM, and what it finds of the planted."""
    from connectors.zylker import write_demo

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        modules = ("accounts", "contacts")
        write_demo(folder, accounts=accounts, as_of=AS_OF, shape="parquet", modules=modules)
        used = measure([sys.executable, "-m", MODULE, "--propose", str(folder)])
        told: Row = json.loads((folder / TOLD).read_text(encoding="utf-8"))
    return {
        "data_set": f"demo CRM, {accounts} accounts",
        "accounts": accounts,
        "seconds": used.wall_seconds,
        "cpu_seconds": used.cpu_seconds,
        "peak_megabytes": used.peak_megabytes,
        **told,
        "machine": machine(),
    }


def cost_table(rows: list[Row]) -> list[str]:
    """The costs as lines."""
    lines = [
        "accounts | contacts | s | CPU s | MB | pairs compared | proposed | planted | of them found"
    ]
    for row in rows:
        cells = [f"{row['accounts']:,}", f"{row['contacts']:,}"]
        cells += [
            f"{row['seconds']:.1f}",
            f"{row['cpu_seconds']:.1f}",
            f"{row['peak_megabytes']:,.0f}",
        ]
        cells += [f"{row[name]:,}" for name in ("compared", "proposed", "planted", "planted_found")]
        lines.append(" | ".join(cells))
    return lines


def proposed(folder: Path) -> Row:
    """Propose duplicates among the newest records of a demo CRM, as a run would."""
    told: Row = {"contacts": 0, "compared": 0, "proposed": 0, "planted": 0, "planted_found": 0}
    for noun, query, propose in (
        ("accounts", ACCOUNTS, account_proposals),
        ("contacts", CONTACTS, contact_proposals),
    ):
        with duckdb.connect(config={"memory_limit": "1GB"}) as connection:
            frame = connection.execute(query.format(folder=folder)).df()
            planted = connection.execute(
                f"select least(record_id, same_as_id), greatest(record_id, same_as_id) "
                f"from '{folder}/truths/duplicates.parquet' "
                f"where \"table\" = '{noun}' and kind = 'duplicate'"
            ).fetchall()
        records = frame.astype(object).where(frame.notna(), None)
        found = propose(records, BOUNDS, DEFAULT_PROBABILITY)
        key = str(frame.columns[0])
        there = _among(set(planted), set(frame[key]))
        pairs = set(zip(found.pairs[key], found.pairs[f"other_{key}"], strict=True))
        told["compared"] += found.compared_count
        told["proposed"] += len(pairs)
        told["planted"] += len(there)
        told["planted_found"] += len(there & pairs)
        told["contacts"] = int(np.size(frame[key]))
        for line in found.left_out:
            print(line, file=sys.stderr, flush=True)
    return told


ACCOUNTS: Final = """
select
    "Account Id" as account_id, "Account Name" as account_name, "Website" as website,
    "Phone" as phone, "Billing Country" as billing_country, "Billing City" as billing_city
from '{folder}/Accounts.parquet'
where not "Is Deleted" and "Merged Into Id" is null
qualify row_number() over (partition by "Account Id" order by "Modified Time" desc) = 1
"""
CONTACTS: Final = """
select
    contacts."Contact Id" as contact_id, contacts."Account Id" as account_id,
    contacts."First Name" as first_name, contacts."Last Name" as last_name,
    contacts."Email" as email, contacts."Phone" as phone,
    accounts."Billing Country" as billing_country, null::varchar as city,
    null::varchar as birth_date
from '{folder}/Contacts.parquet' as contacts
inner join '{folder}/Accounts.parquet' as accounts using ("Account Id")
where not contacts."Is Deleted" and not accounts."Is Deleted"
    and accounts."Merged Into Id" is null
qualify row_number() over (
    partition by contacts."Contact Id" order by contacts."Modified Time" desc
) = 1
"""


if __name__ == "__main__":
    main()
