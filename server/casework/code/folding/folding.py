"""Everything of a change that is one decision instead of many: from its hunks and both texts to its folds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from casework.code.folding.files import renamed, unwritten
from casework.code.folding.formatting import Budget, formatted
from casework.code.folding.moves import moved
from casework.code.folding.parts import Part, Texts, fold_of, many, parts_of
from casework.domain.change import Change, Fold
from casework.domain.ids import HunkId

MOST_HUNKS: Final = 3000
MOST_BYTES: Final = 4 * 1024 * 1024
"""Of the lines of all hunks; what is larger is shown as it is."""
MOST_FILES: Final = 500
LARGEST_FILE: Final = 128 * 1024
"""Bytes of a file that is looked into; one that is larger is folded only where it was renamed."""


def too_large(change: Change) -> str:
    """Say why the lines of a change are not looked at, as a sentence; empty where they are."""
    counted = (change.text_hunks, MOST_HUNKS, "hunk"), (len(change.files), MOST_FILES, "file")
    for count, most, what in counted:
        if count > most:
            return (
                f"This change has {many(count, what)}: moves, formatting and generated files are looked for in changes "
                f"of at most {many(most, what)}, so only renames are put together."
            )
    return ""


def folds_of(change: Change, texts: Mapping[HunkId, bytes], sides: Texts) -> Change:
    """Give the change with its folds; `texts` has the lines of each hunk. No hunk is in two folds."""
    size = sum(len(text) for text in texts.values())
    said = too_large(change)
    if not said and size > MOST_BYTES:
        said = (
            f"The lines of this change are {size / 1_000_000:.0f} MB: moves, formatting and generated files are looked "
            f"for in at most {MOST_BYTES / 1_000_000:.0f} MB, so only renames are put together."
        )
    folds = renamed(change.files)
    if said:
        return change.model_copy(update={"folds": tuple(folds), "not_folded": said})
    budget = Budget()
    left = _by_file(parts_of(change.files, texts))
    folds += unwritten(left, sides, {file.path for file in change.files})
    left = _without(left, folds)
    if (form := _formatted(left, sides, budget)) is not None:
        folds.append(form)
        left = _without(left, [form])
    folds += moved([part for parts in left.values() for part in parts], sides, budget)
    spent = "Some of its files were too long to be looked at for formatting and moves." if budget.spent else ""
    return change.model_copy(update={"folds": tuple(folds), "not_folded": spent})


def _by_file(parts: list[Part]) -> dict[str, list[Part]]:
    found: dict[str, list[Part]] = defaultdict(list)
    for part in parts:
        found[part.file.path].append(part)
    return found


def _without(parts: Mapping[str, list[Part]], folds: list[Fold]) -> dict[str, list[Part]]:
    taken = {hunk for fold in folds for hunk in fold.hunks}
    kept = {path: [part for part in own if part.hunk.id not in taken] for path, own in parts.items()}
    return {path: own for path, own in kept.items() if own}


def _formatted(parts: Mapping[str, list[Part]], sides: Texts, budget: Budget) -> Fold | None:
    hunks: set[HunkId] = set()
    files: list[str] = []
    whole = True
    for path, own in parts.items():
        if found := formatted(own, sides, budget):
            hunks |= found
            files.append(path)
            whole = whole and len(found) == len(own[0].file.hunks)
    if not hunks:
        return None
    what = files[0] if len(files) == 1 else many(len(files), "file")
    rest = "" if whole else f", {many(len(hunks), 'hunk')}"
    return fold_of("formatted", f"{what} reformatted{rest}: it says the same", hunks)
