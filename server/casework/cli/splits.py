"""`casework review split` and `join`, and the lines that `accept` and `reject` take."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

import typer

from casework.cli.connection import daemon
from casework.cli.options import HERE, AsJson, Number, Where, place
from casework.cli.output import Output, sentences, visible
from casework.domain.errors import Refused

Lines = Annotated[
    str | None, typer.Option(metavar="A-B", help="Only these lines of the one hunk: it is split around them.")
]
OfBase = Annotated[bool, typer.Option("--base", help="The lines are those of the base, where some are taken away.")]
Hunk = Annotated[str, typer.Argument(help="The id of a hunk, as `review show` prints it.")]
_RANGE: Final = re.compile(r"([0-9]{1,9})(?:-([0-9]{1,9}))?")


def line_range(lines: str | None, base: bool) -> dict[str, Any] | None:
    """Give lines named in a shell as the daemon takes them; None for none.

    Raises:
        Refused: they are no lines.
    """
    if lines is None:
        return None
    found = _RANGE.fullmatch(lines.strip())
    if found is None:
        raise Refused(f"Lines are named as 12-15, or 12; {lines[:40]} is neither. Nothing was done.", code="no_lines")
    first, last = int(found[1]), int(found[2] or found[1])
    return {"first": max(1, first), "last": max(1, last), "side": "base" if base else "head"}


def split_commands(group: typer.Typer) -> None:
    """Add what cuts hunks to `casework review`."""
    group.command("split")(split)
    group.command("join")(join)


def split(
    number: Number,
    hunk: Hunk,
    at: Annotated[
        list[int] | None, typer.Option(help="A line that a part begins with; repeatable. Else at unchanged lines.")
    ] = None,
    base: OfBase = False,
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Split a hunk into parts that are decided on by themselves."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        side = "base" if base else "head"
        answer = asked.ask("casework/review/split", place(where), number=number, hunk=hunk, at=at or [], side=side)
        output.give(answer, *_part_lines(answer, hunk))


def join(number: Number, hunk: Hunk, where: Where = HERE, as_json: AsJson = False) -> None:
    """Put all parts of a hunk together again, named by any of them."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        answer = asked.ask("casework/review/join", place(where), number=number, hunk=hunk)
        output.give(answer, f"review {number}: the hunk is whole again   hash {answer['shown'][:12]}")


def _part_lines(review: dict[str, Any], hunk: str) -> list[str]:
    """Give the parts of the file's hunks that were split, so that the next command can be typed."""
    found = [
        f"     {one['id']}  +{one['added']} -{one['removed']}  {visible(one['header'])}"
        for file in review["files"]
        for one in file["hunks"]
        if one["part_of"]
    ]
    return [f"review {review['number']}: hunk {hunk} is split   hash {review['shown'][:12]}", *found]
