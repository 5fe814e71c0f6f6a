"""ENTER: the lock, a last look, the files, the stamps, the branch, the index. What can fail comes before the branch.

Files before the branch: what fails (a full disk, a permission, the user saving) fails while nothing has landed, and
half-way looks like ordinary edits, never like a staged reversal.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import time
from typing import Final

from casework.domain.errors import CaseworkError, Trouble
from casework.domain.repopath import unquote
from casework.ports.landing import Announcement, Landed, PathPlan, TakenBack
from casework.workspace.git import Git
from casework.workspace.landing.back import Back, release_lock
from casework.workspace.landing.exchange import Moves, nudge
from casework.workspace.landing.index import hash_of, index_path, read_bytes, read_index, refresh
from casework.workspace.landing.index_plan import Staged, check_folders
from casework.workspace.landing.path_plan import entry_of
from casework.workspace.landing.places import (
    Blocked,
    Nested,
    folder_of,
    look,
    make_folder,
    missing_folders,
    remove_folder,
)
from casework.workspace.landing.stage import (
    LOCK,
    At,
    Stage,
    landed_ref,
    lock_words,
    slot,
    sync_index,
    touches_files,
    touches_index,
    write_staged_index,
)
from casework.workspace.landing.world import operation, read_head
from casework.workspace.trees import folders_of

logger = logging.getLogger(__name__)

LOCK_WAIT_S: Final = 3.0
_GONE: Final = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


class Moved(Exception):
    """The world moved under the plan: nothing of it may happen, and a new plan may succeed."""


class Enter:
    """Enters one landing."""

    def __init__(
        self, git: Git, announcement: Announcement, stage: Stage, moves: Moves, at: At, *, lock_wait_s: float
    ) -> None:
        self._git, self._announcement, self._stage = git, announcement, stage
        self._plan = announcement.plan
        self._moves, self._at, self._lock_wait_s = moves, at, lock_wait_s
        removed = [unquote(path.path) for path in self._plan.paths if path.action == "delete"]
        self._left = folders_of(removed)
        """Folders that something is removed from."""

    def run(self) -> Landed | TakenBack:
        """Do it, whole, or take it back whole."""
        try:
            if touches_index(self._plan):
                return self._check_out()
            if touches_files(self._plan):
                return self._write_files()
            self.move_ref()
        except Moved as moved:
            return self._back(str(moved), again=True)
        except (CaseworkError, OSError) as failed:
            return self._back(_sentence(failed), again=False)
        self._at("branch made")
        return Landed(self._announcement.commit, "the branch was made")

    def _check_out(self) -> Landed:
        self._take_lock()
        self._at("index locked")
        self._look_again()
        self._at("looked again")
        self._move_files()
        staged = self._stage.staged_index()
        assert staged is not None
        touched = [unquote(path.path) for path in self._plan.paths if path.index_after and "S" not in path.flags]
        refresh(
            self._git, staged[0], touched, trusted=self._plan.request.trusted, full=False, pass_fds=(self._stage.lock,)
        )
        self._at("stamps refreshed")
        self.move_ref()
        self._at("branch moved")
        install_index(self._git, self._stage, self._at)
        remove_emptied(self._git, self._announcement)
        return Landed(self._announcement.commit, "the branch was moved", _note(self._plan.not_on_disk))

    def _write_files(self) -> Landed:
        """Files alone: no lock of git's is needed, and a mark of ours is the point of no return."""
        self._move_files()
        self._at("files in place")
        mark_landed(self._git, self._announcement, self._stage)
        self._at("marked")
        remove_emptied(self._git, self._announcement)
        return Landed(self._announcement.commit, "the files were written")

    def _take_lock(self) -> None:
        """Take git's own lock of the index with link(2), so that it is known for ours after any crash."""
        lock = index_path(self._git) + b".lock"
        end = time.monotonic() + self._lock_wait_s
        while True:
            try:
                self._link_lock(lock)
            except FileExistsError as error:
                if time.monotonic() > end:
                    raise Trouble(
                        "Another git process is using this repository (its index.lock is there), so nothing was "
                        "landed. Wait for it and approve again; if none runs, remove .git/index.lock.",
                        code="index_locked",
                    ) from error
                time.sleep(0.02)
            else:
                return

    def _link_lock(self, lock: bytes) -> None:
        try:
            os.link(os.path.join(self._stage.path, LOCK), lock)
        except FileExistsError:
            raise
        except OSError:
            # No hard links on this disk: known by its contents instead of its inode.
            handle = os.open(self._stage.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                with open(os.path.join(self._stage.path, b"lock.beside"), "wb") as stream:
                    stream.write(lock_words(self._stage.path))
                self._moves.place(handle, b"lock.beside", handle, lock)
            finally:
                os.close(handle)

    def _look_again(self) -> None:
        head = read_head(self._git)
        branch = self._plan.branch.encode("utf-8", "surrogateescape") if self._plan.branch is not None else None
        if head.branch != branch or head.commit is None or head.commit.decode() != self._plan.head:
            raise Moved("HEAD has moved since it was approved, so nothing was landed.")
        if operation(self._git):
            raise Moved(f"{operation(self._git)} has begun since it was approved, so nothing was landed.")
        data = read_bytes(index_path(self._git))
        sha256 = hash_of(data)
        staged = self._stage.staged_index()
        if staged is None or staged[1] != sha256:
            self._stage_anew(data, sha256)

    def _stage_anew(self, data: bytes | None, sha256: str) -> None:
        """The index is another one; if nothing that matters here has changed in it, a new copy will do."""
        paths = [unquote(path.path) for path in self._plan.paths]
        index = read_index(self._git, paths)
        staged = Staged()
        for path, plan in zip(paths, self._plan.paths, strict=True):
            staged.before[path], staged.after[path] = index.place(path), entry_of(plan.index_after)
            same = index.place(path) == entry_of(plan.index_before) and not index.is_unmerged(path)
            if not same or (plan.index_before and index.flags(path) != plan.flags):
                raise Moved("What is staged has changed since it was approved, so nothing was landed.")
        check_folders(index, staged)
        old = self._stage.staged_index()
        if old is not None:
            os.unlink(old[0])
        write_staged_index(self._git, self._stage, self._plan, data, sha256)
        sync_index(self._stage)

    def _move_files(self) -> None:
        assert self._git.top is not None
        for n, plan in enumerate(self._plan.paths):
            if plan.action == "none":
                continue
            try:
                self._move_file(self._git.top, n, plan)
            except (Blocked, Nested, FileExistsError, FileNotFoundError) as error:
                raise Moved(f"{plan.path} has changed since it was approved, so nothing was landed.") from error
            except OSError as error:
                raise Trouble(
                    f"{plan.path} could not be written ({error.strerror}), so nothing was landed. "
                    "Mend that and approve again.",
                    code="disk_failed",
                ) from error
            self._at(f"file {n} moved")

    def _move_file(self, top: bytes, n: int, plan: PathPlan) -> None:
        path = unquote(plan.path)
        if plan.action == "add":
            self._make_way(top, path)
        with slot(top, self._announcement, n) as (stage, staged), folder_of(top, path) as (folder, name):
            if not look(folder, name).is_state(plan.before):
                raise Moved(f"{plan.path} has changed since it was approved, so nothing was landed.")
            self._at(f"file {n} looked at")
            match plan.action:
                case "add":
                    self._moves.place(stage, staged, folder, name)
                    return
                case "delete":
                    self._moves.place(folder, name, stage, staged)
                case "replace":
                    self._moves.swap(stage, staged, folder, name)
                    nudge(folder, name)
                case "none":
                    return
            self._at(f"file {n} in place")
            if not look(stage, staged).is_state(plan.before):
                raise Moved(f"{plan.path} was saved in the very moment of landing, so nothing was landed.")

    def _make_way(self, top: bytes, path: bytes) -> None:
        """Make the folders of a new file; an emptied folder of its own name goes."""
        for folder in missing_folders(top, [path], frozenset()):
            make_folder(top, folder)
            self._at("folder made")
        if path in self._left:
            for folder in sorted((each for each in self._left if (each + b"/").startswith(path + b"/")), reverse=True):
                remove_folder(top, folder)

    def move_ref(self) -> None:
        """The point of no return: the branch moves, and a mark of ours with it.

        Raises:
            Trouble: git, or a hook, said no; nothing has moved.
        """
        plan, commit = self._plan, self._announcement.commit
        name = plan.branch.encode("utf-8", "surrogateescape") if plan.branch is not None else b"HEAD"
        mark = commit if commit.strip("0") else plan.head
        lines = [b"option no-deref\n"] if plan.branch is None else []
        lines.append(b"update %s %s %s\n" % (name, commit.encode(), plan.moves_from.encode()))
        lines.append(b"update %s %s\n" % (landed_ref(self._stage.path), mark.encode()))
        word = "land" if plan.undo_of is None else "undo"
        said = ""
        try:
            found = self._git.ask(
                "update-ref", "-m", f"casework: {word} {plan.request.landing}", "--stdin",
                stdin=b"".join(lines), pass_fds=(self._stage.lock,),
                allow=("hooks",) if plan.request.trusted else (),
            )  # fmt: skip
            if found.returncode == 0:
                return
            said = found.sentence
        except Trouble as trouble:
            said = trouble.sentence
        if ref_value(self._git, name) != commit.encode():
            raise Trouble(f"Git did not move the branch: {said}. Nothing was landed.", code="ref_refused")

    def _back(self, reason: str, *, again: bool) -> TakenBack:
        kept: tuple[str, ...] = ()
        if touches_files(self._plan):
            self._at("going back")
            kept = Back(self._git, self._announcement, self._moves, self._at).run()
            release_lock(self._git, self._stage.path)
            self._at("lock released")
        return TakenBack(reason, kept, again)


def mark_landed(git: Git, announcement: Announcement, stage: Stage) -> None:
    """Say that all files are in place, where no branch says it: from here on the landing has happened.

    Raises:
        Trouble: git did not make the mark.
    """
    name, mark = landed_ref(stage.path), announcement.commit.encode()
    said = ""
    try:
        found = git.ask("update-ref", "--no-deref", name, mark, pass_fds=(stage.lock,))
        if found.returncode == 0:
            return
        said = found.sentence
    except Trouble as trouble:
        said = trouble.sentence
    if ref_value(git, name) != mark:
        raise Trouble(f"Git could not note that it has landed: {said}. Nothing was landed.", code="ref_refused")


def ref_value(git: Git, name: bytes) -> bytes:
    """What a ref holds; the null name when it does not exist."""
    found = git.ask("rev-parse", "-q", "--verify", name)
    return found.stdout.strip() if found.returncode == 0 else git.null_id


def install_index(git: Git, stage: Stage, at: At) -> None:
    """Put the staged index in place under our lock, then let the lock go."""
    staged = stage.staged_index()
    if staged is not None:
        os.rename(staged[0], index_path(git))
    at("index installed")
    release_lock(git, stage.path)
    at("lock released")


def remove_emptied(git: Git, announcement: Announcement) -> None:
    """Remove the folders that removals have left empty, as git does."""
    assert git.top is not None
    removed = [unquote(plan.path) for plan in announcement.plan.paths if plan.action == "delete"]
    for folder in sorted(folders_of(removed) - {b""}, key=len, reverse=True):
        with contextlib.suppress(OSError):
            remove_folder(git.top, folder)


def _note(not_on_disk: tuple[str, ...]) -> str:
    if not not_on_disk:
        return ""
    return f"{len(not_on_disk)} of its paths are not on disk: outside your sparse checkout."


def _sentence(failed: CaseworkError | OSError) -> str:
    if isinstance(failed, CaseworkError):
        return failed.sentence
    what = failed.strerror or "the disk failed"
    return f"The files could not be written ({what}), so nothing was landed. Mend that and approve again."
