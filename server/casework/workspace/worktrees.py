"""Worktrees of runs: where they lie, how they are made without running anything of the repository, how they go.

    <state>/worktrees/<repository>/<task>/<run>/made     the base it was made from; written last
                                               /index    our index of it, out of the agent's reach
                                               /tree     the files, and a `.git` for the agent's own use

They are not registered with `git worktree`: a registered one shares refs, configuration and hooks with the user's
repository, so an agent that commits, makes branches or sets `core.hooksPath` in it would do so there; it stands in
`git worktree list`, blocks branches from being checked out, and `git worktree prune` forgets it when its disk is away.
The `.git` in `tree` is a repository of its own that only borrows objects (`objects/info/alternates`). Whatever becomes
of it, we never read it: every command of ours names the git directory, the work tree and the index.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat
import sys
from typing import Final

from casework.domain.errors import Refused, Trouble
from casework.domain.ids import CommitId, TaskId
from casework.ports.workspace import Worktree
from casework.workspace.git import Git
from casework.workspace.git_settings import Allowed
from casework.workspace.refs import keep, ref_name, refs_of

FIXED: Final = {
    b"GIT_CONFIG_PARAMETERS": b" ".join(
        b"'%s'" % setting
        for setting in (
            b"core.fileMode=true",
            b"core.symlinks=true",
            b"core.trustctime=true",
            b"core.checkStat=default",
            b"core.ignoreStat=false",
            b"core.sparseCheckout=false",
            b"core.splitIndex=false",
            b"core.untrackedCache=false",
            b"index.sparse=false",
            b"core.protectHFS=true",
            b"core.protectNTFS=true",
            b"checkout.workers=0",
            b"checkout.thresholdForParallelism=100",
        )
    )
}
"""How our index of a worktree is kept, whatever the user's repository says about its own."""

_CHECKOUT_S: Final = 900
_MADE, _INDEX, _TREE = b"made", b"index", b"tree"


def folder_of(state: bytes, repository: str, task: TaskId, run: int) -> bytes:
    """Give the folder of a run's worktree."""
    refs_of(task)
    return os.path.join(state, b"worktrees", repository.encode(), task.encode(), b"%d" % run)


def index_of(worktree: Worktree) -> bytes:
    """Give our index of a worktree."""
    return os.path.join(os.path.dirname(os.fsencode(worktree.path)), _INDEX)


def create(
    git: Git, state: bytes, repository: str, task: TaskId, run: int, base: CommitId, *, trusted: bool
) -> Worktree:
    """Make the worktree of a run, its files as in `base`; what a killed call left half-made is made anew.

    Raises:
        Refused: `other_base`, it stands already on another commit.
        Trouble: `disk`, its folder can't be written.
    """
    folder = folder_of(state, repository, task, run)
    worktree = Worktree(os.fsdecode(os.path.join(folder, _TREE)), base)
    made = _base_of(folder)
    if made is not None and os.path.isdir(os.path.join(folder, _TREE)):
        if made != base:
            raise Refused(
                f"The worktree of this run stands on {made[:12]} already, not on {base[:12]}. Start another run.",
                code="other_base",
            )
        return worktree
    keep(git, {ref_name(task, run, 0): base.encode()})
    try:
        remove_folder(folder)
        os.makedirs(os.path.join(folder, _TREE), mode=0o700)
        lay_out(git, worktree, trusted=trusted)
        _write(os.path.join(folder, _MADE), base.encode() + b"\n")
    except OSError as error:
        raise Trouble(
            f"The worktree of this run can't be made in {os.fsdecode(folder)!r} ({error.strerror}).", code="disk"
        ) from error
    return worktree


def lay_out(git: Git, worktree: Worktree, *, trusted: bool) -> None:
    """Write the files of a worktree's base, our index of them, and a repository for the use of whoever works there."""
    read_base(git, worktree)
    _check_out(git, worktree, trusted=trusted)
    _make_own_repository(git, os.path.dirname(os.fsencode(worktree.path)), worktree.base)


def find(state: bytes, repository: str, task: TaskId, run: int) -> Worktree | None:
    """Give a run's worktree if it stands, whole."""
    folder = folder_of(state, repository, task, run)
    base = _base_of(folder)
    return Worktree(os.fsdecode(os.path.join(folder, _TREE)), base) if base is not None else None


def require(state: bytes, repository: str, worktree: Worktree, task: TaskId, run: int) -> bytes:
    """Give the path of a worktree that is what it says: ours, of this run, a folder.

    Raises:
        Refused: `worktree_gone`, `not_a_worktree`.
    """
    path = os.fsencode(worktree.path)
    if path != os.path.join(folder_of(state, repository, task, run), _TREE):
        raise Refused("This is not the worktree of this run, so nothing was read from it.", code="not_a_worktree")
    try:
        seen = os.lstat(path)
    except OSError as error:
        raise Refused(
            f"The worktree {worktree.path} is gone; what was checkpointed is kept. Retry the task to get a new one.",
            code="worktree_gone",
        ) from error
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != os.geteuid():
        raise Refused(
            f"{worktree.path} was replaced by something else, so nothing was read from it. Retry the task.",
            code="not_a_worktree",
        )
    return path


def read_base(git: Git, worktree: Worktree) -> None:
    """Fill our index from the base, without stamps: everything will be looked at."""
    git.run("read-tree", worktree.base, index_file=index_of(worktree), env=FIXED, work_tree=os.fsencode(worktree.path))


def settle_stamps(git: Git, worktree: Worktree, *, trusted: bool) -> None:
    """Compare files and index once more, until the index was written in a later second than the files.

    A file as young as the index is read by git at every look, since it may have changed within the same second
    (Documentation/technical/racy-git).
    """
    index = index_of(worktree)
    with contextlib.suppress(FileNotFoundError):
        if int(os.stat(index).st_mtime) > int(os.stat(os.path.join(os.path.dirname(index), _MADE)).st_mtime):
            return
    tree = os.fsencode(worktree.path)
    found = git.ask(
        "update-index", "-q", "--refresh", "--force-write-index",
        index_file=index, work_tree=tree, cwd=tree, env=FIXED, allow=_filters(trusted=trusted), timeout_s=_CHECKOUT_S,
    )  # fmt: skip
    if found.returncode not in (0, 1):
        raise Trouble(f"git can't look at the worktree: {found.sentence}", code="git_failed")


def _filters(*, trusted: bool) -> tuple[Allowed, ...]:
    return ("filters",) if trusted else ()


def _check_out(git: Git, worktree: Worktree, *, trusted: bool) -> None:
    """Write the files and their stamps; no hook belongs to this command, and filters run only where trusted."""
    tree = os.fsencode(worktree.path)
    git.run(
        "checkout-index", "--all", "--force", "--index", "--quiet",
        index_file=index_of(worktree), work_tree=tree, cwd=tree, env=FIXED, allow=_filters(trusted=trusted),
        timeout_s=_CHECKOUT_S,
    )  # fmt: skip


def _make_own_repository(git: Git, folder: bytes, base: CommitId) -> None:
    """The agent's `.git`: `git status`, `diff` and `log` work in the worktree, and reach nothing of the user's."""
    own = os.path.join(folder, _TREE, b".git")
    for name in (b"objects/info", b"objects/pack", b"refs/heads", b"refs/tags", b"info"):
        os.makedirs(os.path.join(own, name), mode=0o700)
    sha256 = git.object_format == b"sha256"
    _write(
        os.path.join(own, b"config"),
        b"[core]\n\trepositoryformatversion = %d\n\tbare = false\n\tlogallrefupdates = true\n%s"
        % (sha256, b"[extensions]\n\tobjectformat = sha256\n" if sha256 else b""),
    )
    _write(os.path.join(own, b"HEAD"), b"ref: refs/heads/casework\n")
    _write(os.path.join(own, b"refs/heads/casework"), base.encode() + b"\n")
    # An alternate that begins with a double quote is read as C-quoted (gitrepository-layout(5)).
    objects = os.path.join(git.common_dir, b"objects")
    quoted = b"".join(b"\\%03o" % code for code in objects)
    _write(os.path.join(own, b"objects/info/alternates"), b'"%s"\n' % quoted)
    for name in (b"shallow", b"info/exclude"):
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(os.path.join(git.common_dir, name), os.path.join(own, name))
    shutil.copyfile(os.path.join(folder, _INDEX), os.path.join(own, b"index"))


def _write(path: bytes, data: bytes) -> None:
    with open(path, "wb") as stream:
        stream.write(data)


def _base_of(folder: bytes) -> CommitId | None:
    try:
        with open(os.path.join(folder, _MADE), "rb") as stream:
            text = stream.read(80).strip().decode("ascii", "replace")
    except OSError:
        return None
    return CommitId(text) if text else None


def remove_folder(folder: bytes) -> None:
    """Remove a run's folder with all that an agent may have left in it: no link is followed, locked folders are opened.

    It is renamed first, so that a kill leaves nothing that looks like a worktree.
    """
    if not os.path.lexists(folder):
        return
    going = os.path.join(os.path.dirname(folder), b".going-" + secrets.token_hex(8).encode())
    os.rename(folder, going)
    shutil.rmtree(going, ignore_errors=True)
    if os.path.lexists(going):
        _unlock(going)
        shutil.rmtree(going)
    for above in (os.path.dirname(folder), os.path.dirname(os.path.dirname(folder))):
        with contextlib.suppress(OSError):
            os.rmdir(above)


def _unlock(folder: bytes) -> None:
    """Give ourselves the right to empty every folder below; a link put in a folder's place is not followed."""
    _allow(folder)
    for above, names, _ in os.walk(folder):
        for name in names:
            _allow(os.path.join(above, name))


def _allow(folder: bytes) -> None:
    if sys.platform == "darwin":
        os.chmod(folder, 0o700, follow_symlinks=False)
        return
    handle = os.open(folder, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            os.chmod(f"/proc/self/fd/{handle}", 0o700)
    finally:
        os.close(handle)
