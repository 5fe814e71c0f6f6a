"""From decisions to the records that are shown and journalled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from casework.domain.events import LandingMode
from casework.domain.repopath import quote
from casework.ports.landing import FileState, PathPlan
from casework.workspace.landing.contents import Contents
from casework.workspace.landing.disk_plan import DiskResults
from casework.workspace.landing.index_plan import Staged
from casework.workspace.landing.places import ABSENT, Seen
from casework.workspace.landing.working_file import NOTHING, Outcome
from casework.workspace.objects import Place
from casework.workspace.trees import TREE_MODE, Tree, place_in


@dataclass(frozen=True, slots=True)
class TreeChange:
    """N against H, with what was shown (A) for each path that changes."""

    head: Mapping[bytes, Place | None]
    new: Mapping[bytes, Place | None]
    shown: Mapping[bytes, Place | None]
    tree: bytes


@dataclass(slots=True)
class Made:
    """The records, and what to show where the result is not what was shown."""

    plans: tuple[PathPlan, ...] = ()
    differs: tuple[str, ...] = ()
    differing_on_disk: set[bytes] = field(default_factory=set)
    result_edits: dict[bytes, Place | None] = field(default_factory=dict)
    """What the working file will hold, as an entry with its exact bytes."""
    disk_before: dict[bytes, Place | None] = field(default_factory=dict)


def path_plans(
    contents: Contents,
    change: TreeChange,
    staged: Staged,
    seen: Mapping[bytes, Seen],
    results: DiskResults,
    mode: LandingMode,
) -> Made:
    """Write the plan of every path, removals first: the order in which the files are done."""
    made = Made()
    plans = []
    differs = []
    for path in sorted(change.new, key=lambda path: (change.new[path] is not None, path)):
        outcome = results.outcomes.get(path, NOTHING)
        look = seen.get(path, ABSENT)
        commit_differs = change.new[path] != change.shown[path]
        disk_differs = outcome.merged or (outcome.action != "none" and staged.after[path] != change.new[path])
        if disk_differs:
            made.differing_on_disk.add(path)
            made.result_edits[path] = _shown_place(contents, outcome, look, change.new[path])
            made.disk_before[path] = _shown_place(contents, NOTHING, look, change.head[path])
        if commit_differs or disk_differs:
            differs.append(quote(path))
        acted = outcome.action != "none"
        plans.append(
            PathPlan(
                path=quote(path),
                tree_before=entry_text(change.head[path]),
                tree_after=entry_text(change.new[path]),
                index_before=entry_text(staged.before[path]),
                index_after=entry_text(staged.after[path]),
                flags=staged.flags[path],
                before=state_of(contents, look) if acted else FileState(),
                after=_state_after(contents, outcome) if acted else FileState(),
                action=outcome.action,
                differs=commit_differs or disk_differs,
            )
        )
    assert mode != "working_tree" or not made.differing_on_disk
    made.plans, made.differs = tuple(plans), tuple(differs)
    return made


def file_in(trees: Mapping[bytes, Tree], path: bytes) -> Place | None:
    """Give the file that stands at a path, its mode as git reads it: old trees hold 100664 (git's canon_mode)."""
    found = place_in(trees, path)
    if found is None or found.mode == TREE_MODE:
        return None
    if found.mode.startswith(b"100"):
        return Place(b"100755" if int(found.mode, 8) & 0o100 else b"100644", found.id)
    return found


def entry_text(place: Place | None) -> str:
    """Write an entry as `MODE NAME`."""
    return f"{place.mode.decode()} {place.id.decode()}" if place is not None else ""


def entry_of(text: str) -> Place | None:
    """Read what `entry_text` wrote."""
    if not text:
        return None
    mode, _, name = text.partition(" ")
    return Place(mode.encode(), name.encode())


def state_of(contents: Contents, seen: Seen) -> FileState:
    """Write down what stands at a place, and keep its bytes."""
    match seen.kind:
        case "file" | "link":
            return FileState(kind=seen.kind, mode=seen.mode, sha256=seen.sha256, blob=contents.put(seen.data).decode())
        case _:
            return FileState()


def _state_after(contents: Contents, outcome: Outcome) -> FileState:
    if outcome.action == "delete":
        return FileState()
    return state_of(contents, Seen("link" if outcome.link else "file", outcome.mode, outcome.data))


def _shown_place(contents: Contents, outcome: Outcome, seen: Seen, place: Place | None) -> Place | None:
    """What to show of a working file: its exact bytes under the mode its entry has."""
    if outcome.action == "delete" or place is None:
        return None
    data = seen.data if outcome.action == "none" else outcome.data
    return Place(place.mode, contents.put(data))
