"""A change as it is read: hidden characters marked, what need not be read folded, the rest in reading order.

Blocks: called in a thread. Costs what the change weighs; what is looked into is bounded, and the change says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from casework.code.folding.folding import LARGEST_FILE, folds_of, too_large
from casework.code.folding.parts import Texts
from casework.code.uses import uses_among
from casework.domain.change import Change, FileChange
from casework.domain.ids import CommitId, HunkId
from casework.domain.marks import marked
from casework.domain.reading import in_reading_order
from casework.ports.workspace import Workspace


def read_change(workspace: Workspace, base: CommitId, head: CommitId) -> Change:
    """Give the change between two commits, ready to be read."""
    change = workspace.change(base, head)
    if not change.files:
        return change
    texts = workspace.hunk_texts(base, head) if change.text_hunks else {}
    change = change.model_copy(update={"files": tuple(_marked(file, texts) for file in change.files)})
    sides = Texts({}, {}) if too_large(change) else _sides(workspace, change)
    change = folds_of(change, texts, sides)
    return in_reading_order(change, uses_among(sides.head))


def _marked(file: FileChange, texts: Mapping[HunkId, bytes]) -> FileChange:
    hunks = tuple(marked(hunk, texts.get(hunk.id, b"")) for hunk in file.hunks)
    return file if hunks == file.hunks else file.model_copy(update={"hunks": hunks})


def _sides(workspace: Workspace, change: Change) -> Texts:
    """Give the texts of the files whose lines change, on both sides."""
    files = [file for file in change.files if file.hunks]
    before = [file.old_path or file.path for file in files if file.old_blob]
    after = [file.path for file in files if file.new_blob]
    return Texts(_texts(workspace, change.base, before), _texts(workspace, change.head, after))


def _texts(workspace: Workspace, commit: CommitId, paths: Iterable[str]) -> dict[str, str]:
    found = {}
    for path, data in workspace.contents(commit, list(paths), largest=LARGEST_FILE).items():
        try:
            found[path] = data.decode("utf-8")
        except UnicodeDecodeError:
            continue
    return found
