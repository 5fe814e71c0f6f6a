"""Every pair of a status and a move, against the table of the product as it is written there."""

from __future__ import annotations

from typing import get_args

import pytest

from casework.domain.envelope import ActorKind
from casework.domain.errors import Refused
from casework.domain.status import MOVES, STATUSES, MoveName, Status, check_move

# The product's table, row by row: move, from, to, who.
TABLE: tuple[tuple[MoveName, str, str | None, str], ...] = (
    ("propose", "-", "proposed", "agent detector tracker"),
    ("add", "-", "backlog", "human"),
    ("review", "-", "in_review", "human"),
    ("accept", "proposed", "backlog", "human"),
    ("dismiss", "proposed", "dropped", "human"),
    ("start", "proposed backlog", "queued", "human"),
    ("begin", "queued", "running", "daemon"),
    ("ask", "running", "waiting", "agent daemon"),
    ("lose_model", "running waiting", "waiting", "daemon"),
    ("resume", "waiting", "running", "human daemon"),
    ("open_review", "running", "in_review", "daemon"),
    ("stop", "queued running waiting", "stopped", "human daemon"),
    ("send_back", "running", "queued", "daemon"),
    ("fail", "running", "failed", "daemon"),
    ("settle", "running", "read", "daemon"),
    ("retry", "stopped failed", "queued", "human"),
    ("request_changes", "in_review", "queued", "human"),
    ("approve", "in_review", "landing", "human"),
    ("finish_reading", "in_review", "read", "human"),
    ("land", "landing", "landed", "daemon"),
    ("land_part", "landing", "queued", "daemon"),
    ("hand_back", "landing", "in_review", "daemon"),
    ("undo", "landed", "in_review", "human"),
    ("undo_part", "queued running waiting stopped failed", "in_review", "human"),
    ("snooze", "proposed backlog waiting in_review landed read stopped failed dropped", "snoozed", "human"),
    ("wake", "snoozed", None, "human daemon"),
    ("drop", "proposed backlog queued running waiting in_review read stopped failed snoozed", "dropped", "human"),
    ("restore", "dropped", "backlog", "human"),
)
ACTORS: tuple[ActorKind, ...] = get_args(ActorKind)
PLACES: tuple[Status | None, ...] = (None, *STATUSES)


def test_the_table_has_every_move_and_no_other() -> None:
    assert {row[0] for row in TABLE} == set(MOVES) == set(get_args(MoveName))


@pytest.mark.parametrize(("name", "starts", "to", "who"), TABLE, ids=[row[0] for row in TABLE])
def test_a_move_is_legal_exactly_where_the_table_has_it(name: MoveName, starts: str, to: str | None, who: str) -> None:
    assert MOVES[name].to == to
    for status in PLACES:
        for actor in ACTORS:
            legal = (status or "-") in starts.split() and actor in who.split()
            if legal:
                check_move(name, status, number=7, actor=actor)
                continue
            with pytest.raises(Refused, match=r"^Task 7 can't .+\.$"):
                check_move(name, status, number=7, actor=actor)


def test_nothing_that_is_no_human_can_approve_undo_or_accept() -> None:
    for name in (
        "approve",
        "undo",
        "undo_part",
        "accept",
        "finish_reading",
        "start",
        "retry",
        "request_changes",
        "restore",
    ):
        assert MOVES[name].who == {"human"}


def test_a_refused_move_names_what_is_possible_instead() -> None:
    with pytest.raises(Refused) as refusal:
        check_move("approve", "landed", number=3, actor="human")
    assert refusal.value.sentence == "Task 3 can't be approved: it is landed, and nothing was changed; you can undo it."
    assert refusal.value.code == "wrong_status"
