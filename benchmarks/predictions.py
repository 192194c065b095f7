"""How true predictions are, beside simple rates: the demo CRM, real data, any configuration.

    python -m benchmarks.predictions [--only NAME ...] [--accounts 5000] [--config PATH ...]
                                     [--results [DIRECTORY]]

Every data set is refreshed into a fresh home by `quintile run`; what it publishes about the test of
its questions is laid side by side: the method that answers, and what the same rate for all, rates
by recency alone and rates by label would have said. Every one is learned before the newest window
and tested in it; the windows before it chose the method.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks.crm import quintile, warm_up
from benchmarks.examples import examples
from benchmarks.results import RESULTS, machine, write_result

MODULE = "benchmarks.predictions"
Row = dict[str, Any]
SETS: Final = ("zylker", "cdnow", "maven_crm_sales", "northwind")
METHODS: Final = {
    "logistic": "the model",
    "recency": "rates by recency alone",
    "rates": "rates by label",
    "base_rate": "the base rate for all",
}
"""In the order of the table."""


def main() -> None:
    """Run every data set, print how true its predictions are and where rates were truer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--accounts", type=int, default=5_000, help="accounts of the demo CRM")
    parser.add_argument("--config", type=Path, nargs="+", help="these instead of the examples")
    parser.add_argument("--keep", type=Path, help="keep homes in this folder")
    parser.add_argument(
        "--results", type=Path, nargs="?", const=RESULTS, help="write the figures here as JSON"
    )
    arguments = parser.parse_args()
    warm_up()
    with tempfile.TemporaryDirectory(prefix="quintile-predictions-") as temporary:
        base = (arguments.keep or Path(temporary)).resolve()
        configurations = (
            {str(path): path.resolve() for path in arguments.config}
            if arguments.config
            else dict(examples(arguments.only, arguments.accounts, base))
        )
        rows = []
        for number, (name, configuration) in enumerate(configurations.items()):
            rows.append(measured(name, configuration, base / f"home-{number}"))
            print("\n".join([f"\n{name}\n", *table(rows[-1]), "", *verdict(rows[-1])]), flush=True)
            if arguments.results:
                write_result(arguments.results, MODULE, rows, known_by="data_set")


def measured(name: str, configuration: Path, home: Path) -> Row:
    """Refresh a fresh home and return what it publishes about the test of its questions."""
    from assets.published import open_published
    from orchestration.commands.published_rows import rows_of

    place = ["--config", str(configuration), "--home", str(home)]
    subprocess.run([quintile(), "run", *place], check=True, stdout=subprocess.DEVNULL)
    with open_published(home / "published") as connection:
        cards, methods = (
            rows_of(connection, f"select * exclude (as_of) from marts.{name} order by all")
            for name in ("rpt_prediction_cards", "rpt_prediction_methods")
        )
    for card in cards:
        card["tested_on"] = card["tested_on"] and str(card["tested_on"])
        for unread in ("features", "learned_from", "learned_until"):
            card.pop(unread)
    return {"data_set": name, "cards": cards, "methods": methods, "machine": machine()}


def table(row: Row) -> list[str]:
    """Every question by every method as lines; the one chosen before the test is marked."""
    lines = [
        "question | accounts | won | answered by | AUC | lift of the best tenth | "
        "calibration error | by chance | Brier skill | Brier score before the test"
    ]
    for card in tested(row):
        of = methods_of(row, card)
        for method in (name for name in METHODS if name in of):
            figures = of[method]
            cells = [
                card["prediction_id"],
                f"{card['tested_account_count']:,}",
                f"{card['tested_won_count'] / card['tested_account_count']:.1%}",
                METHODS[method] + (" (chosen)" if figures["is_chosen"] else ""),
                _figure(figures["auc"], 3),
                _figure(figures["top_tenth_lift"], 2),
                _figure(figures["calibration_error"], 4),
                _figure(figures["calibration_error_by_chance"], 4),
                f"{figures['brier_skill']:+.3f}",
                _figure(figures["brier_before"], 4),
            ]
            lines.append(" | ".join(cells))
    return lines if lines[1:] else []


def tested(row: Row) -> list[Row]:
    """Cards of questions whose answers were tested."""
    return [card for card in row["cards"] if card["tested_on"] is not None]


def methods_of(row: Row, card: Row) -> dict[str, Row]:
    """How true every method was, by method."""
    return {
        method["method"]: method
        for method in row["methods"]
        if method["prediction_id"] == card["prediction_id"]
    }


def verdict(row: Row) -> list[str]:
    """What answers today and why; where another method was truer in the test than the chosen."""
    return [line for card in row["cards"] for line in _verdict(row, card)]


def _verdict(row: Row, card: Row) -> Iterator[str]:
    question = card["prediction_id"]
    answer = "nothing" if card["method"] is None else METHODS[card["method"]]
    yield f"{question}: answered today by {answer}: {card['reason']}"
    if card["hindsight"] is not None:
        yield f"{question}: may flatter: {card['hindsight']}"
    if card["tested_on"] is None:
        yield f"{question}: not tested"
        return
    of = methods_of(row, card)
    chosen = of[card["tested_method"]]
    for method, figures in of.items():
        if figures["brier"] < chosen["brier"]:
            yield (
                f"{question}: {METHODS[method]} would have been truer in the test than "
                f"{METHODS[chosen['method']]}: Brier score {figures['brier']:.4f} beside "
                f"{chosen['brier']:.4f}, AUC {_figure(figures['auc'], 3)} beside "
                f"{_figure(chosen['auc'], 3)}"
            )


def _figure(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


if __name__ == "__main__":
    main()
