"""The comment that opens a review of a run, already written: facts of the daemon, and apart from them an agent's words.

Every line of the agent's begins with the mark of a quotation (CommonMark 0.31, "Block quotes"), put there line by line
by us, and no line of ours does. So whatever an agent writes, it can't look like a fact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from casework.domain.change import Change, FileChange
from casework.domain.evidence import Standing
from casework.domain.reading import first_looks
from casework.domain.spec import Criterion
from casework.domain.task import Task
from casework.domain.words import AgentWords, WordsOnPlace

QUOTE = "> "
_STATES = {"verified": "verified", "claimed": "claimed", "not_checked": "not checked"}
_FIRST = 3


def prefilled(
    task: Task,
    change: Change,
    words: str,
    more: AgentWords,
    criteria: Sequence[tuple[Criterion, Standing]],
    *,
    checks: str,
    follow_ups: Sequence[str],
) -> str:
    """Give the comment as Markdown. `words` is what the agent wrote about the whole, `checks` what was seen, in short.

    What has nothing to say is left out: the words alone are shown as they are quoted.
    """
    parts = [list(_quoted(words))]
    by_hunk = list(_by_hunk(change, more.notes))
    if by_hunk:
        parts.append(["What changed, and why in the agent's words:", *by_hunk])
    if task.checked is not None or criteria:
        parts.append([f"What Casework saw: {_one_line(checks)}", *_criteria(criteria, checks)])
    left = [f"- task {line}" for line in follow_ups]
    left += [line for text in more.left for line in _quoted(text)]
    if left:
        parts.append(["Deliberately left:", *left])
    first = list(_look_first(change))
    if first and len(parts) > 1:
        parts.append(["Look first at:", *first])
    return "\n\n".join("\n".join(part) for part in parts if part)


def _quoted(text: str) -> Iterator[str]:
    """Quote every line, however it ends: a line that we do not see would be none of the agent's."""
    for line in text.strip().splitlines():
        yield f"{QUOTE}{line}".rstrip()


def _by_hunk(change: Change, notes: Sequence[WordsOnPlace]) -> Iterator[str]:
    """Give each noted hunk with what it does in figures, and the agent's words on it."""
    left = list(notes)
    for file in change.files:
        for hunk in file.hunks:
            on = [note for note in left if note.path == file.path and _touches(note, hunk.new_start, hunk.new_lines)]
            if on:
                left = [note for note in left if note not in on]
                yield f"- {file.path}:{hunk.new_start}, +{hunk.added} -{hunk.removed}"
                for note in on:
                    yield from _quoted(note.text)
    for note in left:
        yield f"- {_one_line(note.path)}:{note.line}, which the change does not touch"
        yield from _quoted(note.text)


def _touches(note: WordsOnPlace, start: int, lines: int) -> bool:
    return start <= note.line < start + max(lines, 1)


def _criteria(criteria: Sequence[tuple[Criterion, Standing]], checks: str) -> Iterator[str]:
    for criterion, standing in criteria:
        sentence = f" ({_one_line(standing.sentence)})" if standing.sentence not in ("", checks) else ""
        yield f"- {_STATES[standing.state]}: {criterion.id} {_one_line(criterion.text)}{sentence}"


def _look_first(change: Change) -> Iterator[str]:
    """Name what the reading order puts first for a reason of its own."""
    for file in first_looks(change)[:_FIRST]:
        yield f"- {file.path}: {file.why_here}{_figures(file)}"


def _figures(file: FileChange) -> str:
    added, removed = sum(hunk.added for hunk in file.hunks), sum(hunk.removed for hunk in file.hunks)
    return f", +{added} -{removed}" if file.hunks else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())


def words_of(kept: str) -> AgentWords:
    """Read what an agent wrote besides its comment; nothing where nothing was kept, or it can't be read."""
    try:
        return AgentWords.model_validate_json(kept) if kept else AgentWords()
    except ValueError:  # a secret in it was redacted across its quotes
        return AgentWords()
