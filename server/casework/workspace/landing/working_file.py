"""What happens to one file on disk: W' = merge(smudge I, W, smudge I'), on bytes. Decided here, done elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from casework.domain.repopath import quote
from casework.ports.landing import LandingRefused
from casework.workspace.landing.merge import Conflict, Merger
from casework.workspace.landing.places import Seen
from casework.workspace.objects import Place

Action = Literal["none", "replace", "add", "delete"]
LINK: Final = b"120000"
_EXECUTE: Final = 0o111


@dataclass(frozen=True, slots=True)
class Side:
    """A file as git knows it: its entry, its stored bytes, and the bytes git would write to disk."""

    place: Place
    stored: bytes
    smudged: bytes

    @property
    def is_link(self) -> bool:
        return self.place.mode == LINK

    @property
    def executable(self) -> bool:
        return self.place.mode == b"100755"

    def forms(self) -> Iterator[bytes]:
        """The forms git calls clean: as it would write it, as it is stored, and with CRLF for LF."""
        yield self.smudged
        yield self.stored
        yield self.stored.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is to happen, with which bytes and permission bits; `merged` says that edits of the user's are in it."""

    action: Action
    data: bytes = b""
    mode: int = 0
    merged: bool = False
    link: bool = False


NOTHING: Final = Outcome("none")


@dataclass(frozen=True, slots=True)
class Rules:
    """What this disk can say, and what a merge needs."""

    merger: Merger
    clean: Callable[[bytes, bytes], bytes]
    """Path and bytes on disk to stored bytes."""
    smudge: Callable[[bytes, Place], bytes]
    """Path and entry to bytes on disk, by today's attributes."""
    keep: Callable[[bytes], bytes]
    """Bytes to the name of a blob."""
    converts: Callable[[bytes], bool]
    modes: bool
    """Whether the execute bit says something (`core.fileMode`)."""
    links: bool
    """Whether there are links (`core.symlinks`)."""
    umask: int


def settle(rules: Rules, path: bytes, base: Side | None, theirs: Side | None, seen: Seen) -> Outcome:
    """Decide for one path: `base` is I, `theirs` is I', `seen` is W.

    Raises:
        LandingRefused: the user's file and the change clash (`conflict`), or something is in the way (`in_the_way`).
    """
    if base == theirs:
        return NOTHING
    if rules.links and _links_and_files(base, theirs):
        raise _refused(path, "would turn a file into a link, or a link into a file, which Casework does not do", "link")
    if seen.kind in ("folder", "odd"):
        if theirs is None:
            if seen.kind == "folder":
                return NOTHING
            raise _clash(path, "something else stands there than a file")
        what = "a folder" if seen.kind == "folder" else "a pipe, a socket or a device"
        raise _refused(path, f"can't be written: {what} is in the way", "in_the_way")
    if seen.kind == "absent":
        if base is None:
            assert theirs is not None
            if rules.links and theirs.is_link:
                return Outcome("add", theirs.stored, link=True)
            return Outcome("add", theirs.smudged, new_mode(rules.umask, theirs.executable))
        if theirs is None:
            return NOTHING
        raise _clash(path, "you deleted or moved it, and the change edits it")
    wants_link = rules.links and (base or theirs) is not None and _is_link(base, theirs)
    if (seen.kind == "link") != wants_link:
        raise _clash(path, "you have put a link in place of the file, or a file in place of the link")
    if base is None:
        assert theirs is not None
        return _untracked(rules, path, theirs, seen)
    return _tracked(rules, path, base, theirs, seen)


def new_mode(umask: int, executable: bool) -> int:
    """The permission bits of a file git would make."""
    return (0o777 if executable else 0o666) & ~umask


def changed_mode(mode: int, executable: bool) -> int:
    """The same permission bits with the execute bit set where reading is allowed, or taken away."""
    return mode | ((mode & 0o444) >> 2) if executable else mode & ~_EXECUTE


def _untracked(rules: Rules, path: bytes, theirs: Side, seen: Seen) -> Outcome:
    same = seen.data == theirs.smudged or (
        seen.kind == "file" and rules.converts(path) and rules.clean(path, seen.data) == theirs.stored
    )
    if same and (seen.kind == "link" or not rules.modes or bool(seen.mode & 0o100) == theirs.executable):
        return NOTHING
    raise _clash(path, "a file of yours that git does not track has the same name and other contents")


def _tracked(rules: Rules, path: bytes, base: Side, theirs: Side | None, seen: Seen) -> Outcome:
    mode_kept = seen.kind == "link" or not rules.modes or bool(seen.mode & 0o100) == base.executable
    if theirs is None:
        if mode_kept and _is_clean(rules, path, base, seen):
            return Outcome("delete")
        raise _clash(path, "you edited it, and the change deletes it")
    if seen.kind == "link":
        if seen.data == theirs.stored:
            return NOTHING
        if seen.data == base.stored:
            return Outcome("replace", theirs.stored, link=True)
        raise _clash(path, "you let the link lead elsewhere, and the change does too")
    data, merged = _merged(rules, path, base, theirs, seen)
    mode = seen.mode if base.executable == theirs.executable else changed_mode(seen.mode, theirs.executable)
    if data == seen.data and mode == seen.mode:
        return Outcome("none", merged=merged)
    return Outcome("replace", data, mode, merged or not mode_kept)


def _is_clean(rules: Rules, path: bytes, base: Side, seen: Seen) -> bool:
    if seen.data in (base.smudged, base.stored):
        return True
    return seen.kind == "file" and rules.converts(path) and rules.clean(path, seen.data) == base.stored


def _merged(rules: Rules, path: bytes, base: Side, theirs: Side, seen: Seen) -> tuple[bytes, bool]:
    """W' and whether edits of the user's are in it."""
    if seen.data == theirs.smudged:
        return seen.data, False
    if seen.data == base.smudged:
        return theirs.smudged, False
    if not rules.converts(path):
        return _merge(rules, path, base.smudged, seen.data, theirs.smudged), True
    for before, after in zip(base.forms(), theirs.forms(), strict=True):
        if seen.data == before:
            return after, False
    cleaned = rules.clean(path, seen.data)
    if cleaned == theirs.stored:
        return seen.data, False
    for before, after in zip(base.forms(), theirs.forms(), strict=True):
        try:
            return rules.merger.bytes(before, seen.data, after), True
        except Conflict:
            continue
    # Other encodings are merged as they are stored, where the way there and back loses nothing.
    if rules.smudge(path, Place(b"100644", rules.keep(cleaned))) == seen.data:
        stored = _merge(rules, path, base.stored, cleaned, theirs.stored)
        return rules.smudge(path, Place(b"100644", rules.keep(stored))), True
    raise _clash(path, "your edits in it and the change touch each other")


def _merge(rules: Rules, path: bytes, base: bytes, ours: bytes, theirs: bytes) -> bytes:
    try:
        return rules.merger.bytes(base, ours, theirs)
    except Conflict as conflict:
        raise _clash(path, "your edits in it and the change touch each other") from conflict


def _links_and_files(base: Side | None, theirs: Side | None) -> bool:
    return base is not None and theirs is not None and base.is_link != theirs.is_link


def _is_link(base: Side | None, theirs: Side | None) -> bool:
    side = base or theirs
    return side is not None and side.is_link


def _clash(path: bytes, why: str) -> LandingRefused:
    return LandingRefused(
        f"{quote(path)} can't take the change: {why}. Nothing was landed, and your file is as it was. "
        "Make a branch of the change, or request changes for a new run on top of your version.",
        code="conflict",
        offered=("branch",),
        paths=(quote(path),),
    )


def _refused(path: bytes, why: str, code: str) -> LandingRefused:
    return LandingRefused(
        f"{quote(path)} {why}. Nothing was landed. Make a branch of the change, or take that path out of it.",
        code=code,
        offered=("branch",),
        paths=(quote(path),),
    )
