"""Tasks from the code: from a TODO or FIXME comment, from what another server complains about, from a selection.

A task remembers the lines as they are saved, because unsaved text is nobody's but the editor's; where the two differ
the action says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from lsprotocol import types

from casework.lsp.actions import action, command
from casework.lsp.documents import Buffer, lines_of

_SNIPPET: Final = 2000
_TITLE: Final = 120
_WORDS: Final = 80
_MOST_COMPLAINTS: Final = 10
_TODO: Final = re.compile(r"\b(?:TODO|FIXME)\b(?:\([^)]*\))?[\s:(-]*")
_TAIL: Final = re.compile(r"[\s*/#)>-]*")
"""What ends a comment, read from behind: looked for from the front it would cost the square of a line's length."""


def may_offer(text: str, span: types.Range, context: types.CodeActionContext) -> bool:
    """Tell whether it is worth a closer look; this is asked on every keystroke."""
    return span.start != span.end or bool(context.diagnostics) or "TODO" in text or "FIXME" in text


def new_tasks(
    top: str, path: str, text: str, buffer: Buffer, span: types.Range, context: types.CodeActionContext
) -> Iterator[types.CodeAction]:
    """Offer them; `path` is as the repository knows it, `span` and `context` are of the editor's text."""
    saved = buffer.lines if buffer.dirty else lines_of(text)
    offer = _Offer(top, path, saved, buffer)
    for complaint in context.diagnostics[:_MOST_COMPLAINTS]:
        if complaint.source != "casework":
            yield from offer.about(_first_words(complaint.message.splitlines()), complaint.range)
    first, last = offer.lines(span)
    chosen = saved[first : last + 1]
    todo = next((found for line in chosen if (found := todo_in(line))), "")
    if todo:
        yield from offer.about(todo, span)
    elif span.start != span.end:
        words = _first_words(chosen)
        yield from offer.about(f"Look at: {words[:_WORDS]}" if words else "", span)


class _Offer:
    def __init__(self, top: str, path: str, saved: Sequence[str], buffer: Buffer) -> None:
        self._top = top
        self._path = path
        self._saved = saved
        self._buffer = buffer

    def lines(self, span: types.Range) -> tuple[int, int]:
        """Give the first and the last saved line of a range; its end is exclusive."""
        first, last = span.start.line, span.end.line
        if span.end.character == 0 and last > first:
            last -= 1
        end = max(0, len(self._saved) - 1)
        begin = min(self._buffer.on_disk(first), end)
        return begin, min(max(begin, self._buffer.on_disk(last)), end)

    def about(self, title: str, span: types.Range) -> Iterator[types.CodeAction]:
        if not title:
            return
        first, last = self.lines(span)
        snippet = "\n".join(self._saved[first : last + 1])[:_SNIPPET]
        anchor = {"path": self._path, "line": first + 1, "end_line": last + 1, "snippet": snippet}
        note = " (as saved: this editor has unsaved changes)" if self._buffer.dirty else ""
        does = command(self._top, "New task", "casework.task.add", title=title[:_TITLE], anchor=anchor)
        yield action(f"new task: {title[:_TITLE]}{note}", does)


def todo_in(line: str) -> str:
    """Give what a TODO or FIXME comment says; empty where there is none."""
    found = _TODO.search(line)
    if found is None:
        return ""
    said = _TAIL.sub("", line[found.end() :][::-1], count=1)[::-1]
    return (said or line).strip()[:_TITLE]


def _first_words(lines: Sequence[str]) -> str:
    return next((line.strip() for line in lines if line.strip()), "")[:_TITLE]
