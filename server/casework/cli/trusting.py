"""Giving trust: with one key on a terminal, after what it lets run was shown; in scripts with a word of their own."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from casework.cli.connection import Daemon
from casework.cli.output import visible
from casework.domain.errors import Refused

Trusting = Annotated[
    bool, typer.Option("--trust", help="Trust the repository first: its own programs may be run, in a box.")
]


def give_trust(asked: Daemon, where: str, *, yes: bool) -> dict[str, Any]:
    """Trust the repository; without `yes` only on a terminal, where it is shown what that lets run.

    Raises:
        Refused (`not_confirmed`): the human said no, or there is no terminal to ask on.
    """
    if not yes:
        _confirm(asked.ask("casework/trust/show", where), where)
    answer: dict[str, Any] = asked.ask("casework/trust/grant", where)
    return answer


def _confirm(shown: dict[str, Any], where: str) -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Refused(
            "Trust is given on a terminal, or with `casework trust --trust` in a script.", code="not_confirmed"
        )
    typer.echo(f"Trusting {visible(where)} lets Casework run:")
    for line in shown["runs"]:
        typer.echo(f"  {visible(line)}")
    typer.echo("Trust it? [y/n] ", nl=False)
    key = typer.getchar(echo=True)
    typer.echo("")
    if key.lower() != "y":
        raise Refused("It is not trusted; nothing was changed.", code="not_confirmed")
