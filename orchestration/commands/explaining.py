"""`quintile explain`: why an account is in or out, and what would change it (BEY-1, BEY-7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.commands.published_rows import AskedAccount, asked_account
from orchestration.commands.tables import show_json, show_table
from orchestration.options import (
    DEFAULT,
    ConfigurationOption,
    HomeOption,
    JsonOption,
    reporting,
    say,
)

if TYPE_CHECKING:
    from orchestration.commands.published_accounts import (
        Account,
        PublishedAccounts,
        SegmentState,
    )

GLOBAL = ("global", "global_criteria", "scope")


@reporting
def explain(
    account: Annotated[str, typer.Argument(help="Id or name of the account.")],
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="[SEGMENT|LABEL]",
            help="Segment id, label id such as rfm.lost, or `global` for the global criteria.",
        ),
    ] = None,
    config: ConfigurationOption = DEFAULT,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell why an account is in or out of a segment, label or scope, and what would change it.

    Without a target: scope, scores with the cut-points around them, labels, and every segment.
    With one: every condition with the actual value, whether it holds, since when the account is a
    member and why it entered, and the smallest change that would flip the outcome. Reads the
    published copy; accounts outside the scope can be asked for as well.

    Examples: quintile explain "Acme Clinic"
              quintile explain zcrm_5843001000000001 rfm.lost
    """
    from orchestration.commands.explanation import document_of

    subject = "global_criteria" if target in GLOBAL else target
    with asked_account(account, config, home) as found:
        if as_json:
            show_json(document_of(found.accounts, found.account, subject, found.publication))
            return
        _show_head(found)
        if subject is None:
            _show_overview(found.accounts, found.account)
        else:
            _show_target(found.accounts, found.account, subject)


def _show_head(found: AskedAccount) -> None:
    from models.configuration import definition_hash
    from orchestration.commands.explanation import scope_words

    say(found.head)
    if definition_hash(found.configuration) != found.publication.definition_hash:
        say("  ! The configuration has changed since this copy was published: conditions are")
        say("    today's, scores, labels and members are those of the copy. `quintile run` brings")
        say("    them together.")
    say(f"  {scope_words(found.account)}")
    say()


def _show_overview(accounts: PublishedAccounts, account: Account) -> None:
    if not account.is_in_scope:
        _show_outside(accounts, account)
        return
    _show_scores(accounts, account)
    labels = accounts.labels(account)
    rows = [
        (technique, label_id, name, "first" if is_primary else "")
        for technique, label_id, name, is_primary in labels
    ]
    show_table(["technique", "label", "name", ""], rows, title="Labels", empty="no label")
    say()
    states = accounts.segments(account)
    show_table(
        ["segment", "", "since", "last change", "cause", "criteria hold"],
        [_state_row(state) for state in states],
        title="Segments",
        empty="no segment is configured",
    )
    say()
    say("Ask for one of them: quintile explain ACCOUNT SEGMENT, or a label, or `global`.")


def _show_outside(accounts: PublishedAccounts, account: Account) -> None:
    """Outside the scope there is only what the ledger still knows (SEG-12)."""
    states = [state for state in accounts.segments(account) if state.last_event]
    show_table(
        ["segment", "", "since", "last change", "cause", "criteria hold"],
        [_state_row(state) for state in states],
        title="Segments it was in",
        empty="none: accounts outside the scope are not scored, labelled or segmented",
    )
    say()
    say("Ask for `global` to see every condition of the scope with its actual value.")


def _show_scores(accounts: PublishedAccounts, account: Account) -> None:
    scores = accounts.scores(account)
    if not scores:
        return
    rows = [
        (s.metric, s.value, s.score, s.begins_at or "the worst value", s.next_begins_at or "-")
        for s in scores
        if s.score is not None
    ]
    show_table(
        ["metric", "value", "score", "this score begins", "the next one begins"],
        rows,
        title="RFM scores (5 is best; recency counts days since the last purchase)",
        empty="unscored: no purchase up to the business date (RFM-29)",
    )
    say()


def _state_row(state: SegmentState) -> tuple[Any, ...]:
    inside = "in" if state.is_member else ("waiting" if state.is_hidden else "out")
    change = f"{state.last_event} {state.last_event_on}" if state.last_event else ""
    cause = (state.cause or "").replace("_", " ")
    return (state.segment_id, inside, state.entered_on, change, cause, state.is_matching)


def _show_target(accounts: PublishedAccounts, account: Account, subject: str) -> None:
    from orchestration.commands.explanation import (
        nearest_words,
        title_of,
        tree_lines,
        verdict_lines,
    )

    evidence = accounts.evidence(account, subject)
    say(title_of(accounts, subject))
    for line in verdict_lines(accounts, account, subject, evidence):
        say(f"  {line}")
    say()
    for line in tree_lines(evidence, accounts):
        say(f"  {line}")
    if not evidence.is_whole:
        say()
        say("  Contacts and deals of accounts outside the scope are not published: conditions on")
        say("  them are shown as if there were none.")
    say()
    say(f"  {nearest_words(accounts, account, subject, evidence)}")
    if subject.startswith("rfm."):
        say()
        _show_scores(accounts, account)
