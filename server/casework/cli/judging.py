"""`casework next`: the next thing to judge, across files and across reviews."""

from __future__ import annotations

import shlex
from typing import Annotated, Any

import typer

from casework.cli.connection import daemon
from casework.cli.options import HERE, AsJson, Where, place
from casework.cli.output import Output, grey, many, sentences, strong, visible


def next_thing(
    number: Annotated[int | None, typer.Argument(help="The review you are in; without it, from the beginning.")] = None,
    hunk: Annotated[str | None, typer.Option(help="The hunk you judged last: what comes behind it.")] = None,
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Say what to judge next: the next hunk without a decision, the next review, the next question."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        answer = asked.ask("casework/review/next", place(where), number=number, hunk=hunk)
        output.give(answer, *next_lines(answer))


def next_lines(found: dict[str, Any]) -> list[str]:
    """Give the answer as text, with what can be done."""
    lines = [strong(visible(found["sentence"]))]
    card = found["card"]
    if card is None:
        return lines
    number = card["number"]
    if found["kind"] == "hunk":
        lines[0] += grey(f"   {many(found['left'], 'decision')} left here")
        named = f"{number} {found['hunk']}"
        lines += [
            f"  Read it    casework review diff {number}{_word(found['path'])}",
            f"  Judge it   casework review accept {named}    casework review reject {named} -m ...",
            f"  Go on      casework next {number} --hunk {found['hunk']}",
        ]
    elif found["kind"] == "verdict":
        lines.append(f"  Read it    casework review show {number}")
    elif found["kind"] == "question":
        lines.append(f"  Answer it  casework answer {number} ...")
    return lines


def _word(path: str) -> str:
    """Give a path as a further word of a command line; nothing where it can't be copied from a terminal."""
    return f" {shlex.quote(path)}" if visible(path) == path else ""
