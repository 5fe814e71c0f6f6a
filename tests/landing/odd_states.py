"""Repositories in states that a landing may meet: flags of the index, operations, where HEAD stands, nesting, moves."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.landing.corpus import A3, CLASH, LINES, MINE, THREE, A, both, does, odd, simple, stages, writes
from tests.landing.grounds import Ground, busy, ground
from tests.repositories import Files, Repository, numbered

# Flags of the index.
simple(
    "assume-unchanged with hidden edits",
    A,
    A3,
    both(does("update-index", "--assume-unchanged", "a"), writes({"a": MINE})),
)
simple(
    "assume-unchanged that clashes",
    A,
    A3,
    both(does("update-index", "--assume-unchanged", "a"), writes({"a": CLASH})),
    ends="conflict",
)
simple("skip-worktree and gone", A, A3, both(does("update-index", "--skip-worktree", "a"), writes({"a": None})))
simple("skip-worktree and there", A, A3, both(does("update-index", "--skip-worktree", "a"), writes({"a": MINE})))
CONE: Final[Files] = {"in/a": LINES, "out/b": LINES, "out/deep/c": "c\n", "top": "t\n"}
CONED: Final[Files] = {"in/a": THREE, "out/b": THREE, "out/new": "n\n"}
simple("sparse checkout", CONE, CONED, does("sparse-checkout", "set", "--cone", "in"))
simple("sparse index", CONE, CONED, does("sparse-checkout", "set", "--cone", "--sparse-index", "in"))
simple(
    "sparse index, only inside", CONE, {"in/a": THREE}, does("sparse-checkout", "set", "--cone", "--sparse-index", "in")
)
simple("index version 4", A, A3, both(does("update-index", "--index-version", "4"), writes({"a": MINE})))
simple("split index", A, A3, both(does("update-index", "--split-index"), stages({"a": MINE})))
simple("untracked cache", A, A3, both(does("update-index", "--untracked-cache"), writes({"u": "u\n"}), does("status")))
simple("no log of the branch", A, A3, settings={"core.logAllRefUpdates": "false"})
simple("rerere", A, A3, settings={"rerere.enabled": "true"})
simple("an attribute of lfs without lfs", {".gitattributes": "a filter=lfs\n", "a": LINES}, A3)
simple(
    "a racy filtered file beside",
    {".gitattributes": "b filter=gone\n", "a": LINES, "b": "b\n"},
    A3,
    both(does("config", "filter.gone.clean", "/nonexistent %f"), does("config", "filter.gone.smudge", "/nonexistent")),
)
simple(
    "a filter",
    {".gitattributes": "a filter=f\n", "a": LINES},
    A3,
    does("config", "filter.f.clean", "cat"),
    ends="filter",
)
simple("signing wanted", A, A3, does("config", "commit.gpgSign", "true"), ends="signing")
simple("nobody", A, A3, does("config", "--unset", "user.email"), ends="no_identity")


# Operations under way.
def _under_way(path: Path, *command: str) -> Ground:
    made = ground(path, A, A3)
    repository = made.repository
    repository.git("checkout", "-q", "-b", "other")
    repository.commit("Theirs", {"x": "theirs\n"})
    repository.git("checkout", "-q", "main")
    repository.commit("Ours", {"x": "ours\n"})
    made.base = repository.commit("Ours again", {"x": "ours again\n"})
    repository.git("checkout", "-q", "--detach")
    made.accepted = repository.commit("The change", A3)
    repository.git("checkout", "-q", "main")
    repository.git(*command, check=False)
    return made


for _name, _command in {
    "merge": ("merge", "-q", "other"),
    "rebase": ("rebase", "-q", "other"),
    "cherry-pick": ("cherry-pick", "other"),
    "revert": ("revert", "--no-edit", "HEAD~1"),
    "bisect": ("bisect", "start", "HEAD", "HEAD~1"),
}.items():
    odd(f"a {_name} under way", "operation_in_progress")(
        lambda path, command=_command: _under_way(path, *command)  # type: ignore[misc]
    )


@odd("unmerged without an operation", "unmerged")
def _unmerged(path: Path) -> Ground:
    made = ground(path, A, A3)
    made.repository.write({"a": CLASH})
    made.repository.git("stash", "-q")
    made.base = made.repository.commit("Ours", {"a": numbered(30, but={3: "ours"})})
    made.repository.git("checkout", "-q", "--detach")
    made.accepted = made.repository.commit("The change", {"a": numbered(30, but={3: "ours", 20: "20"})})
    made.repository.git("checkout", "-q", "main")
    made.repository.git("stash", "pop", "-q", check=False)
    return made


# Where HEAD stands.
@odd("detached", target=None)
def _detached(path: Path) -> Ground:
    made = ground(path, A, A3)
    made.repository.git("checkout", "-q", "--detach", "main")
    return made


@odd("another branch", "other_branch")
def _other_branch(path: Path) -> Ground:
    made = ground(path, A, A3)
    made.repository.git("checkout", "-q", "-b", "other")
    return made


@odd("no commit yet", "no_commit_yet")
def _unborn(path: Path) -> Ground:
    made = ground(path, A, A3)
    made.repository.git("checkout", "-q", "--orphan", "main2")
    made.repository.git("symbolic-ref", "HEAD", "refs/heads/none")
    return made


@odd("bare", "bare")
def _bare(path: Path) -> Ground:
    made = ground(path.with_name("origin"), A, A3)
    made.repository.git("branch", "change", made.accepted)
    made.repository.git("clone", "-q", "--bare", str(made.repository.path), str(path))
    bare = Repository(path)
    bare.git("config", "user.name", "Ada Author")
    bare.git("config", "user.email", "ada@example.org")
    return Ground(bare, made.base, made.accepted)


@odd("a linked worktree", target="refs/heads/linked")
def _linked(path: Path) -> Ground:
    made = ground(path.with_name("main-tree"), A, A3)
    made.repository.git("worktree", "add", "-q", "-b", "linked", str(path), "main")
    linked = Repository(path)
    linked.write({"a": MINE})
    return Ground(linked, made.base, made.accepted)


@odd("checked out twice", "checked_out_elsewhere")
def _twice(path: Path) -> Ground:
    made = ground(path, A, A3)
    made.repository.git("worktree", "add", "-q", "-f", str(path.with_name("second")), "main")
    return made


@odd("a git directory elsewhere")
def _separate(path: Path) -> Ground:
    made = ground(path, A, A3)
    made.repository.git("init", "-q", "--separate-git-dir", str(path.with_name("elsewhere.git")))
    return Ground(made.repository, made.base, made.accepted)


@odd("sha256")
def _sha256(path: Path) -> Ground:
    repository = Repository.new(path, "--object-format=sha256")
    base = repository.commit("Before", {"a": LINES, "d/b": "b\n"})
    repository.git("checkout", "-q", "--detach")
    accepted = repository.commit("The change", {"a": THREE, "d/c": "c\n"})
    repository.git("checkout", "-q", "main")
    repository.write({"a": MINE})
    return Ground(repository, base, accepted)


@odd("shallow", target="refs/heads/main")
def _shallow(path: Path) -> Ground:
    made = ground(path.with_name("origin"), A, A3)
    made.repository.git("branch", "change", made.accepted)
    origin = f"file://{made.repository.path}"
    made.repository.git("clone", "-q", "--depth=2", "--no-single-branch", origin, str(path))
    clone = Repository(path)
    clone.git("config", "user.name", "Ada Author")
    clone.git("config", "user.email", "ada@example.org")
    return Ground(clone, made.base, made.accepted)


# Repositories inside repositories.
def _with_submodule(path: Path) -> tuple[Repository, Repository]:
    inner = Repository.new(path.with_name("inner"))
    inner.commit("Inner", {"i": "i\n"})
    repository = Repository.new(path)
    repository.commit("Before", A)
    url = f"file://{inner.path}"
    repository.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", url, "sub")
    repository.commit("Sub")
    return repository, Repository(path / "sub")


@odd("a dirty submodule beside")
def _submodule(path: Path) -> Ground:
    repository, sub = _with_submodule(path)
    base = repository.id("HEAD")
    repository.git("checkout", "-q", "--detach")
    accepted = repository.commit("The change", A3)
    repository.git("checkout", "-q", "main")
    sub.write({"i": "dirty\n"})
    return Ground(repository, base, accepted)


@odd("a submodule moves", "submodule")
def _submodule_moves(path: Path) -> Ground:
    repository, sub = _with_submodule(path)
    base = repository.id("HEAD")
    repository.git("checkout", "-q", "--detach")
    sub.git("config", "user.name", "Ada")
    sub.git("config", "user.email", "ada@example.org")
    sub.commit("Further")
    accepted = repository.commit("The change")
    repository.git("checkout", "-q", "main")
    return Ground(repository, base, accepted)


@odd("a nested repository", "nested_repository")
def _nested(path: Path) -> Ground:
    made = ground(path, {"b": "b\n"}, {"d/a": "a\n"})
    Repository.new(path / "d")
    return made


def _raw_tree(repository: Repository, parent: str, entry: bytes) -> str:
    """A commit whose tree git itself would not make."""
    blob = repository.git("hash-object", "-w", "--stdin", stdin=b"evil\n").strip()
    raw = b"100644 %s\0%s" % (entry, bytes.fromhex(blob.decode()))
    tree = repository.git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", stdin=raw).strip().decode()
    return repository.text("commit-tree", tree, "-p", parent, "-m", "evil")


for _entry in (b".git", b".GIT", b".git ", b"git~1", b"..", ".g\u200cit".encode()):
    odd(f"a tree with {_entry!r}", "odd_path")(
        lambda path, entry=_entry: _evil_tree(path, entry)  # type: ignore[misc]
    )


odd("a name too long for the disk", "unreadable")(lambda path: _evil_tree(path, b"n" * 300))


def _evil_tree(path: Path, entry: bytes) -> Ground:
    made = ground(path, A, A3)
    made.accepted = _raw_tree(made.repository, made.base, entry)
    return made


# HEAD has moved on.
def _moved(path: Path, files: Files) -> Ground:
    made = ground(path, {"a": LINES, "b": "b\n"}, A3)
    made.repository.commit("Meanwhile", files)
    return made


odd("HEAD has moved elsewhere")(lambda path: _moved(path, {"b": "B\n"}))
odd("HEAD has moved in the same file")(lambda path: _moved(path, {"a": MINE}))
odd("HEAD has moved in the same line", "conflict")(lambda path: _moved(path, {"a": CLASH}))
odd("HEAD has the change already", "nothing_to_land")(lambda path: _moved(path, A3))


@odd("the base is no ancestor")
def _no_ancestor(path: Path) -> Ground:
    made = ground(path, {"a": LINES, "b": "b\n"}, A3)
    made.repository.git("commit", "-q", "--amend", "-m", "Amended", "--date", "2001-01-01T00:00:00Z")
    return made


odd("everything at once")(busy)


@odd("group-writable modes of an old git")
def _old_modes(path: Path) -> Ground:
    made = ground(path, A, A3)
    user = made.repository
    raw = b"100664 a\0" + bytes.fromhex(user.id("main:a"))
    old = user.git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", stdin=raw).decode().strip()
    made.base = user.text("commit-tree", old, "-m", "Old")
    made.accepted = user.text("commit-tree", user.tree(made.accepted), "-p", made.base, "-m", "The change")
    user.git("update-ref", "refs/heads/main", made.base)
    return made
