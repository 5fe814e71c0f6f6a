"""Recovery by looking: what became of an announced landing, and giving it an end. It may itself be killed anywhere.

First the lock of the stage is waited for, so that no git process of the dead daemon lives any more: without that, an
orphaned `update-ref` landed after the files had been taken back.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from casework.domain.repopath import unquote
from casework.ports.landing import Announcement, Held, Landed, TakenBack
from casework.workspace.git import Git
from casework.workspace.landing.back import Back, lock_is_ours, release_lock
from casework.workspace.landing.commit import LANDING_TRAILER
from casework.workspace.landing.enter import install_index, ref_value, remove_emptied
from casework.workspace.landing.exchange import Moves
from casework.workspace.landing.index import edit_index, hash_of, index_path, read_bytes, read_index, refresh
from casework.workspace.landing.path_plan import entry_of, file_in
from casework.workspace.landing.places import Blocked, Nested, look_at
from casework.workspace.landing.stage import LOCK, At, Stage, landed_ref, touches_files, touches_index
from casework.workspace.landing.world import is_ancestor, read_head
from casework.workspace.trees import folders_of, read_trees

_TAKE_LOCK_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What looking at the refs told."""

    what: Literal["landed", "taken_back_since", "not_landed", "unsure"]
    how: str


class Recovery:
    """Recovers one landing."""

    def __init__(self, git: Git, announcement: Announcement, moves: Moves, at: At, *, lock_wait_s: float) -> None:
        self._git, self._announcement, self._moves, self._at = git, announcement, moves, at
        self._stage_path = unquote(announcement.stage)
        self._lock_wait_s = lock_wait_s

    def run(self) -> Landed | TakenBack | Held:
        """Find out and finish.

        Raises:
            Trouble, OSError: git or the disk failed; nothing is lost, and it can be run again.
        """
        try:
            stage = self._wait_for_stage()
        except FileNotFoundError:
            return self._without_stage()
        if stage is None:
            return Held(
                f"A program of an interrupted landing still runs{_holder(self._stage_path)}, so Casework can't tell "
                "yet whether it has landed. Nothing was touched. End that program, then start Casework anew."
            )
        try:
            self._at("stage locked")
            return self._decide(stage)
        finally:
            stage.close()

    def _wait_for_stage(self) -> Stage | None:
        end = time.monotonic() + self._lock_wait_s
        while True:
            stage = Stage.reopen(self._stage_path)
            if stage is not None or time.monotonic() > end:
                return stage
            time.sleep(0.02)

    def _without_stage(self) -> Landed | TakenBack:
        release_lock(self._git, self._stage_path)
        verdict = look_for_landing(self._git, self._announcement)
        if verdict.what in ("landed", "taken_back_since"):
            return self._landed(verdict)
        return TakenBack("The landing had been taken back already.", (), again=verdict.what == "not_landed")

    def _decide(self, stage: Stage) -> Landed | TakenBack:
        verdict = self.look()
        self._at("looked")
        match verdict.what:
            case "landed":
                plan = self._announcement.plan
                note = self._finish_index(stage) if touches_index(plan) else ""
                if touches_files(plan) and not touches_index(plan):
                    remove_emptied(self._git, self._announcement)
                return self._landed(verdict, note)
            case "taken_back_since":
                release_lock(self._git, self._stage_path)
                return self._landed(verdict, "It had landed, and you have taken it back since.")
            case "not_landed" | "unsure":
                kept: tuple[str, ...] = ()
                if touches_files(self._announcement.plan):
                    kept = Back(self._git, self._announcement, self._moves, self._at).run()
                    release_lock(self._git, self._stage_path)
                self._at("lock released")
                return TakenBack(
                    f"Casework was interrupted while it landed this, and has taken it back: {verdict.how}.",
                    kept,
                    again=verdict.what == "not_landed",
                )

    def look(self) -> Verdict:
        """Look whether it has landed."""
        return look_for_landing(self._git, self._announcement)

    def _landed(self, verdict: Verdict, note: str = "") -> Landed:
        return Landed(self._announcement.commit, verdict.how, note)

    def _finish_index(self, stage: Stage) -> str:
        """The branch has moved: the index must follow."""
        staged = stage.staged_index()
        ours = lock_is_ours(self._git, stage.path)
        if staged is not None:
            if not ours and not self._take_lock(stage):
                return (
                    "The index could not be brought up to date, because another git process holds index.lock; "
                    "git status shows the landed lines as undone until you run: git reset"
                )
            if staged[1] != hash_of(read_bytes(index_path(self._git))):
                self._edit_present_index(stage, staged[0])
        self._at("index ready")
        if staged is not None or ours:
            install_index(self._git, stage, self._at)
        remove_emptied(self._git, self._announcement)
        return ""

    def _take_lock(self, stage: Stage) -> bool:
        end = time.monotonic() + _TAKE_LOCK_S
        while True:
            try:
                os.link(os.path.join(stage.path, LOCK), index_path(self._git) + b".lock")
            except FileExistsError:
                if time.monotonic() > end:
                    return False
                time.sleep(0.02)
            else:
                return True

    def _edit_present_index(self, stage: Stage, old: bytes) -> None:
        """The index is another one by now: set only the entries that nobody has touched and that HEAD still holds."""
        plans = {unquote(plan.path): plan for plan in self._announcement.plan.paths}
        index = read_index(self._git, plans)
        head = read_head(self._git)
        trees = read_trees(self._git, head.commit, folders_of(plans)) if head.commit is not None else {}
        mine = {
            path: plan
            for path, plan in plans.items()
            if index.place(path) == entry_of(plan.index_before)
            and not index.is_unmerged(path)
            and trees
            and file_in(trees, path) == entry_of(plan.tree_after)
        }
        making = os.path.join(stage.path, b"making")
        if index.data is not None:
            with open(making, "wb") as stream:
                stream.write(index.data)
        edits = {path: entry_of(plan.index_after) for path, plan in mine.items()}
        flags = {path: plan.flags for path, plan in mine.items()}
        full = index.is_sparse and any("S" in each for each in flags.values())
        edit_index(self._git, making, edits, flags, full=full, pass_fds=(stage.lock,))
        on_disk = [path for path, plan in mine.items() if plan.index_after and "S" not in plan.flags]
        trusted = self._announcement.plan.request.trusted
        refresh(self._git, making, on_disk, trusted=trusted, full=False, pass_fds=(stage.lock,))
        os.unlink(old)
        if os.path.lexists(making):
            os.rename(making, stage.index_file(index.sha256))


def look_for_landing(git: Git, announcement: Announcement) -> Verdict:
    """Tell from the branch, our mark, the logs and the trailers whether the branch has moved."""
    plan, commit = announcement.plan, announcement.commit.encode()
    if plan.request.mode == "files":
        return _look_at_files(git, announcement)
    name = plan.branch.encode("utf-8", "surrogateescape") if plan.branch is not None else b"HEAD"
    value = ref_value(git, name)
    if value == commit:
        return Verdict("landed", "the branch holds it")
    backwards = plan.undo_of is not None and plan.known_commit is not None
    known_value = value != git.null_id and git.objects([value])[0] is not None
    within = not backwards and known_value and commit.strip(b"0") != b"" and is_ancestor(git, commit, value)
    if within:
        return Verdict("landed", "the branch contains it")
    log = _log(git, name) + _log(git, b"HEAD")
    word = "undo" if plan.undo_of is not None else "land"
    marked = ref_value(git, landed_ref(unquote(announcement.stage))) != git.null_id
    if marked or f"casework: {word} {plan.request.landing}".encode() in log:
        return Verdict("taken_back_since", "the log of the branch shows it")
    if value != plan.moves_from.encode() and known_value and _has_trailer(git, announcement, value):
        return Verdict("landed", "a commit of the branch carries its trailer")
    if value == plan.moves_from.encode() or value == git.null_id or log:
        return Verdict("not_landed", "the branch never held it")
    return Verdict("unsure", "the branch has moved, and no log of it tells whether it ever held this")


def _look_at_files(git: Git, announcement: Announcement) -> Verdict:
    """Tell from our mark; it goes away with the stage, and then the files themselves tell."""
    stage = unquote(announcement.stage)
    if ref_value(git, landed_ref(stage)) != git.null_id:
        return Verdict("landed", "a mark of ours says that all files were written")
    assert git.top is not None
    if not os.path.isdir(stage):
        acted = [path for path in announcement.plan.paths if path.action != "none"]
        with contextlib.suppress(Blocked, Nested, OSError):
            if all(look_at(git.top, unquote(path.path)).is_state(path.after) for path in acted):
                return Verdict("landed", "all files are as it wrote them")
    return Verdict("not_landed", "not all of its files were written")


def _log(git: Git, name: bytes) -> list[bytes]:
    found = git.ask("reflog", "show", "--format=%gs", name, "--")
    return found.stdout.splitlines() if found.returncode == 0 else []


def _has_trailer(git: Git, announcement: Announcement, value: bytes) -> bool:
    trailer = f"{LANDING_TRAILER}: {announcement.plan.request.landing}"
    since = announcement.plan.moves_from.encode()
    known = since.strip(b"0") and git.objects([since])[0] is not None
    limit = [b"^" + since] if known else []
    found = git.ask("rev-list", "-n", "1", "-F", f"--grep={trailer}", value, *limit, "--")
    return found.returncode == 0 and bool(found.stdout.strip())


def _holder(stage: bytes) -> str:
    """Which program holds the lock, where the system tells (Linux): ` (name, process 12)`."""
    if sys.platform != "linux":
        return ""
    wanted = os.path.join(stage, LOCK)
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            handles = [os.readlink(os.fsencode(handle)) for handle in (process / "fd").iterdir()]
            if wanted in handles:
                return f" ({(process / 'comm').read_text().strip()}, process {process.name})"
        except OSError:
            continue
    return ""
