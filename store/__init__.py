"""What have people and runs done? The operational ledger.

Holds configuration revisions, runs, exports and answers to hand-offs on SQLite, or on PostgreSQL by
URL, with migrations that run by themselves. Add a table here for every deed that must be
remembered: a model in `tables`, a migration, a record in `records`, a repository module. Never
analytics: what can be computed from landed data belongs into the warehouse.

The concept: every method takes the clock as an argument and returns frozen records; callers never
see a session.
"""

from store.ledger import Store
from store.opening import StoreError, store_fault
from store.records import (
    Answer,
    ConfigurationRevision,
    Export,
    ExportStatus,
    HandoffAnswer,
    RevisionAction,
    Run,
    RunState,
)

__all__ = [
    "Answer",
    "ConfigurationRevision",
    "Export",
    "ExportStatus",
    "HandoffAnswer",
    "RevisionAction",
    "Run",
    "RunState",
    "Store",
    "StoreError",
    "store_fault",
]
