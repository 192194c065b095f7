"""An explanation in words and as a document: verdict, conditions, nearest miss (BEY-1, BEY-2).

Holds what `explain` says; how it is laid out on a screen is `explaining`, what it reads is
`published_accounts`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from assets.published import Publication
from models.criteria import FieldLeaf, RelatedLeaf, leaves
from models.evidence import operator_and_threshold
from models.evidence_words import actual_words, evidence_tree, leaf_words, nearest_miss_words
from models.label_words import registered_label_words
from models.problems import dotted
from models.registry import EnsembleLabel
from orchestration.commands.published_accounts import (
    Account,
    Evidence,
    PublishedAccounts,
    SegmentState,
)

_REASONS = {
    "merged": "it was merged into another account (EDG-12)",
    "deleted": "it was deleted in the CRM (EDG-11)",
    "status": "its status means inactive (GLC-7)",
    "dormant": "nothing happened for too long (GLC-7)",
    "criteria": "it does not satisfy the global criteria (GLC-1)",
    "cap": "the cap on accounts was reached before it (GLC-5)",
}


_PSEUDO_LABELS = {
    "unscored": "Unscored means: no purchase up to the business date (RFM-29).",
    "unlabelled": "Unlabelled means: no label of the technique fits (TEC-10).",
}


def scope_words(account: Account) -> str:
    """Whether an account is in scope, else the reason and the first step it fails (BEY-6)."""
    if account.is_in_scope:
        return "in scope"
    reason = _REASONS.get(account.scope_reason or "", f"of {account.scope_reason}")
    if account.scope_reason == "merged":
        return f"outside the scope: {reason}; explain {account.survivor_id} instead"
    step = f"; first failing step: {account.failed_step}" if account.failed_step else ""
    return f"outside the scope: {reason}{step}"


def title_of(accounts: PublishedAccounts, subject: str) -> str:
    """What a subject is called: the scope, a label or a segment."""
    if subject == "global_criteria":
        return "Global criteria"
    labels = accounts.configuration.catalogue.labels
    if subject in labels:
        return f"Label {labels[subject]} ({subject})"
    segment = accounts.configuration.segment(subject)
    child = f", child of {segment.parent}" if segment.parent else ""
    return f"Segment {segment.name} ({segment.id}), {segment.nature}{child}"


def verdict_lines(
    accounts: PublishedAccounts, account: Account, subject: str, evidence: Evidence
) -> Iterator[str]:
    """The outcome in words; for a segment what the ledger says of it (BEY-2)."""
    holds = evidence.explanation.is_met
    if subject == "global_criteria":
        yield "in scope" if account.is_in_scope else "not in scope"
        if holds and not account.is_in_scope:
            yield "The criteria hold; it is another reason that keeps it outside."
        return
    if subject in accounts.configuration.catalogue.labels:
        has = any(label_id == subject for _, label_id, _, _ in accounts.labels(account))
        is_pseudo = subject.endswith((".unlabelled", ".unscored"))
        yield "has the label" if has or (is_pseudo and holds) else "does not have the label"
    else:
        yield from _membership_lines(accounts, account, subject, holds)
    if not account.is_in_scope:
        yield "Accounts outside the scope are not scored, labelled or segmented."


def _membership_lines(
    accounts: PublishedAccounts, account: Account, subject: str, holds: bool
) -> Iterator[str]:
    state = next((s for s in accounts.segments(account) if s.segment_id == subject), None)
    if state is None:
        yield "not computed yet: the segment is newer than the published copy; run `quintile run`"
        return
    cause = (state.cause or "").replace("_", " ")
    if state.is_member:
        yield f"member since {state.entered_on} ({state.last_event} {state.last_event_on}: {cause})"
    elif state.is_hidden:
        yield f"member, hidden while out of scope (since {state.last_event_on}: {cause}; SEG-12)"
    elif state.last_event:
        yield f"not a member; {state.last_event} on {state.last_event_on}: {cause}"
    else:
        yield "not a member, and never was"
    if account.is_in_scope and holds != state.is_member:
        yield _why_criteria_do_not_decide(state, holds)


def _why_criteria_do_not_decide(state: SegmentState, holds: bool) -> str:
    now = "hold" if holds else "do not hold"
    if state.nature == "static":
        return f"The criteria {now} today, but a static segment keeps its first members (SEG-7)."
    if state.nature == "semi_dynamic" and not holds:
        return f"The criteria {now} any more, but whoever entered stays (semi-dynamic, SEG-8)."
    if state.frame != "daily":
        frame = state.frame.replace("_", " ")
        return (
            f"The criteria {now} today; members are revised {frame}, last on {state.revised_on} "
            "(SEG-10)."
        )
    return f"The criteria of the configuration {now} on the published data."


def tree_lines(evidence: Evidence, accounts: PublishedAccounts) -> Iterator[str]:
    """The conditions as an indented tree: outcome, condition, actual value."""
    lines = evidence_tree(evidence.node, evidence.outcomes, accounts.moment.as_of)
    width = max(len(line.words) + 2 * line.depth for line in lines)
    for line in lines:
        words = f"{'  ' * line.depth}{line.words}"
        mark = "ok" if line.is_met else "NO"
        if line.leaf is None or line.outcome is None:
            yield f"{mark}  {words}"
        else:
            yield f"{mark}  {words.ljust(min(width, 76))}  {actual_words(line.leaf, line.outcome)}"


def nearest_words(
    accounts: PublishedAccounts, account: Account, subject: str, evidence: Evidence
) -> str:
    """The smallest change that flips the outcome, as one sentence."""
    pseudo = _PSEUDO_LABELS.get(subject.rpartition(".")[2])
    if pseudo is not None and subject in accounts.configuration.catalogue.labels:
        return pseudo
    registered = accounts.configuration.registered(subject)
    if registered is not None and registered.valid_from > accounts.moment.as_of:
        return f"Nobody has the label before {registered.valid_from} (LBL-4)."
    if isinstance(registered, EnsembleLabel):
        words = registered_label_words(registered)
        return f"An ensemble: {words}; `quintile predict` tells the probabilities."
    if not evidence.is_whole:
        return "The nearest miss cannot be told without the records that are not published."
    if subject == "global_criteria":
        verbs = ("satisfy the global criteria", "fail the global criteria")
    elif subject in accounts.configuration.catalogue.labels:
        verbs = ("get the label", "lose the label")
    else:
        verbs = ("enter", "leave")
        segment = accounts.configuration.segment(subject)
        if segment.nature == "static" or (
            segment.nature == "semi_dynamic" and evidence.explanation.is_met
        ):
            verbs = ("satisfy the criteria", "fail the criteria")
    words = nearest_miss_words(
        evidence.node, evidence.explanation, evidence.outcomes, accounts.moment.as_of, verbs
    )
    return f"Nearest miss: {words}."


def document_of(
    accounts: PublishedAccounts, account: Account, subject: str | None, publication: Publication
) -> dict[str, Any]:
    """Everything that is told, as one document for scripts."""
    document: dict[str, Any] = {
        "as_of": publication.as_of,
        "version": publication.version,
        "account": asdict(account),
    }
    if subject is None:
        document["scores"] = [asdict(score) for score in accounts.scores(account)]
        document["labels"] = [
            {"technique": technique, "label_id": label_id, "name": name, "is_primary": is_primary}
            for technique, label_id, name, is_primary in accounts.labels(account)
        ]
        document["segments"] = [asdict(state) for state in accounts.segments(account)]
        return document
    evidence = accounts.evidence(account, subject)
    states = [asdict(s) for s in accounts.segments(account) if s.segment_id == subject]
    return {
        **document,
        "subject": subject,
        "verdict": list(verdict_lines(accounts, account, subject, evidence)),
        "criteria_hold": evidence.explanation.is_met,
        "is_whole": evidence.is_whole,
        "membership": states[0] if states else None,
        "conditions": _conditions(accounts, evidence),
        "nearest_miss": {
            "changes": [asdict(change) for change in evidence.explanation.changes],
            "words": nearest_words(accounts, account, subject, evidence),
        },
    }


def _conditions(accounts: PublishedAccounts, evidence: Evidence) -> list[dict[str, Any]]:
    """Every leaf as one record: the evidence of BEY-1."""
    by_path = {outcome.path: outcome for outcome in evidence.outcomes}
    found = []
    for path, leaf in leaves(evidence.node):
        outcome = by_path[dotted(path) or "condition"]
        operator, threshold = operator_and_threshold(leaf)
        found.append(
            {
                "path": outcome.path,
                "field": leaf.field if isinstance(leaf, FieldLeaf) else None,
                "module": leaf.module if isinstance(leaf, RelatedLeaf) else "accounts",
                "condition": leaf_words(leaf, accounts.moment.as_of),
                "actual": outcome.actual,
                "operator": operator,
                "threshold": threshold,
                "is_met": outcome.is_met,
            }
        )
    return found
