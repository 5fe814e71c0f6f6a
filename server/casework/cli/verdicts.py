"""`casework approve`, `request-changes` and `undo`: the one action that is left."""

from __future__ import annotations

import sys
from enum import StrEnum
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


class Rest(StrEnum):
    """What becomes of what does not land."""

    BACK = "back"
    """It starts the next run."""
    FOLLOW_UP = "follow-up"
    """It becomes a task of its own."""
    DROP = "drop"
    """It is left out."""


_Way = tuple[str | None, bool]
"""What becomes of the rest, as the wire calls it, and whether only what is accepted lands."""


def _shown(asked: Daemon, number: int, where: Path, shown: str | None, verb: str, way: _Way = (None, False)) -> str:
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
    label, hashed = review["request_label"], review["shown"]
    if verb == "approve":
        label, hashed = _approval(review, way)
    if not typer.confirm(f"\n{label}?"):
        raise Refused(f"Review {number} waits as before; nothing was done.", code="not_confirmed")
    return str(hashed)


def _approval(review: dict[str, Any], way: _Way) -> tuple[str, str]:
    """Give the words and the hash of one way to approve; of one that comes to the same as another, the other's."""
    rest, only = way
    for one in review["approvals"]:
        if one["rest"] == (rest or review["approvals"][0]["rest"]) and one["only_accepted"] == only:
            return one["label"], one["shown"]
    if rest is None and not only:
        return review["approve_label"], review["shown"]
    raise Refused(
        f"Review {review['number']} has nothing for that: no hunk of it would be left, or stay undecided. It can be "
        f"approved as it is: {review['approve_label']}.",
        code="no_rest",
    )


def approve(
    number: Number,
    shown: Shown = None,
    mode: Annotated[
        str | None, typer.Option(help="commit, branch, files, fast_forward; by default the review's first.")
    ] = None,
    branch: Annotated[str, typer.Option(help="With --mode branch: the name of the branch to make.")] = "",
    message: Message = "",
    rest: Annotated[
        Rest | None,
        typer.Option(
            help="What becomes of hunks that do not land: back to the run (its usual), a task of their own, left out."
        ),
    ] = None,
    only_accepted: Annotated[bool, typer.Option(help="Land what was accepted and nothing else.")] = False,
    wait: Annotated[bool, typer.Option(help="Wait until it has landed.")] = True,
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Approve a review as it was shown: it lands, whole or not at all."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        way = (rest.value.replace("-", "_") if rest is not None else None, only_accepted)
        hashed = _shown(asked, number, where, shown, "approve", way)
        answer = asked.ask(
            "casework/review/answer",
            place(where),
            number=number,
            verdict="approve",
            shown=hashed,
            mode=mode,
            branch=branch,
            message=message,
            rest=way[0],
            only_accepted=only_accepted,
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
    if answer["commit"]:
        note = f"   {visible(answer['reason'])}" if answer["reason"] else ""
        back = "" if status == "landed" else "; the rest is sent back to its run"
        output.give(
            answer,
            f"review {number} landed as {answer['commit']}{back}{note}",
            f"  Take it back   casework undo {number}",
        )
        return
    if status == "landed":
        note = f"   {visible(answer['reason'])}" if answer["reason"] else ""
        output.give(answer, f"review {number} landed{note}", f"  Take it back   casework undo {number}")
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
