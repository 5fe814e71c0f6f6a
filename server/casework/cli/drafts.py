"""`casework draft`: what is being written and not sent, in whichever editor."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from casework.cli.connection import daemon
from casework.cli.options import HERE, AsJson, Where, place
from casework.cli.output import Output, columns, sentences, visible

drafts = typer.Typer(no_args_is_help=True, help="What is half-written, in any editor: it waits there until it is sent.")

_Number = Annotated[int, typer.Argument(help="The task's or the review's number.")]
_Place = Annotated[
    str,
    typer.Argument(
        metavar="PLACE",
        help="`request`, `comment/HUNK` (`comment/`: the review), `file/PATH`, `reply/THREAD` or `question/ID`.",
    ),
]


@drafts.command("list")
def list_drafts(
    number: Annotated[int | None, typer.Argument(help="Only of this task.")] = None,
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """List what is half-written."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        answer = asked.ask("casework/draft/list", place(where), number=number)
        output.give(answer, *(_lines(answer["drafts"]) or ["Nothing is half-written."]))


@drafts.command("keep")
def keep(number: _Number, at: _Place, text: str, where: Where = HERE, as_json: AsJson = False) -> None:
    """Begin a text here, to be gone on with in an editor; what was half-written at that place is replaced."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        line, column = text.count("\n") + 1, len(text.rpartition("\n")[2].encode())
        cursor = {"line": line, "column": column}
        answer = asked.ask("casework/draft/keep", place(where), number=number, place=at, text=text, **cursor)
        output.give(answer, "It is kept: an editor that opens the review has it.")


@drafts.command("forget")
def forget(number: _Number, at: _Place, where: Where = HERE, as_json: AsJson = False) -> None:
    """Throw a half-written text away."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        answer = asked.ask("casework/draft/forget", place(where), number=number, place=at)
        output.give(answer, "It is thrown away.")


def _lines(found: list[dict[str, Any]]) -> list[str]:
    return columns([(str(one["number"]), visible(one["place"]), _first_line(one["text"])) for one in found])


def _first_line(text: str) -> str:
    first, *more = text.strip().splitlines()
    return visible(first) + (" ..." if more else "")
