"""What differs between two texts in memory, in the shapes git's answer is read into: the fake workspace's own diff."""

from __future__ import annotations

import difflib
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence

from casework.domain.change import FileChange, Hunk
from casework.domain.ids import HunkId


def lines_of(data: bytes) -> list[bytes]:
    lines = data.split(b"\n")
    return [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def blob_of(data: bytes | None) -> str:
    return hashlib.sha1(data).hexdigest() if data is not None else ""


def file_change(path: str, old: bytes | None, new: bytes | None) -> FileChange:
    sides = blob_of(old) + blob_of(new)
    binary = b"\0" in (old or b"") or b"\0" in (new or b"")
    hunks = () if binary else tuple(_hunks(path, lines_of(old or b""), lines_of(new or b"")))
    return FileChange(
        path=path,
        status="added" if old is None else "deleted" if new is None else "modified",
        old_mode="100644" if old is not None else "",
        new_mode="100644" if new is not None else "",
        old_blob=blob_of(old),
        new_blob=blob_of(new),
        binary=binary,
        hunks=hunks,
        whole=None if hunks else HunkId(hashlib.sha256(f"{path}{sides}".encode()).hexdigest()[:16]),
    )


def _hunks(path: str, old: list[bytes], new: list[bytes]) -> Iterator[Hunk]:
    seen: Counter[str] = Counter()
    for group in difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(3):
        i, i_end, j, j_end = group[0][1], group[-1][2], group[0][3], group[-1][4]
        removed = sum(end - start for tag, start, end, _, _ in group if tag != "equal")
        added = sum(end - start for tag, _, _, start, end in group if tag != "equal")
        digest = hashlib.sha256(repr((path, old[i:i_end], new[j:j_end])).encode()).hexdigest()[:16]
        seen[digest] += 1
        core = [op for op in group if op[0] != "equal"]
        k, k_end = core[0][1], core[-1][2]
        yield Hunk(
            id=HunkId(digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"),
            old_start=i + (i_end > i),
            old_lines=i_end - i,
            new_start=j + (j_end > j),
            new_lines=j_end - j,
            added=added,
            removed=removed,
            core=hashlib.sha256(repr((old[k:k_end], new[core[0][3] : core[-1][4]])).encode()).hexdigest()[:16],
            lead=k - i,
            trail=i_end - k_end,
        )


def text_of(hunk: Hunk, old: list[bytes], new: list[bytes]) -> bytes:
    start, begin = hunk.old_start - (hunk.old_lines > 0), hunk.new_start - (hunk.new_lines > 0)
    before, after = old[start : start + hunk.old_lines], new[begin : begin + hunk.new_lines]
    found = [_header(hunk)]
    for tag, i, i_end, j, j_end in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        found += [_line(b" " if tag == "equal" else b"-", line) for line in before[i:i_end]]
        found += [_line(b"+", line) for line in after[j:j_end] if tag != "equal"]
    return b"".join(found)


def _header(hunk: Hunk) -> bytes:
    sides = ((hunk.old_start, hunk.old_lines), (hunk.new_start, hunk.new_lines))
    old, new = (f"{start}" if lines == 1 else f"{start},{lines}" for start, lines in sides)
    return f"@@ -{old} +{new} @@\n".encode()


def _line(mark: bytes, line: bytes) -> bytes:
    return mark + line + (b"" if line.endswith(b"\n") else b"\n\\ No newline at end of file\n")


def assembled(old: bytes, new: bytes, taken: Sequence[Hunk]) -> bytes:
    before, after = lines_of(old), lines_of(new)
    for hunk in reversed(taken):
        start = hunk.old_start - (hunk.old_lines > 0)
        begin = hunk.new_start - (hunk.new_lines > 0)
        before[start : start + hunk.old_lines] = after[begin : begin + hunk.new_lines]
    return b"".join(before)
