"""A daemon that can be killed at a given boundary: the product's own, whose journals and landings tell where they are.

    python -m tests.kill.daemon FOLDER      `start` on standard input starts one, `reap PID` waits for its end

It imports everything once and forks for each daemon, because importing it anew some hundred times takes minutes. What
is forked runs `run_daemon` as `python -m casework.daemon` does: lock, socket, state and repositories are real.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from casework.app import CaseworkApplication
from casework.core.recorder import Recorder
from casework.core.repository import Checkout
from casework.daemon import server  # noqa: F401 - run_daemon imports it late; here it is imported before the fork
from casework.daemon.start import run_daemon
from casework.domain.envelope import Draft, Recorded
from casework.lsp.surface import SURFACE
from casework.ports.journal import Journal
from casework.ports.landing import Announcement, Held, Landed, LandingPlan, TakenBack
from casework.ports.workspace import Identity
from casework.store.directory import USER_STREAM
from casework.store.journal import SqliteJournal
from casework.workspace.git import Git
from casework.workspace.landing.lander import GitLander
from casework.workspace.landing.recover import Recovery, Verdict
from casework.workspace.repositories import GitWorkspace
from tests.kill.switch import Switch


def watch(journal: Journal, switch: Switch) -> None:
    """Have a journal tell before and after each commit, wherever it runs, and note each committed row."""
    assert isinstance(journal, SqliteJournal)
    commit = journal._commit

    def told(drafts: Sequence[Draft], expected_seq: int) -> None:
        kinds = " ".join(draft.event.kind for draft in drafts)
        switch.passed(f"before {kinds}")
        commit(drafts, expected_seq)
        for number, draft in enumerate(drafts, start=expected_seq + 1):
            switch.note(f"{journal.state.stream} {number} {draft.id} {draft.event.kind}")
        switch.passed(f"after {kinds}")

    vars(journal)["_commit"] = told


class _Blind(Recovery):
    """The planted fault: repeats without looking first."""

    def look(self) -> Verdict:
        return Verdict("not_landed", "nobody looked")


class _BlindLander(GitLander):
    recovery = _Blind


class WatchedLander(GitLander):
    """A lander that tells every boundary."""

    def __init__(self, git: Git, switch: Switch) -> None:
        super().__init__(git, at=switch.passed)
        self._switch = switch

    def prepare(self, plan: LandingPlan) -> Announcement:
        self._switch.passed("planned")
        return super().prepare(plan)

    def enter(self, announcement: Announcement) -> Landed | TakenBack:
        self._switch.passed("announced")
        ended = super().enter(announcement)
        self._switch.passed("entered")
        return ended

    def recover(self, announcement: Announcement) -> Landed | TakenBack | Held:
        self._switch.passed("recovering")
        ended = _BlindLander(self._git).recover(announcement) if self._switch.blind else super().recover(announcement)
        self._switch.passed("recovered")
        return ended

    def finish(self, announcement: Announcement) -> tuple[str, ...]:
        self._switch.passed("confirmed")
        kept = super().finish(announcement)
        self._switch.passed("finished")
        return kept

    def sweep(self, announced: Collection[str]) -> None:
        super().sweep(announced)
        self._switch.passed("swept")


class WatchedApplication(CaseworkApplication):
    """The product's application, with these two in their places."""

    def __init__(self, switch: Switch) -> None:
        super().__init__()
        self._switch = switch

    def _check_out(self, wanted: Identity, top: str) -> Checkout:
        found = super()._check_out(wanted, top)
        return replace(found, lander=WatchedLander(cast(GitWorkspace, found.workspace).git, self._switch))

    async def _recorder(self, journal: Journal, told: Callable[[Recorded], object]) -> Recorder:
        if journal.state.stream != USER_STREAM:
            watch(journal, self._switch)
        return await super()._recorder(journal, told)


def _become_daemon(folder: Path) -> int:
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    return run_daemon(lambda: WatchedApplication(Switch(folder)), lambda: SURFACE, idle_exit_s=0.0)


def _start(folder: Path) -> int:
    child = os.fork()
    if child == 0:
        code = 70
        try:
            code = _become_daemon(folder)
        finally:
            os._exit(code)
    return child


def main(arguments: list[str]) -> None:
    """Start daemons until standard input ends."""
    folder = Path(arguments[0])
    for line in sys.stdin:
        match line.split():
            case ["start"]:
                answer = _start(folder)
            case ["reap", pid]:
                answer = os.waitpid(int(pid), 0)[1]
            case _:
                raise SystemExit(f"not an order: {line!r}")
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
