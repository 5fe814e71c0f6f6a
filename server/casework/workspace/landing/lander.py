"""The front of this folder: the landings of one repository, as `ports/landing.py` promises them."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Collection
from typing import ClassVar, Final

from pydantic import ValidationError

from casework.domain.errors import CaseworkError, Trouble
from casework.domain.ids import LandingId
from casework.domain.repopath import unquote
from casework.ports.landing import Announcement, Held, Landed, LandingPlan, LandingRequest, TakenBack
from casework.workspace.git import Git
from casework.workspace.landing.adding import add_file
from casework.workspace.landing.back import keep_aside, release_lock
from casework.workspace.landing.branch_plan import plan_branch
from casework.workspace.landing.enter import LOCK_WAIT_S, Enter, remove_emptied
from casework.workspace.landing.exchange import Moves, settle
from casework.workspace.landing.files_plan import plan_files
from casework.workspace.landing.places import Blocked, Nested, look
from casework.workspace.landing.plan import plan_checkout
from casework.workspace.landing.recover import Recovery
from casework.workspace.landing.rooms import OURS, remove_rooms, remove_stage
from casework.workspace.landing.stage import ANNOUNCED, READY, At, Stage, landed_ref, landing_ref, prepare, slot
from casework.workspace.landing.undo import plan_revert, plan_undo
from casework.workspace.refs import drop_broken

logger = logging.getLogger(__name__)

RECOVERY_WAIT_S: Final = 10.0
"""How long recovery waits for git processes of a dead daemon."""
_KEPT_S: Final = 30 * 24 * 3600
_REFS: Final = (b"refs/casework/landing/", b"refs/casework/landed/")


def _nowhere(_place: str) -> None:
    """Between two steps nothing happens; tests kill the process here."""


class GitLander:
    """Lands in one repository. `at` is told every boundary between two steps; `moves` renames."""

    recovery: ClassVar[type[Recovery]] = Recovery

    def __init__(
        self,
        git: Git,
        *,
        at: At = _nowhere,
        moves: Moves | None = None,
        lock_wait_s: float = LOCK_WAIT_S,
        recovery_wait_s: float = RECOVERY_WAIT_S,
    ) -> None:
        self._git, self._at, self._moves = git, at, moves or Moves()
        self._lock_wait_s, self._recovery_wait_s = lock_wait_s, recovery_wait_s
        self._stages: dict[str, Stage] = {}

    def plan(self, request: LandingRequest) -> LandingPlan:
        """See `Lander.plan`."""
        match request.mode:
            case "branch":
                return plan_branch(self._git, request)
            case "commit" | "working_tree" | "fast_forward":
                return plan_checkout(self._git, request)
            case "files":
                return plan_files(self._git, request)

    def plan_undo(self, landed: Announcement, undo: LandingId) -> LandingPlan:
        """See `Lander.plan_undo`."""
        return plan_undo(self._git, landed, undo)

    def plan_revert(self, landed: Announcement, undo: LandingId) -> LandingPlan:
        """See `Lander.plan_revert`."""
        return plan_revert(self._git, landed, undo)

    def prepare(self, plan: LandingPlan) -> Announcement:
        """See `Lander.prepare`."""
        others = set(self._stage_names())
        try:
            stage, announcement = prepare(self._git, plan, self._at)
        except CaseworkError:
            self._clear(others)
            raise
        except OSError as error:
            self._clear(others)
            raise Trouble(
                f"The landing could not be prepared ({error.strerror}), so nothing was landed. "
                "Mend that and approve again.",
                code="disk_full" if error.errno == 28 else "disk_failed",
            ) from error
        self._stages[announcement.stage] = stage
        return announcement

    def _clear(self, others: Collection[bytes]) -> None:
        """Remove what could not be finished: it holds copies of files, and it may be room that is missing."""
        with contextlib.suppress(CaseworkError, OSError):
            for name in self._stage_names():
                if name not in others:
                    self._sweep_stage(os.path.join(self._git.git_dir, OURS, name))
            self._sweep_refs()

    def enter(self, announcement: Announcement) -> Landed | TakenBack:
        """See `Lander.enter`."""
        stage = self._stages.pop(announcement.stage, None) or Stage.reopen(unquote(announcement.stage))
        if stage is None:
            raise Trouble("Another process is in the middle of this landing.", code="landing_busy")
        try:
            ended = Enter(self._git, announcement, stage, self._moves, self._at, lock_wait_s=self._lock_wait_s).run()
        finally:
            stage.close()
        if isinstance(ended, TakenBack):
            self._discard(announcement)
        return ended

    def recover(self, announcement: Announcement) -> Landed | TakenBack | Held:
        """See `Lander.recover`."""
        return self._recover(announcement, self._recovery_wait_s)

    def _recover(self, announcement: Announcement, wait_s: float) -> Landed | TakenBack | Held:
        held = self._stages.pop(announcement.stage, None)
        if held is not None:
            held.close()
        ended = self.recovery(self._git, announcement, self._moves, self._at, lock_wait_s=wait_s).run()
        if isinstance(ended, TakenBack):
            self._discard(announcement)
        return ended

    def finish(self, announcement: Announcement) -> tuple[str, ...]:
        """See `Lander.finish`."""
        kept = []
        stage = unquote(announcement.stage)
        release_lock(self._git, stage)
        if os.path.isdir(stage) and self._git.top is not None:
            for n, plan in enumerate(announcement.plan.paths):
                if plan.action not in ("replace", "delete"):
                    continue
                with contextlib.suppress(FileNotFoundError, Blocked, Nested):
                    with slot(self._git.top, announcement, n) as (folder, staged):
                        settle(folder, staged)
                        displaced = look(folder, staged)
                    if displaced.kind != "absent" and not displaced.has_bytes(plan.before):
                        place = keep_aside(self._git, announcement, n, plan)
                        kept.append(f"{plan.path} was still being written while it landed; that is in {place!r}.")
        self._discard(announcement)
        return tuple(kept)

    def sweep(self, announced: Collection[str]) -> None:
        """See `Lander.sweep`."""
        remove_rooms(self._git)
        for name in self._stage_names():
            landing = name.partition(b".")[0].decode("ascii", "replace")
            if landing not in announced:
                self._sweep_stage(os.path.join(self._git.git_dir, OURS, name))
        self._sweep_refs()

    def add_file(self, path: str, data: bytes) -> None:
        """See `Lander.add_file`."""
        add_file(self._git.top, path, data)

    def _sweep_stage(self, path: bytes) -> None:
        """Nobody knows of it any more: it never began, or it ended and was not cleared up. Looking tells which."""
        try:
            with open(os.path.join(path, ANNOUNCED), "rb") as stream:
                announcement = Announcement.model_validate_json(stream.read())
        except (FileNotFoundError, ValidationError):
            remove_stage(path)
            return
        if unquote(announcement.stage) != path:
            logger.warning("the stage %r was moved here from elsewhere and is left alone", path)
            return
        if not os.path.lexists(os.path.join(path, READY)):
            self._discard(announcement)
            return
        try:
            ended = self._recover(announcement, 0.0)
        except (CaseworkError, OSError):
            logger.exception("a stage could not be looked at; it stays")
            return
        if isinstance(ended, Landed):
            self.finish(announcement)

    def _sweep_refs(self) -> None:
        """Delete the refs of stages that are gone, in this and every other worktree, and images older than 30 days."""
        stages = set(self._stage_names(everywhere=True))
        asked = ("for-each-ref", "--format=%(refname) %(committerdate:unix)", "refs/casework/")
        try:
            out = self._git.run(*asked)
        except Trouble:
            drop_broken(self._git)
            out = self._git.run(*asked)
        lines = []
        for line in out.splitlines():
            name, _, date = line.partition(b" ")
            old = date.isdigit() and int(date) < time.time() - _KEPT_S
            ours = name.startswith(_REFS) and name.rpartition(b"/")[2] not in stages
            if ours or (old and name.startswith(b"refs/casework/undo/")):
                lines.append(b"delete %s\n" % name)
        if lines:
            self._git.run("update-ref", "--no-deref", "--stdin", stdin=b"".join(lines))

    def _stage_names(self, *, everywhere: bool = False) -> list[bytes]:
        folders = [os.path.join(self._git.git_dir, OURS)]
        if everywhere:
            others = os.path.join(self._git.common_dir, b"worktrees")
            folders.append(os.path.join(self._git.common_dir, OURS))
            with contextlib.suppress(OSError):
                folders += [os.path.join(others, name, OURS) for name in os.listdir(others)]
        found = []
        for folder in folders:
            with contextlib.suppress(OSError):
                found += [
                    name
                    for name in os.listdir(folder)
                    if b"." in name and not name.startswith(b"plan-") and os.path.isdir(os.path.join(folder, name))
                ]
        return sorted(found)

    def _discard(self, announcement: Announcement) -> None:
        """Remove the stage and its refs; what the human may still need was put elsewhere."""
        stage = unquote(announcement.stage)
        if self._git.top is not None:
            for n, _ in announcement.beside:
                gone = contextlib.suppress(FileNotFoundError, Blocked, Nested)
                with gone, slot(self._git.top, announcement, n) as (folder, staged):
                    os.unlink(staged, dir_fd=folder)
            if announcement.beside:
                remove_emptied(self._git, announcement)
        remove_stage(stage)
        lines = b"".join(b"delete %s\n" % name for name in (landing_ref(stage), landed_ref(stage)))
        try:
            self._git.run("update-ref", "--no-deref", "--stdin", stdin=lines)
        except Trouble as trouble:  # a `git gc` holds packed-refs: what was done is done, and the next sweep takes them
            logger.info("the refs of a landing that has ended stay for now: %s", trouble.sentence)
