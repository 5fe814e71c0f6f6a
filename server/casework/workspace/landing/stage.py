"""PREPARE: the stage with its lock, the commit, the copy of the index and the new files, synced before it is announced.

A stage is a folder of ours in the git directory. Its `lock` is held with flock(2) by us and by every git process of
the landing, so that recovery can wait until none of them lives.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from casework.domain.ids import CommitId
from casework.domain.repopath import quote, unquote
from casework.ports.landing import Announcement, LandingPlan, LandingRefused, PathPlan
from casework.workspace.git import Git
from casework.workspace.landing import syncing
from casework.workspace.landing.commit import keep_images, make_commit
from casework.workspace.landing.index import edit_index, hash_of, index_path, read_bytes
from casework.workspace.landing.path_plan import entry_of
from casework.workspace.landing.places import FOLDER, Blocked, Nested, folder_of, write_new, write_whole
from casework.workspace.landing.rooms import our_folder
from casework.workspace.objects import Place

LOCK: Final = b"lock"
ANNOUNCED: Final = b"announced.json"
READY: Final = b"ready"
"""Stands in a stage once all of it is made: without it nothing was entered, and what is staged may be half a file."""
_ID: Final = re.compile(r"[A-Za-z0-9-]{1,64}")

At = Callable[[str], None]


def touches_index(plan: LandingPlan) -> bool:
    """Whether the landing changes the index, and perhaps files: every mode but `branch` and `files`."""
    return plan.request.mode not in ("branch", "files")


def touches_files(plan: LandingPlan) -> bool:
    """Whether the landing may change files: every mode but `branch`."""
    return plan.request.mode != "branch"


def landing_ref(stage: bytes) -> bytes:
    """The ref that keeps N while the landing is under way."""
    return b"refs/casework/landing/" + os.path.basename(stage)


def landed_ref(stage: bytes) -> bytes:
    """The mark of our own that moves together with the branch."""
    return b"refs/casework/landed/" + os.path.basename(stage)


def undo_ref(landing: str) -> bytes:
    """The ref that keeps what undo needs."""
    return b"refs/casework/undo/" + landing.encode()


def lock_words(stage: bytes) -> bytes:
    """What stands in our lock, by which it is known where inodes can't be compared."""
    return b"casework " + os.path.basename(stage) + b"\n"


class Stage:
    """One stage while this process works in it. Closing lets the lock go and leaves the folder."""

    def __init__(self, path: bytes, lock: int) -> None:
        self.path = path
        self.lock = lock

    @classmethod
    def make(cls, git: Git, landing: str) -> Stage:
        """Make a new one.

        Raises:
            Trouble: no permission, no room.
        """
        if not _ID.fullmatch(landing):
            raise ValueError(f"not the id of a landing: {landing!r}")
        path = os.path.join(our_folder(git), landing.encode() + b"." + secrets.token_hex(4).encode())
        os.mkdir(path, 0o700)
        lock = os.open(os.path.join(path, LOCK), os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        os.write(lock, lock_words(path))
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return cls(path, lock)

    @classmethod
    def reopen(cls, path: bytes) -> Stage | None:
        """Open one that stands; None while somebody else holds its lock.

        Raises:
            FileNotFoundError: it is gone.
        """
        lock = os.open(os.path.join(path, LOCK), os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        return cls(path, lock)

    def close(self) -> None:
        """Let go of the lock."""
        if self.lock >= 0:
            os.close(self.lock)
            self.lock = -1

    def index_file(self, sha256: str) -> bytes:
        """Where the edited copy of the index with this hash is."""
        return os.path.join(self.path, b"index." + (sha256 or "none").encode())

    def staged_index(self) -> tuple[bytes, str] | None:
        """The edited copy and the hash of what it was copied from, if one is there."""
        for name in sorted(os.listdir(self.path)):
            if name.startswith(b"index.") and not name.endswith(b".lock"):
                sha256 = name.removeprefix(b"index.").decode("ascii", "replace")
                return os.path.join(self.path, name), "" if sha256 == "none" else sha256
        return None


def staged_name(n: int) -> bytes:
    """The name under which the new file of a path waits, and the displaced one afterwards."""
    return b"file.%06d" % n


@contextlib.contextmanager
def slot(top: bytes, announcement: Announcement, n: int) -> Iterator[tuple[int, bytes]]:
    """Open the place where the file of path `n` is staged: its folder's handle, and its name there."""
    beside = dict(announcement.beside).get(n)
    if beside is not None:
        with folder_of(top, unquote(beside)) as found:
            yield found
        return
    handle = os.open(unquote(announcement.stage), FOLDER)
    try:
        yield handle, staged_name(n)
    finally:
        os.close(handle)


def prepare(git: Git, plan: LandingPlan, at: At) -> tuple[Stage, Announcement]:
    """Make everything, and sync it. A failure leaves a stage that `sweep` removes.

    Raises:
        LandingRefused: the world is not as planned any more, or the commit can't be signed.
        Trouble: git or the disk failed.
    """
    landing = plan.request.landing
    stage = Stage.make(git, landing)
    at("stage made")
    try:
        commit = make_commit(git, plan)
        at("commit made")
        images = keep_images(git, plan, commit)
        _keep_refs(git, stage, landing, commit, images, plan)
        at("refs kept")
        announcement = Announcement(
            landing=plan.request.landing,
            plan=plan,
            commit=CommitId(commit.decode()),
            branch=plan.branch,
            stage=quote(stage.path),
            beside=_beside(git, stage, plan) if touches_files(plan) else (),
        )
        _write(stage, ANNOUNCED, announcement.model_dump_json().encode())
        if plan.request.mode == "files":
            _stage_files(git, announcement)
            at("files staged")
        elif touches_index(plan):
            with ThreadPoolExecutor(1, thread_name_prefix="staging the index") as beside:  # while files are written
                staging = beside.submit(stage_index, git, stage, plan)
                _stage_files(git, announcement)
                at("files staged")
                staging.result()
            at("index staged")
        _sync(stage, announcement, git)
        at("synced")
        _write(stage, READY, b"")
        at("ready")
    except BaseException:
        stage.close()
        raise
    return stage, announcement


def stage_index(git: Git, stage: Stage, plan: LandingPlan) -> None:
    """Copy the index as it is now, and edit the copy.

    Raises:
        LandingRefused: it is not the one that was planned with.
    """
    data = read_bytes(index_path(git))
    sha256 = hash_of(data)
    if sha256 != plan.index_sha256:
        raise stale("The index has changed since the landing was planned")
    write_staged_index(git, stage, plan, data, sha256)


def write_staged_index(git: Git, stage: Stage, plan: LandingPlan, data: bytes | None, sha256: str) -> None:
    """Write `data`, edited as planned, under the name that says what it was made from. It is not synced yet."""
    target = stage.index_file(sha256)
    making = os.path.join(stage.path, b"making")
    if data is not None:
        with open(making, "wb") as stream:  # synced once, as git leaves it
            stream.write(data)
    edits, flags = index_edits(plan.paths)
    edit_index(git, making, edits, flags, full=is_sparse(data) and any("S" in flag for flag in flags.values()),
               pass_fds=(stage.lock,))  # fmt: skip
    os.rename(making, target)


def index_edits(paths: tuple[PathPlan, ...]) -> tuple[dict[bytes, Place | None], dict[bytes, str]]:
    """The entries to set, and the flags to set again."""
    changed = [path for path in paths if path.index_before != path.index_after]
    edits = {unquote(path.path): entry_of(path.index_after) for path in changed}
    return edits, {unquote(path.path): path.flags for path in changed}


def is_sparse(data: bytes | None) -> bool:
    """Whether an index may hold collapsed folders."""
    return data is not None and b"sdir" in data


def stale(what: str) -> LandingRefused:
    """The plan is of another world."""
    return LandingRefused(f"{what}, so nothing was landed. Approve again.", code="plan_stale")


def _keep_refs(git: Git, stage: Stage, landing: str, commit: bytes, images: bytes, plan: LandingPlan) -> None:
    kept = commit if commit.strip(b"0") else plan.head.encode()
    lines = [b"update %s %s\n" % (landing_ref(stage.path), kept), b"update %s %s\n" % (undo_ref(landing), images)]
    git.run("update-ref", "--no-deref", "--stdin", stdin=b"".join(lines), pass_fds=(stage.lock,))


def _beside(git: Git, stage: Stage, plan: LandingPlan) -> tuple[tuple[int, str], ...]:
    """Files on another device than the stage wait next to their target: an exchange can't leave its device."""
    assert git.top is not None
    ours = os.stat(stage.path).st_dev
    found = []
    for n, path in enumerate(plan.paths):
        if path.action == "none":
            continue
        folder = unquote(path.path).rpartition(b"/")[0]
        while folder and not os.path.isdir(os.path.join(git.top, folder)):
            folder = folder.rpartition(b"/")[0]
        if os.lstat(os.path.join(git.top, folder)).st_dev != ours:
            name = b".casework-" + os.path.basename(stage.path) + b"-%06d" % n
            found.append((n, quote(folder + b"/" + name if folder else name)))
    return tuple(found)


def _stage_files(git: Git, announcement: Announcement) -> None:
    assert git.top is not None
    wanted = [(n, path) for n, path in enumerate(announcement.plan.paths) if path.action in ("replace", "add")]
    objects = git.objects([path.after.blob.encode() for _, path in wanted])
    for (n, path), found in zip(wanted, objects, strict=True):
        if found is None:
            raise stale("A file that was to be landed is gone from git's store")
        with slot(git.top, announcement, n) as (folder, name):
            if path.after.kind == "link":
                os.symlink(found.data, name, dir_fd=folder)
            elif path.action == "add":
                write_new(folder, name, found.data, path.after.mode)
            else:
                _stage_in_place_of(git.top, unquote(path.path), path, found.data, (folder, name))


def _stage_in_place_of(top: bytes, there: bytes, path: PathPlan, data: bytes, to: tuple[int, bytes]) -> None:
    try:
        with folder_of(top, there) as (home, last):
            write_whole(home, *to, data, path.after.mode)
            _take_after(home, last, *to)
    except (FileNotFoundError, Blocked, Nested) as gone:
        raise stale(f"{path.path} has changed since the landing was planned") from gone


def _take_after(home: int, last: bytes, folder: int, name: bytes) -> None:
    """Give the new file the group of the one it replaces, and its extended attributes, as far as the system allows."""
    there = os.lstat(last, dir_fd=home)
    mine = os.lstat(name, dir_fd=folder)
    if (there.st_uid, there.st_gid) != (mine.st_uid, mine.st_gid):
        with contextlib.suppress(OSError):
            os.chown(name, there.st_uid, there.st_gid, dir_fd=folder, follow_symlinks=False)
            os.chmod(name, mine.st_mode & 0o7777, dir_fd=folder)
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            _take_attributes(home, last, folder, name)


def _take_attributes(above: int, last: bytes, folder: int, name: bytes) -> None:
    old = os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=above)
    try:
        attributes = {key: os.getxattr(old, key) for key in os.listxattr(old)}
    finally:
        os.close(old)
    if attributes:
        new = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        try:
            for key, value in attributes.items():
                with contextlib.suppress(OSError):
                    os.setxattr(new, key, value)
        finally:
            os.close(new)


def _write(stage: Stage, name: bytes, data: bytes) -> None:
    with open(os.path.join(stage.path, name), "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _sync(stage: Stage, announcement: Announcement, git: Git) -> None:
    """Let the new bytes reach the disk, and no others: syncing the whole disk would wait for what anybody wrote."""
    assert git.top is not None or not announcement.plan.paths
    staged = [n for n, path in enumerate(announcement.plan.paths) if path.action in ("replace", "add")]
    index = stage.staged_index()
    for step in syncing.STEPS:
        for n in staged:
            assert git.top is not None
            with slot(git.top, announcement, n) as (folder, name), contextlib.suppress(OSError):
                _do(step, name, folder)
        if index is not None:
            _do(step, index[0])
    handle = os.open(stage.path, FOLDER)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_index(stage: Stage) -> None:
    """Let the staged index reach the disk."""
    index = stage.staged_index()
    assert index is not None, "it was written just now"
    _do(os.fsync, index[0])


def _do(step: Callable[[int], None], name: bytes, folder: int | None = None) -> None:
    handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        step(handle)
    finally:
        os.close(handle)
