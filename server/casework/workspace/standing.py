"""A branch and a range as changes that stand already: what they are compared with, whose they are, pinned by refs.

Not here: the working tree (snapshots.py), and what changed between the two commits (changes.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from casework.domain.errors import Refused
from casework.domain.ids import CommitId, TaskId
from casework.ports.workspace import Standing
from casework.workspace.commits import (
    Commit,
    authors_of,
    commits_between,
    read_commits,
    refuse_odd_branch,
    resolve,
    words_of,
)
from casework.workspace.git import Git
from casework.workspace.objects import NewObjects, name_of
from casework.workspace.refs import keep, ref_name

_RANGE: Final = re.compile(r"(.*?)(\.\.\.?)(.*)", re.DOTALL)
_SHORT: Final = 12


def head_of(git: Git) -> tuple[CommitId | None, str | None]:
    """Give HEAD's commit and the full name of its branch; None for what is not there (unborn, detached)."""
    both = git.ask("rev-parse", "--quiet", "HEAD^{commit}", "--symbolic-full-name", "HEAD", "--")
    commit, branch = both.stdout.split(b"\n")[:2] if both.returncode == 0 else (b"", b"")
    if branch == b"HEAD":
        branch = b""
    elif not branch.startswith(b"refs/"):
        # No commit yet; or some branch is called HEAD, and git then does not say which one is checked out.
        branch = git.ask("symbolic-ref", "--quiet", "HEAD").stdout.strip()
    return CommitId(commit.decode()) if commit else None, branch.decode("utf-8", "replace") or None


def stand_branch(git: Git, task: TaskId, name: str, into: str | None) -> Standing:
    """Pin a branch against its merge base with the target.

    Raises:
        Refused: `bad_name`, `unknown_branch`, `same_branch`, `unrelated_histories`, `nothing_to_review`, `no_commit`.
    """
    branch, head = _find_branch(git, name, remote=True)
    target, onto = _target(git, into, branch)
    if target == branch:
        short = branch.removeprefix("refs/heads/")
        raise Refused(
            f"{short} can't land in itself, so no review was opened. "
            f"Switch to the branch it is meant for, or name that branch with --into.",
            code="same_branch",
        )
    bases = git.ask("merge-base", onto, head)
    if bases.returncode != 0:
        raise Refused(
            f"{name} and {_short(target)} have no commit in common here, so there is nothing to compare with. "
            f"{_advice(git)}",
            code="unrelated_histories",
        )
    base = CommitId(bases.stdout.strip().decode())
    commits, count = commits_between(git, base.encode(), head.encode())
    if not commits:
        raise Refused(
            f"Everything on {name} is in {_short(target)} already, so there is nothing to review.",
            code="nothing_to_review",
        )
    _keep(git, task, base, head)
    return Standing(
        kind="branch",
        base=base,
        head=head,
        target=target,
        title=_title(commits, count) or f"{name}: {_counted(count)} for {_short(target)}",
        message=words_of(commits, count),
        authors=authors_of(commits),
        commits=count,
        diverged=base != onto,
        range_text=_range_text(base, head),
    )


def stand_range(git: Git, task: TaskId, revisions: str) -> Standing:
    """Pin a range of history: `A..B`, `A...B`, or one revision against its first parent.

    Raises:
        Refused: `bad_revision`, `unknown_revision`, `unrelated_histories`, `nothing_to_review`.
    """
    base, head = _ends(git, revisions)
    commits, count = commits_between(git, base.encode() if base else None, head.encode())
    if base is not None and _trees_equal(git, base, head):
        raise Refused(
            f"Nothing differs between the two ends of {revisions}, so there is nothing to review.",
            code="nothing_to_review",
        )
    text = _range_text(base, head) if base is not None else f"{empty_tree(git)}..{head[:_SHORT]}"
    pinned = base if base is not None else _empty_commit(git)
    _keep(git, task, pinned, head)
    return Standing(
        kind="range",
        base=pinned,
        head=head,
        target=None,
        title=_title(commits, count) or f"{_counted(count)}: {revisions}",
        message=words_of(commits, count) if commits else "",
        authors=authors_of(commits),
        commits=count,
        range_text=text,
    )


def recent_range(git: Git, since: str | None, most_commits: int) -> str:
    """Give the range of the last commits of HEAD's first-parent line, as `git diff` and `stand_range` take it.

    Raises:
        Refused: `no_commit`, `unknown_revision`, `nothing_to_review`.
    """
    head, _ = head_of(git)
    if head is None:
        raise no_commit_yet()
    if since is not None:
        base = resolve(git, since)
        if base == head:
            raise Refused(f"HEAD is {since} itself, so there is nothing to review.", code="nothing_to_review")
        return _range_text(base, head)
    line = git.run("rev-list", "--first-parent", f"--max-count={most_commits + 1}", head).decode().split()
    if len(line) > 1:
        return _range_text(CommitId(line[-1]), head)
    return f"{empty_tree(git)}..{head[:_SHORT]}"


def empty_tree(git: Git) -> str:
    """Give the name of the tree that holds nothing; git knows it without storing it."""
    return name_of(git, b"tree", b"").decode()


def no_commit_yet() -> Refused:
    """The sentence for an unborn branch."""
    return Refused(
        "This repository has no commit yet, so there is nothing to compare with. Make a first commit, then try again.",
        code="no_commit",
    )


def _title(commits: Sequence[Commit], count: int) -> str:
    """The words of the only commit; empty where there are several, or where it has none."""
    return commits[0].subject if commits and count == 1 else ""


def _counted(count: int) -> str:
    return "1 commit" if count == 1 else f"{count} commits"


def _range_text(base: CommitId, head: CommitId) -> str:
    return f"{base[:_SHORT]}..{head[:_SHORT]}"


def _short(ref: str) -> str:
    return ref.removeprefix("refs/heads/").removeprefix("refs/remotes/")


def _keep(git: Git, task: TaskId, base: CommitId, head: CommitId) -> None:
    keep(git, {ref_name(task, 0, 0): base.encode(), ref_name(task, 0, 1): head.encode()})


def _find_branch(git: Git, name: str, *, remote: bool) -> tuple[str, CommitId]:
    """Give a branch's full name and commit: a local one first, then, where allowed, a remote-tracking one."""
    refuse_odd_branch(name)
    candidates = [name] if name.startswith(("refs/heads/", "refs/remotes/")) else [f"refs/heads/{name}"]
    if remote and candidates[0] != name:
        candidates.append(f"refs/remotes/{name}")
    for candidate in candidates:
        found = git.ask("rev-parse", "--verify", "--quiet", f"{candidate}^{{commit}}")
        if found.returncode == 0:
            return candidate, CommitId(found.stdout.strip().decode())
    raise Refused(
        f"There is no branch {name} here, so no review was opened. "
        "`git branch --all` lists the branches there are; fetch it first if it is on another machine.",
        code="unknown_branch",
    )


def _target(git: Git, into: str | None, branch: str) -> tuple[str, CommitId]:
    """Where the branch would land: the branch named, else the one checked out, else the default one."""
    if into is not None:
        return _find_branch(git, into, remote=False)
    commit, current = head_of(git)
    if current is not None:
        if commit is None:
            raise no_commit_yet()
        return current, commit
    for name in _default_names(git):
        found = git.ask("rev-parse", "--verify", "--quiet", f"refs/heads/{name}^{{commit}}")
        if found.returncode == 0 and f"refs/heads/{name}" != branch:
            return f"refs/heads/{name}", CommitId(found.stdout.strip().decode())
    raise Refused(
        "HEAD is detached and this repository has no default branch, so it is not clear where the branch would land. "
        "Name the branch with --into.",
        code="unknown_branch",
    )


def _default_names(git: Git) -> list[str]:
    origin = git.ask("symbolic-ref", "--quiet", "refs/remotes/origin/HEAD").stdout.strip().decode("utf-8", "replace")
    names = [origin.removeprefix("refs/remotes/origin/"), git.config("init.defaultBranch") or "", "main", "master"]
    return [name for name in names if name]


def _advice(git: Git) -> str:
    if git.run("rev-parse", "--is-shallow-repository").strip() == b"true":
        return "This clone is shallow: `git fetch --unshallow` brings the rest of the history."
    return "Review it as a range instead: `casework review A..B`."


def _ends(git: Git, revisions: str) -> tuple[CommitId | None, CommitId]:
    """Give base and head; no base means that the head is compared with nothing at all."""
    parts = _RANGE.fullmatch(revisions)
    if parts is None:
        head = resolve(git, revisions)
        (commit,) = read_commits(git, [head.encode()])
        return _first_parent(git, commit), head
    left, dots, right = parts.groups()
    head = resolve(git, right or "HEAD")
    if left == empty_tree(git):
        return None, head
    base = resolve(git, left or "HEAD")
    if dots == "..":
        return base, head
    found = git.ask("merge-base", base, head)
    if found.returncode != 0:
        raise Refused(
            f"The two ends of {revisions} have no commit in common here, so there is nothing to compare with. "
            f"{_advice(git)}",
            code="unrelated_histories",
        )
    return CommitId(found.stdout.strip().decode()), head


def _first_parent(git: Git, commit: Commit) -> CommitId | None:
    """The first parent, where it is here: a shallow clone's last commit names one that is not."""
    known = read_commits(git, commit.parents[:1])
    return known[0].id if known else None


def _trees_equal(git: Git, one: CommitId, other: CommitId) -> bool:
    commits = read_commits(git, [one.encode(), other.encode()])
    return len(commits) == 2 and commits[0].tree == commits[1].tree


def _empty_commit(git: Git) -> CommitId:
    """A commit that holds nothing, the same one each time, for what has nothing before it."""
    new = NewObjects(git)
    commit = new.commit(new.add(b"tree", b""), (), "Nothing", at_s=0)
    new.write()
    return CommitId(commit.decode())
