"""`casework rules`: what agents may do without being asked again."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from casework.cli.connection import daemon
from casework.cli.options import HERE, AsJson, Where, place
from casework.cli.output import Output, columns, sentences, visible

rules = typer.Typer(no_args_is_help=True, help="Rules of yours: what agents may do without asking again.")


@rules.command("list")
def list_rules(
    everywhere: Annotated[bool, typer.Option("--all", help="Of all repositories.")] = False,
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """List the rules that hold here."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        answer = asked.ask("casework/rules/list", place(where), everywhere=everywhere)
        output.give(answer, *(_lines(answer["rules"]) or [_NONE]))


@rules.command("remove")
def remove(
    rule: Annotated[str, typer.Argument(help="The rule's name, as `casework rules list` shows it.")],
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Take a rule back: from now on it is asked again."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        answer = asked.ask("casework/rules/remove", place(where), rule=rule)
        output.give(answer, "The rule is removed: what it allowed is asked about again.")


_NONE = "There are no rules here: everything beyond an agent's box is asked about."


def _lines(found: list[dict[str, Any]]) -> list[str]:
    return columns(
        [
            (rule["id"][-8:], visible(rule["text"]), "everywhere" if rule["everywhere"] else visible(rule["place"]))
            for rule in found
        ]
    )
