"""A history told in events: what the domain tests are written with."""

from __future__ import annotations

from casework.domain import events as e
from casework.domain.board import Board
from casework.domain.envelope import Actor, Draft, Recorded
from casework.domain.ids import BlobHash, CommitId, HunkId, LandingId, RunId, StreamId, TaskId
from casework.domain.task import Task

HUMAN = Actor(kind="human", id="ada", via="cli")
A, B, N = CommitId("a" * 40), CommitId("b" * 40), CommitId("c" * 40)
BLOB = BlobHash("d" * 64)
ONE, TWO = HunkId("1" * 16), HunkId("2" * 16)
RUN = RunId("run-1")
LANDING = LandingId("landing-1")

ADDED = e.TaskAdded(number=1, task_kind="change", title="Refuse expired cards", status="backlog")
QUEUED = e.TaskQueued(agent="scripted", script=BLOB)
STARTED = e.RunStarted(n=1, agent="scripted", base=A, worktree="/w")
OPENED = e.ReviewOpened(
    change_kind="run",
    base=A,
    head=B,
    diff_hash="f" * 64,
    manifest=BLOB,
    comment=BLOB,
    target="refs/heads/main",
    files=1,
    hunks=2,
    minutes=1,
    run=1,
)
APPROVED = e.ReviewAnswered(verdict="approve", shown="0" * 64, mode="commit", landing=LANDING)
ANNOUNCED = e.LandingAnnounced(landing=LANDING, plan=BLOB, commit=N, branch="refs/heads/main")
CONFIRMED = e.LandingConfirmed(landing=LANDING, commit=N, how_seen="branch")


def told(*events: e.Event, task: str = "task-1", board: Board | None = None) -> Board:
    """Give the board after these events of one task."""
    board = board or Board()
    for event in events:
        seq = board.last_seq + 1
        draft = Draft(id=f"id-{seq}", event=event, actor=HUMAN, task=TaskId(task), run=RUN, at=seq * 1_000_000)
        board.apply(Recorded(seq=seq, stream=StreamId("s"), epoch=1, draft=draft))
    return board


def the_task(*events: e.Event) -> Task:
    """Give the one task after these events."""
    return told(*events).number(1)
