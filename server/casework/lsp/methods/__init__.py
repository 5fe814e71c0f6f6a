"""What serves the `casework/...` methods, one module per family; importing this registers all of them."""

from __future__ import annotations

from casework.lsp.methods import (
    board,
    checks,
    daemon,
    drafts,
    reviews,
    rules,
    skeletons,
    surveys,
    tasks,
    trust,
    upkeep,
    verdicts,
)

__all__ = [
    "board",
    "checks",
    "daemon",
    "drafts",
    "reviews",
    "rules",
    "skeletons",
    "surveys",
    "tasks",
    "trust",
    "upkeep",
    "verdicts",
]
