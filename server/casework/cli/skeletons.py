"""`casework skeleton ...`: test files whose cases nobody has written yet."""

from __future__ import annotations

import typer

from casework.cli.connection import daemon
from casework.cli.options import HERE, AsJson, Number, Where, place
from casework.cli.output import Output, sentences, visible

skeletons = typer.Typer(no_args_is_help=True, help="Skeletons of missing tests: open one, take one.")


@skeletons.command("open")
def open_skeleton(number: Number, where: Where = HERE, as_json: AsJson = False) -> None:
    """Write the skeleton as a file for any editor, and print where it is."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        answer = asked.ask("casework/skeleton/document", place(where), number=number)
        output.give(answer, answer["path"])


@skeletons.command("take")
def take(number: Number, where: Where = HERE, as_json: AsJson = False) -> None:
    """Put the skeleton into the work tree as a new file; nothing is ever written over."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        answer = asked.ask("casework/skeleton/take", place(where), number=number)
        output.give(answer, f"{visible(answer['path'])} is yours to write; the first case is in line {answer['line']}")
