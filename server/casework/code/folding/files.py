"""Files that were only renamed, and files that no human writes: generated ones and lock files.

That a file is generated is believed only where it said so before the change as well as after it: a change can't make a
file skipped by writing the words on top of it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

from casework.code.folding.parts import Part, Texts, extension, fold_of, many, may_fold
from casework.domain.change import FileChange, Fold
from casework.domain.reading import is_interface, is_test, manifests_of
from casework.domain.showing import hidden_in, twins_in

_TOP_LINES: Final = 10
_SAYS_SO: Final = re.compile(
    r"@generated\b|\bcode generated\b.*\bdo not edit\b|\b(?:auto-?|automatically )generated\b"
    r"|\bgenerated (?:by|from|with)\b",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r"\w+")
_COMMENTS: Final = ("#", "/", "*", "<", "-", ";", '"', "'")
_HOST: Final = re.compile(r"\b(?:git\+)?(?:https?|ssh|git|file)://(?:[^\s/\"'@]*@)?([^\s/\"'?#:]+)", re.IGNORECASE)
_MEANT_NAMES: Final = re.compile(r"(^|/)(__init__|__main__|index|main|mod|lib|conftest|setup|build)\.[^/]+$")
"""Names by which a file is found: another name is another meaning."""


def renamed(files: Iterable[FileChange]) -> list[Fold]:
    """Give the files whose bytes and mode are those of before, by the folders they went from and to."""
    groups: dict[tuple[str, str], list[FileChange]] = defaultdict(list)
    for file in files:
        if file.whole is not None and _is_plain_rename(file):
            groups[_folders(file)].append(file)
    found = []
    for (old, new), members in groups.items():
        hunks = [file.whole for file in members if file.whole is not None]
        if len(members) == 1:
            title = f"renamed {members[0].old_path} to {members[0].path}, unchanged"
        else:
            title = f"{many(len(members), 'file')} renamed from {old or 'the top'}{'/' if old else ''} to "
            title += f"{new or 'the top'}{'/' if new else ''}, unchanged"
        found.append(fold_of("renamed", title, hunks))
    return found


def _is_plain_rename(file: FileChange) -> bool:
    """Tests, what others build on, and names that tools look for keep their place in the review."""
    old = file.old_path
    if file.status != "renamed" or old is None or file.old_blob != file.new_blob or file.old_mode != file.new_mode:
        return False
    if not may_fold(file) or extension(old) != extension(file.path):
        return False
    words = set(_WORD.findall(old)) | set(_WORD.findall(file.path))
    return not any(
        path.startswith('"') or is_test(path) or is_interface(path) or manifests_of(path) or _MEANT_NAMES.search(path)
        or any(hidden_in(path)) or any(twins_in(path, words))
        for path in (old, file.path)
    )  # fmt: skip


def _folders(file: FileChange) -> tuple[str, str]:
    """Give what is left of both names without what they end with alike; both whole where the last name changed."""
    old, new = list(PurePosixPath(file.old_path or "").parts), list(PurePosixPath(file.path).parts)
    if old[-1] != new[-1]:
        return file.old_path or "", file.path
    while old and new and old[-1] == new[-1]:
        old.pop()
        new.pop()
    return "/".join(old), "/".join(new)


def unwritten(parts: Mapping[str, Sequence[Part]], texts: Texts, changed: Collection[str]) -> list[Fold]:
    """Give the generated files as one fold, and each lock file; `parts` are all hunks of a file, by its path.

    What can't be folded of a file keeps the whole file out.
    """
    found: list[Fold] = []
    generated: list[Part] = []
    for path, own in parts.items():
        file = own[0].file
        if file.status != "modified" or len(own) != len(file.hunks) or is_test(path):
            continue
        base, head = texts.base.get(path), texts.head.get(path)
        if any(manifest in changed for manifest in manifests_of(path)):
            if base is not None and not _new_hosts(base, own):
                figures = f"+{sum(part.hunk.added for part in own)} -{sum(part.hunk.removed for part in own)}"
                title = f"lock file {path}, {figures}; it names no new source"
                found.append(fold_of("lock_file", title, [part.hunk.id for part in own]))
        elif base is not None and head is not None and _says_so(base) and _says_so(head):
            generated += own
    if generated:
        names = {part.file.path for part in generated}
        what = next(iter(names)) if len(names) == 1 else many(len(names), "file")
        lines = sum(part.hunk.added + part.hunk.removed for part in generated)
        title = f"generated: {what}, {many(lines, 'line')}; not compared with what it is made from"
        found.append(fold_of("generated", title, [part.hunk.id for part in generated]))
    return found


def _says_so(text: str) -> bool:
    top = text.split("\n", _TOP_LINES)[:_TOP_LINES]
    return any(_SAYS_SO.search(line[:400]) for line in top if line.lstrip()[:1] in _COMMENTS)


def _new_hosts(base: str, parts: Iterable[Part]) -> set[str]:
    """Give the hosts that a lock file fetches from and did not before."""
    added = (line.text for part in parts for line in part.lines if line.sign == "+")
    return {host.lower() for line in added for host in _HOST.findall(line)} - {
        host.lower() for host in _HOST.findall(base)
    }
