"""BACK: every touched file as it was, last one first, found out by looking. It may be killed anywhere and run again.

Whatever can't go back to its place because the user has written there meanwhile is merged, or else kept aside and
named.
"""

from __future__ import annotations

import contextlib
import os
from typing import assert_never

from casework.domain.repopath import quote, unquote
from casework.ports.landing import Announcement, FileState, PathPlan
from casework.workspace.git import Git
from casework.workspace.landing.commit import bytes_of
from casework.workspace.landing.exchange import Moves, settle
from casework.workspace.landing.index import index_path
from casework.workspace.landing.merge import Conflict, Merger
from casework.workspace.landing.path_plan import entry_of, file_in
from casework.workspace.landing.places import (
    Blocked,
    Nested,
    Seen,
    folder_of,
    look,
    make_folder,
    missing_folders,
    remove_folder,
    write_new,
)
from casework.workspace.landing.rooms import Room, our_folder
from casework.workspace.landing.stage import LOCK, At, lock_words, slot
from casework.workspace.landing.world import read_head
from casework.workspace.trees import folders_of, read_trees


class Back:
    """Takes one landing back."""

    def __init__(self, git: Git, announcement: Announcement, moves: Moves, at: At) -> None:
        assert git.top is not None
        self._git, self._top, self._moves, self._at = git, git.top, moves, at
        self._announcement = announcement
        self._stage = unquote(announcement.stage)
        self.kept: list[str] = []
        """Sentences about what could not go back to its place."""
        self._committed = self._committed_since()

    def run(self) -> tuple[str, ...]:
        """Do it; gives the sentences about what was kept aside.

        Raises:
            OSError: the disk failed; run it again.
        """
        plans = self._announcement.plan.paths
        for n in reversed(range(len(plans))):
            try:
                self._reverse(n, plans[n])
            except (Blocked, Nested, FileNotFoundError):
                self._keep(n, plans[n], "its folder is gone, or a link stands there now")
            self._at(f"back {n}")
        for folder in reversed(self._announcement.plan.directories):
            remove_folder(self._top, unquote(folder))
        self._at("folders back")
        return tuple(self.kept)

    def _reverse(self, n: int, plan: PathPlan) -> None:
        if unquote(plan.path) in self._committed and self._was_done(n, plan):
            self._keep(n, plan, "you have committed the new version since")
            return
        with slot(self._top, self._announcement, n) as (stage, staged):
            settle(stage, staged)
            match plan.action:
                case "none":
                    return
                case "replace":
                    self._unreplace(n, plan, stage, staged)
                case "add":
                    self._unadd(plan, stage, staged)
                case "delete":
                    self._undelete(n, plan, stage, staged)
                case never:
                    assert_never(never)

    def _was_done(self, n: int, plan: PathPlan) -> bool:
        """Whether the file had been moved."""
        with slot(self._top, self._announcement, n) as (stage, staged):
            settle(stage, staged)
            ours = look(stage, staged)
        if plan.action == "add":
            return ours.kind == "absent"
        return ours.kind != "absent" and not ours.is_state(plan.after)

    def _unreplace(self, n: int, plan: PathPlan, stage: int, staged: bytes) -> None:
        ours = look(stage, staged)
        if ours.kind == "absent" or ours.is_state(plan.after):
            return  # kept aside already, or never exchanged
        with folder_of(self._top, unquote(plan.path)) as (folder, name):
            there = look(folder, name)
            if there.is_state(plan.after):
                if self._swap_if_ours(plan.after, stage, staged, folder, name):
                    return
                there = look(folder, name)
            if there.kind == ours.kind and there.sha256 == ours.sha256:
                os.unlink(staged, dir_fd=stage)
                return
            if self._merge(plan, stage, staged, folder, name):
                return
        self._keep(n, plan, "you have changed it since")

    def _swap_if_ours(self, after: FileState, stage: int, staged: bytes, folder: int, name: bytes) -> bool:
        """Exchange back; if the user wrote in that very instant, what they wrote goes back to its place."""
        self._moves.swap(stage, staged, folder, name)
        if look(stage, staged).is_state(after):
            return True
        self._moves.swap(stage, staged, folder, name)
        return False

    def _merge(self, plan: PathPlan, stage: int, staged: bytes, folder: int, name: bytes) -> bool:
        """The user has edited our file: take our change out of it, and leave theirs in."""
        there, before = look(folder, name), look(stage, staged)
        if there.kind != "file" or before.kind != "file" or plan.after.kind != "file":
            return False
        try:
            with Room(self._git) as room:
                merged = Merger(self._git, room).bytes(bytes_of(self._git, plan.after), there.data, before.data)
        except Conflict:
            return False
        made = staged + b".merged"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(made, dir_fd=stage)
        mode = before.mode if there.mode == plan.after.mode else there.mode
        write_new(stage, made, merged, mode)
        self._moves.swap(stage, made, folder, name)
        if look(stage, made) != Seen(there.kind, there.mode, there.data, there.inode):
            self._moves.swap(stage, made, folder, name)
            return False
        os.unlink(made, dir_fd=stage)
        os.unlink(staged, dir_fd=stage)
        return True

    def _unadd(self, plan: PathPlan, stage: int, staged: bytes) -> None:
        ours = look(stage, staged)
        try:
            with folder_of(self._top, unquote(plan.path)) as (folder, name):
                there = look(folder, name)
                if ours.kind != "absent":
                    if ours.inode == there.inode:
                        os.unlink(name, dir_fd=folder)
                    return
                if not there.is_state(plan.after):
                    if there.kind != "absent":
                        self.kept.append(f"{plan.path} stays, because you have changed it since it was made.")
                    return
                self._moves.place(folder, name, stage, staged)
                if not look(stage, staged).is_state(plan.after):
                    self._moves.place(stage, staged, folder, name)
                    self.kept.append(f"{plan.path} stays, because you have changed it since it was made.")
        except FileNotFoundError:
            return

    def _undelete(self, n: int, plan: PathPlan, stage: int, staged: bytes) -> None:
        ours = look(stage, staged)
        if ours.kind == "absent":
            return
        path = unquote(plan.path)
        for missing in missing_folders(self._top, [path], frozenset()):
            make_folder(self._top, missing)
        with folder_of(self._top, path) as (folder, name):
            there = look(folder, name)
            if there.kind == "absent":
                self._moves.place(stage, staged, folder, name)
                return
            if there.inode == ours.inode or (there.kind == ours.kind and there.sha256 == ours.sha256):
                os.unlink(staged, dir_fd=stage)
                return
        self._keep(n, plan, "you have made a new one since")

    def _keep(self, n: int, plan: PathPlan, why: str) -> None:
        """Put the old bytes where nothing removes them."""
        target = keep_aside(self._git, self._announcement, n, plan)
        if target is not None:
            self.kept.append(f"{plan.path} was not set back, because {why}; its old contents are in {quote(target)}.")

    def _committed_since(self) -> frozenset[bytes]:
        """Paths whose new version the user has committed since: those are theirs now."""
        plan = self._announcement.plan
        head = read_head(self._git)
        if head.commit is None or head.commit.decode() == plan.head:
            return frozenset()
        acted = {unquote(path.path): path for path in plan.paths if path.action != "none"}
        trees = read_trees(self._git, head.commit, folders_of(acted))
        return frozenset(path for path, each in acted.items() if file_in(trees, path) == entry_of(each.index_after))


def keep_aside(git: Git, announcement: Announcement, n: int, plan: PathPlan) -> bytes | None:
    """Move what is staged for a path to `casework/kept/`; gives the place, None when nothing was there."""
    assert git.top is not None
    folder = os.path.join(our_folder(git), b"kept")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    last = unquote(plan.path).rpartition(b"/")[2]
    target = os.path.join(folder, os.path.basename(unquote(announcement.stage)) + b"-%d-" % n + last)
    try:
        with slot(git.top, announcement, n) as (stage, staged):
            found = look(stage, staged)
            if found.kind == "absent":
                return None
            if found.kind == "link":
                with contextlib.suppress(FileExistsError):
                    os.symlink(found.data, target)
            else:
                making = target + b".making"
                with open(making, "wb") as stream:
                    stream.write(found.data)
                    stream.flush()
                    os.fsync(stream.fileno())
                os.rename(making, target)
            os.unlink(staged, dir_fd=stage)
    except (FileNotFoundError, Blocked, Nested):
        return None
    return target


def lock_is_ours(git: Git, stage: bytes) -> bool:
    """Whether the index's lock is the one this landing took."""
    lock = index_path(git) + b".lock"
    try:
        found = os.lstat(lock)
    except FileNotFoundError:
        return False
    with contextlib.suppress(FileNotFoundError):
        mine = os.lstat(os.path.join(stage, LOCK))
        if (mine.st_dev, mine.st_ino) == (found.st_dev, found.st_ino):
            return True
    with contextlib.suppress(OSError):
        handle = os.open(lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(handle, "rb") as stream:
            return stream.read(4096) == lock_words(stage)
    return False


def release_lock(git: Git, stage: bytes) -> None:
    """Remove the index's lock if it is ours; a foreign one is never touched, at any age."""
    if lock_is_ours(git, stage):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(index_path(git) + b".lock")
