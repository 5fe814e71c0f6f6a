"""From files on disk to blobs, as `git add` would make them, with nothing of the repository executed.

Most files are stored as they are. Where attributes ask for line ends, `$Id$` or an encoding, git itself converts a
private copy; that is built in and safe. A configured filter (git-lfs, git-crypt) is a program: it runs only where the
caller says that the repository is trusted, and else the path is left out and named.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from casework.workspace.disk import Disk, Found
from casework.workspace.git import Git
from casework.workspace.git_settings import Allowed
from casework.workspace.objects import NewObjects, Place

_ATTRIBUTES: Final = ("text", "eol", "crlf", "ident", "working-tree-encoding", "filter")
_MOST_NAMED: Final = 1000
"""Paths in one command line."""
_OFF: Final = frozenset({b"unset", b"unspecified"})
_SAFE: Final = {
    b"GIT_CONFIG_PARAMETERS": b"'core.safecrlf=false' 'core.splitIndex=false' 'core.checkRoundtripEncoding=utf-8'"
}


@dataclass(frozen=True, slots=True)
class Habits:
    """The settings that decide what a file on disk means."""

    filters: frozenset[bytes] = frozenset()
    """Names of the configured filters."""
    converts: bool = False
    """Whether line ends are converted even where no attribute asks for it (`core.autocrlf`)."""
    modes: bool = True
    """Whether the execute bit on this disk says something (`core.fileMode`)."""
    links: bool = True
    """Whether this disk has links (`core.symlinks`)."""


@dataclass(slots=True)
class Cleaned:
    """What became of the paths that were asked for."""

    places: dict[bytes, Place | None] = field(default_factory=dict)
    """The blob of each path; None where nothing lies on disk. It exists once the objects are written."""
    filtered: list[bytes] = field(default_factory=list)
    """Paths that a configured filter would have to convert, which was not allowed."""


def habits_of(git: Git) -> Habits:
    """Read the settings, in one process."""
    found = git.ask("config", "-z", "--get-regexp", r"^(core\.(autocrlf|filemode|symlinks)|filter\..*)$").stdout
    values: dict[bytes, bytes] = {}
    filters = set()
    for entry in found.split(b"\0"):
        name, _, value = entry.partition(b"\n")
        values[name] = value.lower()
        if name.startswith(b"filter.") and name.endswith((b".clean", b".process")) and value:
            filters.add(name[len(b"filter.") : name.rindex(b".")])
    return Habits(
        filters=frozenset(filters),
        converts=values.get(b"core.autocrlf", b"false") not in _FALSE,
        modes=values.get(b"core.filemode", b"true") not in _FALSE,
        links=values.get(b"core.symlinks", b"true") not in _FALSE,
    )


_FALSE: Final = frozenset({b"false", b"no", b"off", b"0"})


def clean(
    new: NewObjects,
    habits: Habits,
    top: bytes,
    paths: Iterable[bytes],
    *,
    modes: Mapping[bytes, bytes],
    trusted: bool = False,
) -> Cleaned:
    """Read `paths` of the work tree `top` and add their blobs to `new`.

    `modes` gives the mode a path has in the commit it is compared with, for disks that can't tell.

    Raises:
        Refused: a path can't be read, or is neither a file nor a link.
    """
    result = Cleaned()
    unsure: dict[bytes, Found] = {}
    with Disk(top) as disk:
        for path in sorted(paths):
            found = disk.find(path)
            if found is None:
                result.places[path] = None
            elif found.descriptor >= 0 or (found.mode != b"120000" and (habits.filters or _may_convert(found.data))):
                unsure[path] = found
            else:
                result.places[path] = Place(_mode(habits, found, modes.get(path)), new.blob(found.data or b""))
    try:
        _clean_unsure(new, habits, top, unsure, result, modes, trusted)
    finally:
        for found in unsure.values():
            if found.descriptor >= 0:
                os.close(found.descriptor)
    return result


def _may_convert(data: bytes | None) -> bool:
    """Whether any conversion of git's could change these bytes: line ends, `$Id$`, an encoding."""
    return data is None or b"\r" in data or b"\0" in data or b"\x1b" in data or b"$Id" in data or not data.isascii()


def _mode(habits: Habits, found: Found, before: bytes | None) -> bytes:
    if not habits.links and before == b"120000":
        return before
    if not habits.modes and found.mode != b"120000":
        return before if before in (b"100644", b"100755") else b"100644"
    return found.mode


def _clean_unsure(
    new: NewObjects,
    habits: Habits,
    top: bytes,
    unsure: Mapping[bytes, Found],
    result: Cleaned,
    modes: Mapping[bytes, bytes],
    trusted: bool,
) -> None:
    """Ask git for the attributes, and let it convert what really is to be converted."""
    if not unsure:
        return
    wanted = _attributes(new.git, top, list(unsure))
    automatic = [path for path, found in unsure.items() if _may_have_cr(found) and _is_automatic(habits, wanted[path])]
    kept = _staged_with_crlf(new.git, automatic)
    convert: dict[bytes, Found] = {}
    for path, found in unsure.items():
        attributes = wanted[path]
        if attributes["filter"] in habits.filters and not trusted:
            result.filtered.append(path)
        elif _is_converted(habits, attributes, found, ends_kept=path in kept):
            convert[path] = found
        else:
            data = found.data
            blob = new.blob(data) if data is not None else _hash_large(new.git, found.descriptor)
            result.places[path] = Place(_mode(habits, found, modes.get(path)), blob)
    for path, blob in _convert(new.git, top, convert, trusted=trusted).items():
        result.places[path] = Place(_mode(habits, convert[path], modes.get(path)), blob)


def _attributes(git: Git, top: bytes, paths: list[bytes]) -> dict[bytes, dict[str, bytes]]:
    out = git.run("check-attr", "-z", "--stdin", *_ATTRIBUTES, stdin=b"\0".join(paths) + b"\0", work_tree=top, cwd=top)
    words = out.split(b"\0")
    found: dict[bytes, dict[str, bytes]] = {path: {} for path in paths}
    for path, name, value in zip(words[0::3], words[1::3], words[2::3], strict=False):
        found[path][name.decode()] = value
    return found


def _is_converted(habits: Habits, attributes: Mapping[str, bytes], found: Found, *, ends_kept: bool) -> bool:
    if attributes["filter"] in habits.filters:
        return True
    if attributes["working-tree-encoding"] not in _OFF or attributes["ident"] not in _OFF:
        return True
    ends = habits.converts or any(attributes[name] != b"unspecified" for name in ("text", "eol", "crlf"))
    return ends and not ends_kept and _may_have_cr(found)


def _may_have_cr(found: Found) -> bool:
    return found.data is None or b"\r" in found.data


def _is_automatic(habits: Habits, attributes: Mapping[str, bytes]) -> bool:
    """Whether git guesses that a file is text, where nobody said so (gitattributes(5), `text=auto`)."""
    if attributes["text"] != b"unspecified":
        return attributes["text"] == b"auto"
    if attributes["crlf"] != b"unspecified":
        return attributes["crlf"] == b"auto"
    return habits.converts and attributes["eol"] == b"unspecified"


def _staged_with_crlf(git: Git, paths: list[bytes]) -> set[bytes]:
    """Of `paths`, those staged with CRLF: where git only guesses, it leaves the ends of such a file as they are.

    `hash-object` does not know this rule, for it reads no index.
    """
    found: set[bytes] = set()
    for at in range(0, len(paths), _MOST_NAMED):
        out = git.run("ls-files", "-z", "--eol", "--", *paths[at : at + _MOST_NAMED], timeout_s=300)
        for line in out.split(b"\0"):
            head, _, path = line.partition(b"\t")
            if head.startswith((b"i/crlf", b"i/mixed")):
                found.add(path)
    return found


def _hash_large(git: Git, descriptor: int) -> bytes:
    """Store a large file as it is, read by git through the descriptor we opened."""
    name = b"/dev/fd/%d\n" % descriptor
    out = git.run(
        "hash-object", "-w", "--no-filters", "--stdin-paths", stdin=name, pass_fds=(descriptor,), timeout_s=600
    )
    return out.strip()


def _convert(git: Git, top: bytes, files: Mapping[bytes, Found], *, trusted: bool) -> dict[bytes, bytes]:
    """Let git convert private copies, laid out as in the work tree so that the attributes are found."""
    if not files:
        return {}
    with tempfile.TemporaryDirectory(prefix="casework-") as folder:
        stage = os.fsencode(folder)
        for path in _attribute_files(files):
            _copy_in(top, stage, path)
        for path, found in files.items():
            _write_in(stage, path, found)
        names = b"".join(b'"%s"\n' % b"".join(b"\\%03o" % code for code in path) for path in files)
        allowed: tuple[Allowed, ...] = ("filters",) if trusted else ()
        out = git.run(
            "hash-object", "-w", "--stdin-paths", stdin=names, work_tree=stage, cwd=stage, env=_SAFE, allow=allowed,
            timeout_s=600,
        )  # fmt: skip
    return dict(zip(files, out.split(), strict=True))


def _attribute_files(paths: Iterable[bytes]) -> set[bytes]:
    found = {b".gitattributes"}
    for path in paths:
        above = path.rpartition(b"/")[0]
        while above:
            found.add(above + b"/.gitattributes")
            above = above.rpartition(b"/")[0]
    return found


def _copy_in(top: bytes, stage: bytes, path: bytes) -> None:
    with Disk(top) as disk:
        found = disk.find(path)
    if found is not None and found.data is not None and found.mode != b"120000":
        _write_in(stage, path, found)


def _write_in(stage: bytes, path: bytes, found: Found) -> None:
    target = os.path.join(stage, path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "wb") as stream:
        if found.data is not None:
            stream.write(found.data)
            return
        os.lseek(found.descriptor, 0, os.SEEK_SET)
        while chunk := os.read(found.descriptor, 1 << 20):
            stream.write(chunk)
