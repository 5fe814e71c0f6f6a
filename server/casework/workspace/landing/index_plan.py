"""I' for every touched path: what the user had staged stays staged, no more and no less."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from casework.domain.repopath import quote
from casework.ports.landing import LandingRefused
from casework.workspace.landing.contents import Contents
from casework.workspace.landing.index import Index
from casework.workspace.landing.merge import Conflict, merge_place
from casework.workspace.objects import Place
from casework.workspace.trees import folders_of


@dataclass(slots=True)
class Staged:
    """I and I' by path."""

    before: dict[bytes, Place | None] = field(default_factory=dict)
    after: dict[bytes, Place | None] = field(default_factory=dict)
    flags: dict[bytes, str] = field(default_factory=dict)

    def leaving(self) -> frozenset[bytes]:
        """Give the paths whose entry goes away. Costs as many steps as there are paths."""
        return frozenset(path for path, place in self.after.items() if place is None and self.before[path] is not None)


def plan_index(
    index: Index,
    head: Mapping[bytes, Place | None],
    new: Mapping[bytes, Place | None],
    whole: Mapping[bytes, Place | None] | None,
    merge_blobs: Callable[[bytes, bytes, bytes], bytes],
    contents: Contents,
) -> Staged:
    """Merge every entry; `whole` is the snapshot of a working tree's landing.

    Raises:
        LandingRefused: `conflict`, what is staged and the change clash.
    """
    found = Staged()
    merged = [path for path, after in new.items() if index.place(path) not in (head[path], after)]
    contents.load(place for path in merged for place in (index.place(path), head[path], new[path]))
    for path, after in new.items():
        now = index.place(path)
        found.before[path] = now
        found.flags[path] = index.flags(path)
        try:
            found.after[path] = merge_place(head[path], now, after, merge_blobs)
        except Conflict as conflict:
            # Of one's own edits, all accepted: whatever part was staged is in the commit.
            if whole is None or whole.get(path) != after:
                raise _clash(path, "what you have staged in it and the change touch each other") from conflict
            found.after[path] = after
    check_folders(index, found)
    return found


def check_folders(index: Index, staged: Staged) -> None:
    """A new entry must not take the place of a folder of staged files, nor lie below a staged file."""
    leaving = staged.leaving()
    for path, place in staged.after.items():
        if place is None or staged.before[path] is not None:
            continue
        for folder in folders_of([path]) - {b""}:
            if index.has(folder) and folder not in leaving:
                raise _clash(path, f"a file {quote(folder)} is staged where its folder would be")
        if any(other not in leaving for other in index.below(path)):
            raise _clash(path, "files are staged in a folder of that name")


def _clash(path: bytes, why: str) -> LandingRefused:
    return LandingRefused(
        f"{quote(path)} can't take the change: {why}. Nothing was landed, and the index is as it was. "
        "Make a branch of the change, or commit what you have staged and approve again.",
        code="conflict",
        offered=("branch",),
        paths=(quote(path),),
    )
