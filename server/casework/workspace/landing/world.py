"""The state of a repository that decides whether a landing may begin, and the sentences that say no. Only reads."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from casework.domain.errors import Trouble
from casework.domain.events import LandingMode
from casework.ports.landing import LandingRefused, LandingRequest
from casework.workspace.git import Git

_OPERATIONS: Final = (
    (b"rebase-merge", "a rebase"),
    (b"rebase-apply/applying", "git am"),
    (b"rebase-apply", "a rebase"),
    (b"MERGE_HEAD", "a merge"),
    (b"CHERRY_PICK_HEAD", "a cherry-pick"),
    (b"REVERT_HEAD", "a revert"),
    (b"sequencer", "a cherry-pick or revert of several commits"),
    (b"BISECT_LOG", "a bisect"),
)
_TRUE: Final = frozenset({"true", "yes", "on", "1"})
_BRANCH: Final[tuple[LandingMode, ...]] = ("branch",)
_NO_BRANCH_EITHER: Final = frozenset({"no_commit_yet", "no_identity", "signing"})
"""What keeps a branch from being made as well."""
_NOT_OF_FILES: Final = frozenset(
    {"operation_in_progress", "no_identity", "signing", "protected_branch", "checked_out_elsewhere"}
)
"""What keeps nobody from having the change in the files alone."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The user's own settings, ours left out."""

    values: Mapping[str, str | None]
    filters: frozenset[bytes]

    def get(self, name: str) -> str:
        """The last value; empty when it is not set."""
        return self.values.get(name) or ""

    def flag(self, name: str, *, default: bool) -> bool:
        """A boolean; a name without a value is true (git-config(1))."""
        if name not in self.values:
            return default
        value = self.values[name]
        return value is None or value.lower() in _TRUE

    @property
    def signs(self) -> bool:
        return self.flag("commit.gpgsign", default=False)

    @property
    def autocrlf(self) -> bool:
        return self.get("core.autocrlf").lower() in {*_TRUE, "input"} or self.values.get("core.autocrlf", "") is None


@dataclass(frozen=True, slots=True)
class Head:
    """Where HEAD stands: a commit (None when there is none yet) and a branch (None when detached)."""

    commit: bytes | None
    branch: bytes | None
    tree: bytes = b""


def read_settings(git: Git) -> Settings:
    """Read all settings in one process."""
    out = git.run("config", "--list", "-z", "--show-scope")
    values: dict[str, str | None] = {}
    filters = set()
    words = out.split(b"\0")
    for scope, entry in zip(words[0::2], words[1::2], strict=False):
        if scope == b"command":
            continue
        key, separator, value = entry.partition(b"\n")
        values[key.decode("utf-8", "surrogateescape")] = value.decode("utf-8", "replace") if separator else None
        if key.startswith(b"filter.") and key.endswith((b".clean", b".smudge", b".process")) and value:
            filters.add(key[len(b"filter.") : key.rindex(b".")])
    return Settings(values, frozenset(filters))


def read_head(git: Git) -> Head:
    """Look where HEAD stands."""
    at_once = git.ask("rev-parse", "HEAD^{commit}", "HEAD^{tree}", "--symbolic-full-name", "HEAD")
    lines = at_once.stdout.split(b"\n")
    if at_once.returncode == 0 and len(lines) == 4:
        return Head(lines[0], None if lines[2] == b"HEAD" else lines[2], lines[1])
    # No commit yet, or a branch that is called HEAD.
    symbolic = git.ask("symbolic-ref", "-q", "HEAD")
    commit, tree = (git.ask("rev-parse", "-q", "--verify", f"HEAD^{{{kind}}}") for kind in ("commit", "tree"))
    return Head(
        commit.stdout.strip() if commit.returncode == 0 else None,
        symbolic.stdout.rstrip(b"\n") if symbolic.returncode == 0 else None,
        tree.stdout.strip(),
    )


def operation(git: Git) -> str:
    """What is under way, as people say it; empty when nothing is."""
    for name, words in _OPERATIONS:
        if os.path.lexists(os.path.join(git.git_dir, name)):
            return words
    return ""


def check_place(git: Git, head: Head, request: LandingRequest, *, undoing: bool = False) -> None:
    """Let a landing pass that can move HEAD's branch, the index and the files; or the undo of one.

    Raises:
        LandingRefused: one sentence for each state in which it can't.
    """
    no = _not_undone if undoing else _not_landed
    _check_work_tree(git, no)
    if head.commit is None:
        raise no(
            "There is no commit yet to land on",
            "Make the first commit, then approve again.",
            "no_commit_yet",
            "Switch to the branch it landed on.",
        )
    under_way = operation(git)
    if under_way:
        raise no(
            f"{under_way[0].upper()}{under_way[1:]} is under way here",
            "Finish it, or abort it, and approve again; or make a branch of the change, or land it as files.",
            "operation_in_progress",
            "Finish it, or abort it, and undo again.",
        )
    _check_branch(git, head, request, no)


def check_files_place(git: Git, head: Head, request: LandingRequest, *, undoing: bool = False) -> None:
    """Let a landing pass that changes files alone: in the middle of anything, but not on another branch.

    Raises:
        LandingRefused: `bare`, `other_branch`.
    """
    no = _not_undone if undoing else _not_landed
    _check_work_tree(git, no)
    if head.branch is None or operation(git) or not request.target or head.branch == request.target.encode():
        return
    on, wanted = short(head.branch), short(request.target.encode())
    raise no(
        f"It was reviewed for {wanted}, and you are on {on} now",
        f"Switch to {wanted} and approve again, make a branch of the change, or open the review anew for {on}.",
        "other_branch",
        f"Switch to {wanted} and undo again.",
    )


def _check_work_tree(git: Git, no: _No) -> None:
    if git.top is None:
        raise no(
            "This repository is bare: there is no work tree to land in",
            "Make a branch of it.",
            "bare",
            "Use a clone of it.",
        )


def _check_branch(git: Git, head: Head, request: LandingRequest, no: _No) -> None:
    on = short(head.branch)
    if "\N{REPLACEMENT CHARACTER}" in on:
        raise no(
            "The branch checked out has a name that is not UTF-8",
            "Rename it and open the review anew, or make a branch of the change.",
            "odd_branch",
            "Rename it and undo again.",
        )
    wanted = short(request.target.encode()) if request.target else "a detached HEAD"
    if on != wanted and request.target and git.ask("rev-parse", "--verify", "--quiet", request.target).returncode:
        raise no(
            f"It was reviewed for {wanted}, which is not there any more",
            f"Make a branch of the change, or open the review anew for {on}.",
            "target_gone",
            "Bring that branch back (`git reflog` has its commits), switch to it and undo again.",
        )
    if on != wanted:
        raise no(
            f"It was reviewed for {wanted}, and you are on {on} now",
            f"Switch to {wanted} and approve again, make a branch of the change, or open the review anew for {on}.",
            "other_branch",
            f"Switch to {wanted} and undo again.",
        )
    if head.branch is not None:
        place = next((place for place, branch in _checked_out(git) if branch == head.branch), "")
        if place:
            raise no(
                f"{on} is checked out in another worktree too ({place}), which would show this as undone edits",
                "Switch one of them to another branch, or make a branch of the change.",
                "checked_out_elsewhere",
                "Switch one of them to another branch and undo again.",
            )
    if any(fnmatchcase(on, pattern.removeprefix("refs/heads/")) for pattern in request.protected):
        raise no(
            f"{on} is among the branches you protect from landings",
            "Make a branch of the change, or take it off the list in your settings.",
            "protected_branch",
            "Take it off the list in your settings and undo again.",
        )


def _checked_out(git: Git) -> Iterator[tuple[str, bytes]]:
    """Every other worktree with its branch."""
    places = [(git.common_dir, os.path.dirname(git.common_dir))]
    folder = os.path.join(git.common_dir, b"worktrees")
    with contextlib.suppress(OSError):
        for name in sorted(os.listdir(folder)):
            link = _first_line(os.path.join(folder, name, b"gitdir"))
            places.append((os.path.join(folder, name), os.path.dirname(link)))
    for git_dir, place in places:
        if git_dir == git.git_dir or not os.path.isdir(place):
            continue
        if git_dir == git.common_dir and os.path.basename(git_dir) != b".git":
            continue  # a bare repository has a HEAD, and nothing checked out
        line = _first_line(os.path.join(git_dir, b"HEAD"))
        if line.startswith(b"ref: "):
            yield place.decode("utf-8", "replace"), line.removeprefix(b"ref: ").strip()


def _first_line(path: bytes) -> bytes:
    with contextlib.suppress(OSError), open(path, "rb") as stream:
        return stream.readline().rstrip(b"\n")
    return b""


def check_maker(settings: Settings, *, trusted: bool) -> None:
    """Let a landing pass whose commit can be made: somebody's name, and a signature if one is wanted.

    Raises:
        LandingRefused: `no_identity`, `signing`.
    """
    for who in ("author", "committer"):
        for what, words in (("name", "name"), ("email", "mail address")):
            if not (settings.get(f"{who}.{what}") or settings.get(f"user.{what}")):
                raise _not_landed(
                    f"Git does not know your {words}, so no commit can be made",
                    f'Run: git config --global user.{what} "..." and approve again; or land it as files.',
                    "no_identity",
                )
    if settings.signs and not trusted:
        raise _not_landed(
            "Your settings ask for signed commits, and the program that signs may run only in a trusted repository",
            "Trust the repository, or turn commit.gpgSign off for it, and approve again.",
            "signing",
        )


def is_ancestor(git: Git, old: bytes, new: bytes) -> bool:
    """Whether `new` contains `old`."""
    found = git.ask("merge-base", "--is-ancestor", old, new)
    if found.returncode > 1:
        raise Trouble(f"git can't compare the commits: {found.sentence}", code="git_failed")
    return found.returncode == 0


def short(branch: bytes | None) -> str:
    """A branch as people say it."""
    if branch is None:
        return "a detached HEAD"
    return branch.removeprefix(b"refs/heads/").decode("utf-8", "replace")


_No = Callable[[str, str, str, str], LandingRefused]
"""What is so; what to do then about a landing; the code; what to do about an undo."""


def _not_landed(what: str, then: str, code: str, _undo: str = "") -> LandingRefused:
    offered = () if code in _NO_BRANCH_EITHER else _BRANCH
    if code in _NOT_OF_FILES:
        offered = (*offered, "files")
    return LandingRefused(f"{what}, so nothing was landed. {then}", code=code, offered=offered)


def _not_undone(what: str, _then: str, code: str, then: str) -> LandingRefused:
    return LandingRefused(f"{what}, so nothing was taken back. {then}", code=code)
