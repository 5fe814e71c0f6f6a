"""What a review remembers of texts beside the journal: what was read of hunks that changed, and what was rejected."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from pydantic import Field

from casework.domain.frozen import Frozen
from casework.domain.ids import HunkId

MOST_REFUSALS = 1000
_MOST_COMPARED = 1000
"""Lines on each side beyond which no finer difference is looked for; it takes the product of both at worst."""
_MOST_SHOWN = 400
_AROUND = 3


class ReadText(Frozen):
    """A hunk as it was read: the lines it replaced and the lines it put there, with those around them."""

    before: str = ""
    after: str = ""


class Refusal(Frozen):
    """What a human rejected, to be known again when somebody brings it back."""

    path: str
    core: str
    """Made from its lines; of a file as a whole, its id."""
    reason: str = ""


class LedgerTexts(Frozen):
    """All of it, for one review; kept as a blob."""

    read: Mapping[HunkId, ReadText] = Field(default_factory=dict)
    """By the hunk that changed and was not read again."""
    since: Mapping[HunkId, str] = Field(default_factory=dict)
    """What changed in it since then, in lines that begin as those of a patch do."""
    refused: tuple[Refusal, ...] = ()


def what_changed(read: ReadText, now: ReadText) -> str:
    """Give what changed from one to the other: in what is put there, else in what it replaces; empty for neither."""
    return compared(read.after, now.after) or compared(read.before, now.before)


def compared(before: str, after: str) -> str:
    """Give two texts' difference as lines that begin with a blank, `-` or `+`; empty where there is none."""
    old, new = before.splitlines(), after.splitlines()
    if old == new:
        return ""
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    middle = _middle(old[head : len(old) - tail], new[head : len(new) - tail])
    lead = [f" {line}" for line in old[max(0, head - _AROUND) : head]]
    trail = [f" {line}" for line in old[len(old) - tail :][:_AROUND]]
    lines = [*lead, *middle, *trail]
    if len(lines) > _MOST_SHOWN:
        lines = [*lines[:_MOST_SHOWN], f" ... {len(lines) - _MOST_SHOWN} more lines"]
    return "\n".join(lines)


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    at = 0
    while at < min(len(old), len(new)) and old[at] == new[at]:
        at += 1
    return at


def _middle(old: Sequence[str], new: Sequence[str]) -> list[str]:
    if max(len(old), len(new)) > _MOST_COMPARED:
        return [*(f"-{line}" for line in old), *(f"+{line}" for line in new)]
    found: list[str] = []
    for tag, i, i_end, j, j_end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found += [f" {line}" for line in old[i:i_end]]
        else:
            found += [f"-{line}" for line in old[i:i_end]]
            found += [f"+{line}" for line in new[j:j_end]]
    return found
