"""`quintile predict`: how likely an account is to win a deal with us, why, and how true it was."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from orchestration.commands.published_rows import asked_account, rows_of
from orchestration.commands.tables import show_json
from orchestration.options import (
    DEFAULT,
    ConfigurationOption,
    HomeOption,
    JsonOption,
    reporting,
    say,
)

_CARDS: Final = "select * exclude (as_of) from marts.rpt_prediction_cards order by prediction_id"


@reporting
def predict(
    account: Annotated[str, typer.Argument(help="Id or name of the account.")],
    config: ConfigurationOption = DEFAULT,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell how likely an account is to win a deal with us, for every question that is configured.

    Each probability comes with its lift over all accounts, the three strongest signs for (+) and
    against (-), and how true such probabilities were in the newest window of the past. Reads the
    published copy.

    Example: quintile predict "Acme Clinic"
    """
    needed = ("seg_account_predictions", "predictions")
    with asked_account(account, config, home, needed) as found:
        rows = rows_of(
            found.connection,
            "select * exclude (as_of, account_id) from marts.seg_account_predictions "
            "where account_id = ? order by prediction_id",
            found.account_id,
        )
        cards = {card["prediction_id"]: card for card in rows_of(found.connection, _CARDS)}
    if as_json:
        show_json({**found.document, "predictions": rows, "cards": list(cards.values())})
        return
    say(found.head)
    names = {prediction.id: prediction.name for prediction in found.configuration.predictions}
    for row in rows:
        _show(names.get(row["prediction_id"], row["prediction_id"]), row)
        _show_card(cards[row["prediction_id"]])
    if not rows:
        reasons = sorted({str(card["reason"]) for card in cards.values() if not card["method"]})
        why = "; ".join(reasons) or "the account is outside the scope, or no question is asked"
        say(f"  Nothing is said: {why}.")


def _show(name: str, row: dict[str, Any]) -> None:
    verdict = row["verdict"].replace("_", " ")
    times = "" if row["lift"] is None else f", {row['lift']:.1f} times that of all accounts"
    say()
    say(f"  {name}: {row['prediction_probability']} %, {verdict}{times}")
    for number in (1, 2, 3):
        if row[f"reason_{number}"] is not None:
            sign = "+" if row[f"contribution_{number}"] > 0 else "-"
            say(f"    {sign} {row[f'reason_{number}']}")


def _show_card(card: dict[str, Any]) -> None:
    say(f"    by {card['method']}: {card['reason']}")
    if card["tested_on"] is not None:
        auc = "-" if card["auc"] is None else f"{card['auc']:.3f}"
        say(
            f"    tested after {card['tested_on']} on {card['tested_account_count']:,} accounts: "
            f"AUC {auc}, Brier skill {card['brier_skill']:+.3f}, calibration error "
            f"{card['calibration_error']:.3f}"
        )
        simple = card.get("recency_auc")  # a copy of an earlier version does not have it
        if card["tested_method"] != "recency" and simple is not None:
            say(f"    by days since the last deal alone: AUC {simple:.3f}")
    if card["hindsight"] is not None:
        say(f"    may flatter: {card['hindsight']}")
