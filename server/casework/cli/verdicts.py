"""`casework approve`, `request-changes` and `undo`: the one action that is left."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from casework.cli.connection import Daemon, daemon
from casework.cli.options import HERE, AsJson, Number, Where, place, text_of
from casework.cli.output import Output, sentences, visible
from casework.cli.reviews import review_lines
from casework.domain.errors import Refused

Shown = Annotated[str | None, typer.Option(help="The hash of what you were shown; asked on a terminal without it.")]
Message = Annotated[str, typer.Option("--message", "-m", help="The words.")]


def _shown(asked: Daemon, number: int, where: Path, shown: str | None, verb: str) -> str:
    """Give the hash of what a human was shown: named by them, or looked at and confirmed on a terminal."""
    if shown is not None:
        return shown
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Refused(
            f"To {verb} review {number} without a terminal, say what you were shown: "
            f"`--shown HASH`, as `casework review show {number}` prints it. Nothing was done.",
            code="not_shown",
        )
    review = asked.ask("casework/review/show", place(where), number=number)
    for line in review_lines(review):
        typer.echo(line)
    label = review["approve_label"] if verb == "approve" else review["request_label"]
    if not typer.confirm(f"\n{label}?"):
        raise Refused(f"Review {number} waits as before; nothing was done.", code="not_confirmed")
    return str(review["shown"])


def approve(
    number: Number,
    shown: Shown = None,
    mode: Annotated[
        str | None, typer.Option(help="commit, branch, fast_forward; by default the review's first.")
    ] = None,
    branch: Annotated[str, typer.Option(help="With --mode branch: the name of the branch to make.")] = "",
    message: Message = "",
    wait: Annotated[bool, typer.Option(help="Wait until it has landed.")] = True,
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Approve a review as it was shown: it lands, whole or not at all."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        hashed = _shown(asked, number, where, shown, "approve")
        answer = asked.ask(
            "casework/review/answer",
            place(where),
            number=number,
            verdict="approve",
            shown=hashed,
            mode=mode,
            branch=branch,
            message=message,
        )
        if wait:
            answer = asked.ask(
                "casework/task/wait", place(where), number=number, statuses=["landed", "in_review"], timeout_s=600
            )
        _say(output, number, answer)


def _say(output: Output, number: int, answer: dict[str, Any]) -> None:
    status = answer["card"]["status"]
    if status == "in_review":
        raise Refused(f"Review {number} did not land: {answer['reason']}", code="handed_back")
    if status == "landed":
        note = f"   {visible(answer['reason'])}" if answer["reason"] else ""
        output.give(
            answer, f"review {number} landed as {answer['commit']}{note}", f"  Take it back   casework undo {number}"
        )
        return
    output.give(answer, f"review {number} is approved and {status.replace('_', ' ')}")


def request_changes(
    number: Number,
    message: Message = "",
    shown: Shown = None,
    agent: Annotated[str, typer.Option(help="Who is to work on it, where no agent's run made the change.")] = "",
    script: Annotated[Path | None, typer.Option(help="For the scripted agent: its JSON script.")] = None,
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Send a review back: your words, comments and rejected hunks go to the next run."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        hashed = _shown(asked, number, where, shown, "send back")
        answer = asked.ask(
            "casework/review/answer",
            place(where),
            number=number,
            verdict="request_changes",
            shown=hashed,
            message=message,
            agent=agent,
            script=text_of(script),
        )
        output.give(answer, f"review {number} is sent back; the next run stands on this one")


def undo(
    number: Number,
    revert: Annotated[bool, typer.Option(help="By a new commit, where something was built on top.")] = False,
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Take a landed approval back: the exact bytes where nothing was built on top."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        answer = asked.ask("casework/review/undo", place(where), number=number, revert=revert)
        output.give(answer, f"review {number} is undone and waits for a verdict again")
