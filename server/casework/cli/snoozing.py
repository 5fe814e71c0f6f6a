"""`casework task snooze` and `wake`: out of sight until a time."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Final

import typer

from casework.cli.connection import daemon
from casework.cli.options import HERE, AsJson, Number, Where, place
from casework.cli.output import Output, sentences
from casework.domain.errors import Refused

_SPAN: Final = re.compile(r"([0-9]{1,4})([mhdw])")
_MINUTES: Final = {"m": 1, "h": 60, "d": 24 * 60, "w": 7 * 24 * 60}


def snoozed_until(until: str, span: str, now: datetime) -> datetime:
    """Give the time that was named, in the zone of `now` where it names none.

    Raises:
        Refused: it is no time, it is over, or it is not one of the two.
    """
    wanted: datetime | None = None
    if span and not until:
        found = _SPAN.fullmatch(span.strip())
        wanted = now + timedelta(minutes=int(found[1]) * _MINUTES[found[2]]) if found else None
    elif until and not span:
        try:
            wanted = datetime.fromisoformat(until.strip())
        except ValueError:
            wanted = None
        if wanted is not None and wanted.tzinfo is None:
            wanted = wanted.replace(tzinfo=now.tzinfo)
    if wanted is None or wanted <= now:
        raise Refused(
            "Name one time to come: `--for 3h` (m, h, d or w), or `--until 2030-12-24T09:00`. Nothing was snoozed.",
            code="no_time",
        )
    return wanted


def snooze_commands(group: typer.Typer) -> None:
    """Add them to `casework task`."""
    group.command("snooze")(snooze)
    group.command("wake")(wake)


def snooze(
    number: Number,
    until: Annotated[str, typer.Option(help="2030-12-24, or 2030-12-24T09:00: your time.")] = "",
    span: Annotated[str, typer.Option("--for", help="From now: 30m, 3h, 2d or 1w.")] = "",
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Put a task or a review out of sight; it comes back at its time, or when the branch under review moves."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        wanted = snoozed_until(until, span, datetime.now().astimezone())
        at = int(wanted.timestamp() * 1_000_000)
        answer = asked.ask("casework/task/snooze", place(where), number=number, until=at)
        words = f"task {number} is snoozed until {wanted:%Y-%m-%d %H:%M} UTC{wanted:%z}"
        output.give(answer, words, f"  Bring it back   casework task wake {number}")


def wake(number: Number, where: Where = HERE, as_json: AsJson = False) -> None:
    """Bring a snoozed task back where it was."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        answer = asked.ask("casework/task/wake", place(where), number=number)
        output.give(answer, f"task {number} is {answer['card']['status'].replace('_', ' ')} again")
