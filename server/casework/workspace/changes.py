"""What git says about two commits, parsed: raw lines and patch in, `Change` out. Starts no process and reads no file.

Git is asked for both at once (`diff-tree --raw -p`, without `-z`): names are then quoted in both parts, so that a name
holding a newline can't look like a header. Every line of a hunk's body begins with a blank, `+`, `-` or a backslash,
so a line that begins with `@@ ` or `diff --git ` is never content.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from casework.domain.change import Change, FileChange, FileStatus, Hunk
from casework.domain.errors import Trouble
from casework.domain.ids import CommitId, HunkId
from casework.domain.repopath import quote, unquote

DIFF_SETTINGS: Final = (
    "core.quotePath=true",
    "core.bigFileThreshold=64m",
    "diff.suppressBlankEmpty=false",
    "diff.noprefix=false",
    "diff.mnemonicPrefix=false",
    "diff.ignoreSubmodules=none",
    "diff.renameLimit=1000",
    "diff.renames=true",
    "color.ui=false",
)
"""Configuration that could change what git prints, set to git's own defaults; a file over 64 MiB counts as binary."""

DIFF_OPTIONS: Final = (
    "-r",
    "-M",
    "-l1000",
    "-U3",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-relative",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--diff-algorithm=myers",
    "--indent-heuristic",
    "--inter-hunk-context=0",
    "--submodule=short",
    "--ignore-submodules=none",
)
"""`git diff` as it is without any configuration, as options of `git diff-tree`, which reads hardly any."""

_STATUS: Final[dict[str, FileStatus]] = {
    "A": "added",
    "M": "modified",
    "D": "deleted",
    "R": "renamed",
    "C": "copied",
    "T": "type_changed",
}
_HUNK: Final = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_SECTION: Final = b"\ndiff --git "
_SECTION_LENGTH: Final = 80


@dataclass(frozen=True, slots=True)
class Entry:
    """One raw line: what became of one path. Paths are bytes; a mode that is all zeros means the side is absent."""

    old_mode: str
    new_mode: str
    old_blob: str
    new_blob: str
    status: FileStatus
    old_path: bytes
    path: bytes

    @property
    def is_split(self) -> bool:
        """Whether git prints it as two sections, a deletion and a creation (a link in the place of a file, ...)."""
        return self.status == "type_changed"

    @property
    def record(self) -> bytes:
        """The canonical bytes of which `diff_hash` is made."""
        words = f"{self.old_mode} {self.new_mode} {self.old_blob} {self.new_blob} {self.status}"
        return b"\0".join((words.encode(), self.old_path, self.path, b""))


def parse_change(base: CommitId, head: CommitId, output: bytes) -> Change:
    """Parse what `git diff-tree --raw -p` printed with `DIFF_OPTIONS` under `DIFF_SETTINGS`.

    Raises:
        Trouble: `unreadable_diff`, git printed something else than its documentation says.
    """
    parsed = list(_parse(output))
    files = tuple(_file(entry, sections) for entry, sections in parsed)
    return Change(base=base, head=head, diff_hash=hash_of([entry for entry, _ in parsed]), files=files)


def parse_hunk_texts(output: bytes) -> dict[HunkId, bytes]:
    """Give each hunk's lines, its `@@` line first, from the same output and under the same ids as `parse_change`."""
    return {hunk.id: text for entry, sections in _parse(output) for hunk, text in _hunks(entry.path, sections)}


def _parse(output: bytes) -> Iterator[tuple[Entry, list[bytes]]]:
    """Give each changed file with the sections of the patch that are about it."""
    raw, _, patch = output.partition(b"\n\n")
    sections = _sections(b"\n" + patch if patch else b"")
    for entry in parse_raw(raw):
        yield entry, [next(sections, b"") for _ in range(2 if entry.is_split else 1)]
    if next(sections, None) is not None:
        raise _unreadable("more patches than changed files")


def hash_of(entries: Sequence[Entry]) -> str:
    """Give the hash that names a change whatever commits it stands between."""
    return hashlib.sha256(b"".join(sorted(entry.record for entry in entries))).hexdigest()


def parse_raw(raw: bytes) -> list[Entry]:
    """Parse the raw lines (git-diff(1), "Raw output format"), quoted names included."""
    return [_entry(line) for line in raw.split(b"\n") if line]


def _entry(line: bytes) -> Entry:
    words, _, names = line.partition(b"\t")
    fields = words.decode("ascii", "replace").removeprefix(":").split(" ")
    paths = [_name(name) for name in names.split(b"\t")]
    if not line.startswith(b":") or len(fields) != 5 or fields[4][:1] not in _STATUS or len(paths) not in (1, 2):
        raise _unreadable("a list of changes in an unknown form")
    old_mode, new_mode, old_blob, new_blob, status = fields
    return Entry(old_mode, new_mode, old_blob, new_blob, _STATUS[status[:1]], paths[0], paths[-1])


def _name(name: bytes) -> bytes:
    if not name.startswith(b'"'):
        return name
    try:
        return unquote(name.decode("ascii"))
    except ValueError as error:
        raise _unreadable("a name in an unknown form") from error


def _sections(patch: bytes) -> Iterator[bytes]:
    """Cut the patch in front of every `diff --git`; each section begins with the newline before it."""
    start = patch.find(_SECTION)
    while start >= 0:
        end = patch.find(_SECTION, start + 1)
        yield patch[start : end if end >= 0 else len(patch)]
        start = end


def _file(entry: Entry, sections: Sequence[bytes]) -> FileChange:
    hunks = tuple(hunk for hunk, _ in _hunks(entry.path, sections))
    renamed = entry.old_path != entry.path
    return FileChange(
        path=quote(entry.path),
        status=entry.status,
        old_path=quote(entry.old_path) if renamed else None,
        old_mode=_present(entry.old_mode),
        new_mode=_present(entry.new_mode),
        old_blob=_present(entry.old_blob),
        new_blob=_present(entry.new_blob),
        binary=any(b"\nBinary files " in section and b"\n@@ " not in section for section in sections),
        hunks=hunks,
        whole=None if hunks else HunkId(hashlib.sha256(b"whole\0" + entry.record).hexdigest()[:16]),
    )


def _unreadable(what: str) -> Trouble:
    return Trouble(
        f"Git printed {what}, so this change can't be shown; `casework doctor` says which git is used.",
        code="unreadable_diff",
    )


def _present(text: str) -> str:
    return text if text.strip("0") else ""


def _hunks(path: bytes, sections: Sequence[bytes]) -> Iterator[tuple[Hunk, bytes]]:
    seen: Counter[str] = Counter()
    for section in sections:
        start = section.find(b"\n@@ -")
        while start >= 0:
            end = section.find(b"\n@@ -", start + 1)
            text = section[start + 1 : end if end >= 0 else len(section)].removesuffix(b"\n") + b"\n"
            yield _hunk(path, text, seen), text
            start = end


def _hunk(path: bytes, text: bytes, seen: Counter[str]) -> Hunk:
    header, _, body = text.partition(b"\n")
    found = _HUNK.match(header)
    if found is None:
        raise _unreadable("a hunk in an unknown form")
    old_start, old_lines, new_start, new_lines = (int(number) if number else 1 for number in found.groups())
    core, lead, trail = _core(body)
    return Hunk(
        id=_numbered(hashlib.sha256(path + b"\0" + body).hexdigest()[:16], seen),
        old_start=old_start,
        old_lines=old_lines,
        new_start=new_start,
        new_lines=new_lines,
        section=printable(header[found.end() :])[:_SECTION_LENGTH],
        added=body.startswith(b"+") + body.count(b"\n+"),
        removed=body.startswith(b"-") + body.count(b"\n-"),
        core=hashlib.sha256(core).hexdigest()[:16],
        lead=lead,
        trail=trail,
    )


def _core(body: bytes) -> tuple[bytes, int, int]:
    """Give a hunk's lines from the first that changes to the last, and how many stand around them."""
    start = lead = 0
    while body[start : start + 1] == b" ":
        start, lead = body.index(b"\n", start) + 1, lead + 1
    end, trail = len(body), 0
    while end > start:
        line = body.rfind(b"\n", 0, end - 1) + 1
        if body[line : line + 1] == b"\\":  # a note about the line before it, which goes where that goes
            line = body.rfind(b"\n", 0, line - 1) + 1
        if body[line : line + 1] != b" ":
            break
        end, trail = line, trail + 1
    return body[start:end], lead, trail


def _numbered(digest: str, seen: Counter[str]) -> HunkId:
    seen[digest] += 1
    return HunkId(digest if seen[digest] == 1 else f"{digest}-{seen[digest]}")


def printable(text: bytes) -> str:
    """Give text for one line of a screen: what is not UTF-8 or not printable becomes a replacement character."""
    decoded = text.decode("utf-8", "replace").strip()
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in decoded)
