"""`casework checks ...`: what checks a repository, with which environment. It is run by `casework review check`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from casework.cli.connection import daemon
from casework.cli.options import HERE, AsJson, Where, place
from casework.cli.output import Output, columns, sentences, visible

checks = typer.Typer(no_args_is_help=True, help="What checks a repository: show, choose.")


@checks.command("show")
def show(where: Where = HERE, as_json: AsJson = False) -> None:
    """Tell which commands and which environment were found, and which are run for a change."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        answer = asked.ask("casework/checks/show", place(where))
        output.give(answer, *_lines(answer))


@checks.command("choose")
def choose(
    commands: Annotated[
        list[str] | None, typer.Argument(help="Command lines to run for a change; none for what is found.")
    ] = None,
    environment: Annotated[str, typer.Option(help="The folder of the environment of Python to use.")] = "",
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Choose what is run for a change of this repository; kept in your own journal, never in the repository."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        answer = asked.ask("casework/checks/choose", place(where), commands=commands or [], environment=environment)
        output.give(answer, *_lines(answer))


def _lines(view: dict[str, Any]) -> list[str]:
    rows = [
        ("runs" if one["is_run"] else "found", visible(one["command"]), visible(one["found_in"]))
        for one in view["commands"]
    ]
    return [
        *columns(rows),
        f"environment  {visible(view['environment'])}",
        *(visible(sentence) for sentence in view["unread"]),
        visible(view["sentence"]),
    ]
