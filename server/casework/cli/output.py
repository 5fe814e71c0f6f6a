"""What the shell prints: JSON where asked for, else plain text with a little colour on a terminal; and exit codes."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import typer

from casework.domain import showing
from casework.domain.errors import CaseworkError, Refused

DONE: Final = 0
REFUSED: Final = 1
"""A rule says no; the sentence on stderr says which and what to do."""
USAGE: Final = 2
TROUBLE: Final = 3
"""The world failed: the daemon can't be reached, a disk is full."""
NOT_IN_TIME: Final = 4
"""`wait` gave up."""
INTERRUPTED: Final = 130

GREY: Final = "bright_black"


@dataclass(slots=True)
class Output:
    """How this command answers."""

    as_json: bool = False

    def give(self, answer: dict[str, Any], *lines: str) -> None:
        """Print the answer: as JSON, or the lines made from it."""
        if self.as_json:
            typer.echo(json_text(answer, indent=2))
            return
        for line in lines:
            typer.echo(line)

    def fail(self, error: CaseworkError, code: int) -> NoReturn:
        """Print the sentence, and leave with the code."""
        if self.as_json:
            typer.echo(json_text({"error": {"code": _word(error), "sentence": error.sentence}}))
        typer.echo(visible(error.sentence), err=True)
        raise typer.Exit(code)


def _word(error: CaseworkError) -> str:
    return str(getattr(error, "code", "refused"))


@contextmanager
def sentences(output: Output) -> Iterator[None]:
    """Turn what Casework raises into a sentence and an exit code."""
    try:
        yield
    except Refused as no:
        output.fail(no, NOT_IN_TIME if no.code == "timeout" else REFUSED)
    except CaseworkError as trouble:
        output.fail(trouble, TROUBLE)
    except KeyboardInterrupt:
        typer.echo("Interrupted; what was begun in the daemon goes on.", err=True)
        raise typer.Exit(INTERRUPTED) from None


def visible(text: str) -> str:
    """Give text from outside so that it can't steer the terminal or pass for another (CVE-2021-42574)."""
    return showing.visible(text, keep="\t\n")


def json_text(answer: dict[str, Any], *, indent: int | None = None) -> str:
    """Give JSON that can steer no terminal either: what `visible` would show is escaped as JSON has it."""
    text = json.dumps(answer, ensure_ascii=False, indent=indent)
    return _NOT_PLAIN.sub(lambda found: json.dumps(found[0])[1:-1] if showing.is_hidden(found[0]) else found[0], text)


_NOT_PLAIN: Final = re.compile(r"[^\x20-\x7e\n]")


def grey(text: str) -> str:
    """Give text that may be overlooked."""
    return typer.style(text, fg=GREY) if sys.stdout.isatty() else text


def strong(text: str) -> str:
    """Give text that should not be."""
    return typer.style(text, bold=True) if sys.stdout.isatty() else text


def many(count: int, what: str) -> str:
    """Give a number with what it counts."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Align rows of cells."""
    if not rows:
        return []
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
