"""Commits as people name and read them: revisions into ids, ids into authors and messages.

Commits are parsed from their objects, not from formatted output: a message may hold any byte.
"""

from __future__ import annotations

import codecs
import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from casework.domain.errors import Refused
from casework.domain.ids import CommitId
from casework.workspace.changes import printable
from casework.workspace.git import Git

_NOT_A_REVISION: Final = re.compile(r"[\x00-\x1f\x7f]|^-|^$")
_NOT_A_BRANCH: Final = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|^-|^/|//|/$|\.$|^@?$")
_ENTRY: Final = re.compile(rb"\x01[0-9a-f]{40,64}")
_MOST_LISTED: Final = 500
_MOST_LETTERS: Final = 20_000
_NO_CHARSETS: Final = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})
"""Codecs of Python's that no git knows: some can't be lenient, one takes a time that grows with the square."""


@dataclass(frozen=True, slots=True)
class Commit:
    """What people want to know of a commit."""

    id: CommitId
    tree: bytes
    parents: tuple[bytes, ...]
    author: str
    """`Name <mail>`, printable."""
    message: str

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.partition("\n")[0]


def resolve(git: Git, revision: str) -> CommitId:
    """Give the commit that a revision names.

    Raises:
        Refused: `bad_revision`, it can't be one; `unknown_revision`, no commit has that name here.
    """
    if _NOT_A_REVISION.search(revision):
        raise Refused(
            f"{printable(revision.encode('utf-8', 'replace'))!r} can't be a revision, so no review was opened. "
            "Name a commit, a branch or a tag.",
            code="bad_revision",
        )
    found = git.ask("rev-parse", "--verify", "--quiet", revision + "^{commit}")
    if found.returncode != 0:
        shallow = git.run("rev-parse", "--is-shallow-repository").strip() == b"true"
        advice = (
            "This clone is shallow: `git fetch --unshallow` brings the rest of the history."
            if shallow
            else "Check the name, or fetch it first if it is on another machine."
        )
        raise Refused(
            f"No commit here is called {revision}, so no review was opened. {advice}", code="unknown_revision"
        )
    return CommitId(found.stdout.strip().decode())


def refuse_odd_branch(name: str) -> None:
    """Refuse what can't be a branch's name (git-check-ref-format(1)), options before all."""
    if _NOT_A_BRANCH.search(name):
        raise Refused(
            f"{printable(name.encode('utf-8', 'replace'))!r} can't be the name of a branch, so no review was opened. "
            "`git branch --all` lists the branches there are.",
            code="bad_name",
        )


def commits_between(git: Git, base: bytes | None, head: bytes) -> tuple[list[Commit], int]:
    """Give the commits of `base..head` (or all of `head`), newest first, at most 500, and how many there are."""
    span = [head] if base is None else [head, b"^" + base]
    ids = git.run("rev-list", "--topo-order", *span).split()
    return read_commits(git, ids[:_MOST_LISTED]), len(ids)


def touched_between(git: Git, base: bytes, head: bytes, most: int) -> list[tuple[str, tuple[bytes, ...]]]:
    """Give message and changed paths of the last commits of `base..head`, newest first; merges change none."""
    asked = ("log", "-z", "--topo-order", "--no-renames", "--name-only", "--format=%x01%H", f"--max-count={most}")
    found: dict[bytes, list[bytes]] = {}
    paths: list[bytes] = []
    for word in git.run(*asked, head, b"^" + base, b"--").split(b"\0"):
        if _ENTRY.fullmatch(word):
            paths = found.setdefault(word[1:], [])
        elif word:
            paths.append(word.removeprefix(b"\n"))
    commits = read_commits(git, list(found))
    return [(commit.message, tuple(found[commit.id.encode()])) for commit in commits]


def read_commits(git: Git, ids: Sequence[bytes]) -> list[Commit]:
    """Read commits by their full ids; one that is not here is left out."""
    return [_parse(each.id, each.data) for each in git.objects(ids) if each is not None and each.kind == b"commit"]


def _parse(name: bytes, data: bytes) -> Commit:
    header, _, body = data.partition(b"\n\n")
    tree, encoding, author = b"", "utf-8", b""
    parents = []
    for line in header.split(b"\n"):
        key, _, value = line.partition(b" ")
        match key:
            case b"tree":
                tree = value
            case b"parent":
                parents.append(value)
            case b"author":
                author = value[: value.rfind(b">") + 1]
            case b"encoding":
                encoding = value.decode("ascii", "replace")
            case _:
                pass
    return Commit(
        id=CommitId(name.decode()),
        tree=tree,
        parents=tuple(parents),
        author=printable(_decode(author, encoding).encode("utf-8", "replace"))[:200],
        message=_readable(_decode(body, encoding)),
    )


def _decode(text: bytes, encoding: str) -> str:
    """Read text in the encoding that a commit names: anybody may have written anything there."""
    with contextlib.suppress(LookupError, ValueError):
        if codecs.lookup(encoding).name not in _NO_CHARSETS:
            return text.decode(encoding, "replace")
    return text.decode("utf-8", "replace")


def _readable(text: str) -> str:
    """A message without control characters, and not endless."""
    kept = "".join(letter for letter in text[:_MOST_LETTERS] if letter in "\n\t" or letter.isprintable())
    return kept.strip()


def authors_of(commits: Sequence[Commit]) -> tuple[str, ...]:
    """Give each author once, the first one to write first; `commits` are newest first."""
    return tuple(dict.fromkeys(commit.author for commit in reversed(commits) if commit.author))


def words_of(commits: Sequence[Commit], count: int) -> str:
    """Give the commits' own words: the message of one, or a list, oldest first; merges say nothing of their own."""
    if count == 1:
        return commits[0].message
    listed = [commit for commit in commits if len(commit.parents) < 2] or commits
    count -= len(commits) - len(listed)
    if count == 1:
        return listed[0].message
    lines = [f"{count} commits:", ""]
    for commit in reversed(listed[:50]):
        subject, _, rest = commit.message.partition("\n")
        lines.append(f"- {subject or '(no message)'}")
        lines += [f"  {line}".rstrip() for line in rest.strip().splitlines()]
    if count > 50:
        lines.insert(2, f"- ({count - 50} older ones)")
    return "\n".join(lines)[:_MOST_LETTERS]
