"""A task's status and every legal move; whatever is not in `MOVES` is refused with a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from casework.domain.envelope import ActorKind
from casework.domain.errors import Refused

Status = Literal[
    "proposed", "backlog", "queued", "running", "waiting", "in_review", "landing",
    "landed", "read", "stopped", "failed", "snoozed", "dropped",
]  # fmt: skip
MoveName = Literal[
    "propose", "add", "review", "accept", "dismiss", "start", "begin", "ask", "lose_model", "resume", "open_review",
    "stop", "fail", "retry", "request_changes", "approve", "finish_reading", "land", "hand_back", "undo", "snooze",
    "wake", "drop", "restore", "send_back", "settle", "land_part", "undo_part",
]  # fmt: skip

STATUSES: Final[tuple[Status, ...]] = (
    "proposed", "backlog", "queued", "running", "waiting", "in_review", "landing",
    "landed", "read", "stopped", "failed", "snoozed", "dropped",
)  # fmt: skip
NOWHERE: Final[frozenset[Status | None]] = frozenset({None})


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the table: from where, to where (None: back to where it was before), by whom."""

    starts: frozenset[Status | None]
    to: Status | None
    who: frozenset[ActorKind]
    words: str
    """What a human calls it, after 'can't'."""


def _move(starts: str, to: Status | None, who: str, words: str) -> Move:
    wanted = starts.split()
    known: dict[str, Status] = {status: status for status in STATUSES}
    kinds: dict[str, ActorKind] = {
        "human": "human", "agent": "agent", "daemon": "daemon", "detector": "detector", "tracker": "tracker",
    }  # fmt: skip
    return Move(
        starts=frozenset(known[word] for word in wanted) if wanted else NOWHERE,
        to=to,
        who=frozenset(kinds[word] for word in who.split()),
        words=words,
    )


def _all_but(*left_out: Status) -> str:
    return " ".join(status for status in STATUSES if status not in left_out)


MOVES: Final[dict[MoveName, Move]] = {
    "propose": _move("", "proposed", "agent detector tracker", "be proposed"),
    "add": _move("", "backlog", "human", "be added"),
    "review": _move("", "in_review", "human", "be opened for review"),
    "accept": _move("proposed", "backlog", "human", "be accepted into the backlog"),
    "dismiss": _move("proposed", "dropped", "human", "be dismissed"),
    "start": _move("proposed backlog", "queued", "human", "be started"),
    "begin": _move("queued", "running", "daemon", "begin to run"),
    "ask": _move("running", "waiting", "agent daemon", "wait for an answer"),
    "lose_model": _move("running waiting", "waiting", "daemon", "wait for its model"),
    "resume": _move("waiting", "running", "human daemon", "go on"),
    "open_review": _move("running", "in_review", "daemon", "open its review"),
    "settle": _move("running", "read", "daemon", "end without a change"),
    "stop": _move("queued running waiting", "stopped", "human daemon", "be stopped"),
    "send_back": _move("running", "queued", "daemon", "be sent back to its agent"),
    "fail": _move("running", "failed", "daemon", "fail"),
    "retry": _move("stopped failed", "queued", "human", "be retried"),
    "request_changes": _move("in_review", "queued", "human", "be sent back"),
    "approve": _move("in_review", "landing", "human", "be approved"),
    "finish_reading": _move("in_review", "read", "human", "be closed as read"),
    "land": _move("landing", "landed", "daemon", "land"),
    "land_part": _move("landing", "queued", "daemon", "land in part, its rest sent back"),
    "hand_back": _move("landing", "in_review", "daemon", "be handed back"),
    "undo": _move("landed", "in_review", "human", "be undone"),
    "undo_part": _move("queued running waiting stopped failed", "in_review", "human", "be undone"),
    "snooze": _move(_all_but("queued", "running", "landing", "snoozed"), "snoozed", "human", "be snoozed"),
    "wake": _move("snoozed", None, "human daemon", "be woken"),
    "drop": _move(_all_but("landing", "landed", "dropped"), "dropped", "human", "be dropped"),
    "restore": _move("dropped", "backlog", "human", "be restored"),
}

_INSTEAD: Final[dict[Status, str]] = {
    "proposed": "accept, start or dismiss it",
    "backlog": "start or drop it",
    "queued": "wait until it runs, or stop it",
    "running": "wait for its review, or stop it",
    "waiting": "answer its question if it has one, or stop it",
    "in_review": "approve it, request changes or drop it",
    "landing": "wait until it has landed or is handed back",
    "landed": "undo it",
    "read": "drop it, or open the range again",
    "stopped": "retry or drop it",
    "failed": "retry or drop it",
    "snoozed": "wake or drop it",
    "dropped": "restore it",
}


def check_move(name: MoveName, status: Status | None, *, number: int | None, actor: ActorKind) -> None:
    """Let a legal move pass.

    Raises:
        Refused: the table does not have it; the sentence names the task, its status and what is possible instead.
    """
    move = MOVES[name]
    what = f"Task {number}" if number is not None else "The task"
    if actor not in move.who:
        allowed = " or ".join(sorted(move.who))
        raise Refused(
            f"{what} can't {move.words} by the {actor}: only the {allowed} may do that, and nothing was changed.",
            code="not_yours",
        )
    if status not in move.starts:
        instead = _INSTEAD[status] if status is not None else "add it first"
        shown = status.replace("_", " ") if status is not None else "not there"
        raise Refused(
            f"{what} can't {move.words}: it is {shown}, and nothing was changed; you can {instead}.",
            code="wrong_status",
        )


def is_open(status: Status) -> bool:
    """Tell whether something may still happen to a task in this status without being taken back first."""
    return status not in ("landed", "read", "dropped")
