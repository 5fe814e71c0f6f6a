"""A program that plays the daemon's part in a landing, in a process of its own that may be killed between two steps.

    play.py          reads one JSON request a line from standard input, forks for each, and answers with how it ended

The journal is a file: `announced` and `confirmed` are appended and synced as the core does it. It forks, because
starting Python anew for each of some hundred kills would take minutes.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

from casework.domain.ids import LandingId
from casework.ports.landing import Announcement, Held, Landed, LandingRequest, TakenBack
from casework.workspace.git import Git
from casework.workspace.landing.exchange import Moves
from casework.workspace.landing.lander import GitLander
from casework.workspace.landing.recover import Recovery, Verdict


class _Blind(Recovery):
    """The planted fault: repeats without looking first."""

    def look(self) -> Verdict:
        return Verdict("not_landed", "nobody looked")


class BlindLander(GitLander):
    """A lander that recovers without looking."""

    recovery = _Blind


class Journal:
    """What was announced and how it ended."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, kind: str, data: object) -> None:
        with self._path.open("a") as stream:
            stream.write(json.dumps({"kind": kind, "data": data}) + "\n")
            stream.flush()
            os.fsync(stream.fileno())

    def rows(self) -> list[dict[str, Any]]:
        if not self._path.exists():
            return []
        return [json.loads(line) for line in self._path.read_text().splitlines() if line.endswith("}")]


def land(lander: GitLander, request: LandingRequest, journal: Journal, at: Any) -> str:
    """Plan, prepare, journal, enter, journal, finish."""
    announcement = lander.prepare(lander.plan(request))
    at("prepared")
    journal.append("announced", announcement.model_dump(mode="json"))
    at("announced")
    ended = lander.enter(announcement)
    at("entered")
    return _end(lander, announcement, ended, journal, at)


def undo(lander: GitLander, journal: Journal, at: Any) -> str:
    """Take the last landing back, with the same care."""
    rows = [row for row in journal.rows() if row["kind"] == "announced"]
    landed = Announcement.model_validate(rows[-1]["data"])
    announcement = lander.prepare(lander.plan_undo(landed, LandingId("undo-of-it")))
    at("prepared")
    journal.append("announced", announcement.model_dump(mode="json"))
    at("announced")
    ended = lander.enter(announcement)
    at("entered")
    return _end(lander, announcement, ended, journal, at)


def recover(lander: GitLander, journal: Journal, at: Any) -> str:
    """Do what the daemon does at its start."""
    rows = journal.rows()
    said = "nothing announced"
    open_one = rows[-1] if rows and rows[-1]["kind"] == "announced" else None
    if open_one is not None:
        announcement = Announcement.model_validate(open_one["data"])
        said = _end(lander, announcement, lander.recover(announcement), journal, at)
    elif rows:
        said = rows[-1]["kind"]
    lander.sweep([])
    at("swept")
    return said


def _end(
    lander: GitLander, announcement: Announcement, ended: Landed | TakenBack | Held, journal: Journal, at: Any
) -> str:
    match ended:
        case Landed():
            journal.append("confirmed", ended.commit)
            at("confirmed")
            lander.finish(announcement)
            at("finished")
            return "landed"
        case TakenBack():
            journal.append("undone", {"reason": ended.reason, "kept": ended.kept_aside, "again": ended.again})
            at("undone")
            return "taken back"
        case Held():
            return "held"


def play(order: dict[str, Any]) -> str:
    """Play one order; with `kill_at` n the process kills itself at the n-th boundary."""
    left = order.get("kill_at")
    seen: list[str] = []

    def at(place: str) -> None:
        nonlocal left
        seen.append(place)
        if left is not None:
            left -= 1
            if left < 0:
                Path(order["places"]).write_text(json.dumps(seen))
                os.kill(os.getpid(), signal.SIGKILL)

    kind = BlindLander if order.get("blind") else GitLander
    lander = kind(Git.open(order["repository"]), at=at, moves=Moves(native=not order.get("plain_moves")))
    journal = Journal(Path(order["journal"]))
    match order["act"]:
        case "land":
            said = land(lander, LandingRequest.model_validate(order["request"]), journal, at)
        case "undo":
            said = undo(lander, journal, at)
        case _:
            said = recover(lander, journal, at)
    Path(order["places"]).write_text(json.dumps(seen))
    return said


def _fork(order: dict[str, Any]) -> dict[str, Any]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            said = play(order)
        except BaseException:  # noqa: BLE001 - it is told to whoever asked, as text
            said = "failed: " + traceback.format_exc()
        os.write(writing, said.encode()[:60000])
        os._exit(0)
    os.close(writing)
    if order.get("tell_pid"):
        Path(order["tell_pid"]).write_text(str(child))
    with os.fdopen(reading, "rb") as stream:
        said = stream.read().decode()
    _, status = os.waitpid(child, 0)
    return {"killed": os.WIFSIGNALED(status), "said": said}


def main() -> None:
    """Answer orders until standard input ends."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_fork(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
