"""`casework daemon ...`, `trust`, `journal` and `purge`: looking after Casework itself. The doctor is doctor.py."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer

from casework import paths
from casework.cli.connection import daemon
from casework.cli.options import HERE, AsJson, Where, place
from casework.cli.output import Output, columns, sentences, visible
from casework.cli.trusting import give_trust
from casework.domain.errors import Trouble
from casework.domain.redaction import redact
from casework.transport import Channel

daemons = typer.Typer(no_args_is_help=True, help="The daemon: status, stop, log.")
_STOP_S: Final = 60.0
"""Seconds a daemon may take to end: it gives what runs half of that."""


@daemons.command("status")
def status(as_json: AsJson = False) -> None:
    """Tell whether the daemon runs, and since when."""
    output = Output(as_json)
    with sentences(output):
        channel = Channel.attach("cli", start=False, ask="status")
        if channel is None:
            output.give({"running": False}, "No daemon runs; the next command or editor starts one.")
            return
        with channel:
            found: dict[str, Any] = channel.answer["status"]
        sessions = ", ".join(f"{visible(str(one['client']))} ({one['pid']})" for one in found["sessions"]) or "none"
        output.give(
            {"running": True, **found},
            f"daemon     running, process {found['pid']}, build {found['build']}",
            f"socket     {found['socket']}",
            f"log        {found['log']}",
            f"clients    {sessions}",
        )


@daemons.command("stop")
def stop(
    force: Annotated[bool, typer.Option(help="Even while runs are under way; the next start takes them up.")] = False,
    as_json: AsJson = False,
) -> None:
    """Stop the daemon; editors start it again when they need it."""
    output = Output(as_json)
    with sentences(output):
        channel = Channel.attach("cli", start=False, ask="stop", force=force)
        if channel is None:
            output.give({"stopped": False}, "No daemon runs.")
            return
        with channel:
            _wait_for_end(channel)
        output.give({"stopped": True}, "The daemon is stopped; nothing that it acknowledged is lost.")


def _wait_for_end(channel: Channel) -> None:
    while True:
        try:
            channel.receive(_STOP_S)
        except Trouble:
            return  # it closed the connection: it is gone
        except TimeoutError as error:
            raise Trouble(
                f"The daemon was told to stop and still runs after {_STOP_S:g} s; it finishes what it does first. "
                "Look at `casework daemon log`, and ask again.",
                code="still_running",
            ) from error


@daemons.command("log")
def log(
    lines: Annotated[int, typer.Option("--lines", "-n", help="How many of the last lines.", min=1)] = 50,
    as_json: AsJson = False,
) -> None:
    """Print the end of the daemon's log."""
    output = Output(as_json)
    with sentences(output):
        found = log_tail(lines)
        output.give({"lines": found}, *found)


def log_tail(lines: int) -> list[str]:
    """Give the last lines of the daemon's log, redacted.

    Raises:
        Trouble: it is there and can't be read.
    """
    path = paths.log_directory() / "daemon.log"
    try:
        text = path.read_text("utf-8", "replace")
    except FileNotFoundError:
        return [f"There is no log yet at {path}"]
    except OSError as error:
        raise Trouble(f"The log {path} can't be read: {error.strerror}.") from error
    return [visible(redact(line)) for line in text.splitlines()[-lines:]]


def trust(
    revoke: Annotated[bool, typer.Option(help="Take the trust back.")] = False,
    show: Annotated[bool, typer.Option(help="Only tell.")] = False,
    yes: Annotated[bool, typer.Option("--trust", "--yes", help="Do not ask; for scripts.")] = False,
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Trust a repository: its own programs may be run. Everything else works without."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        answer = asked.ask("casework/trust/show", place(where))
        if revoke:
            answer = asked.ask("casework/trust/revoke", place(where))
        elif not show and not answer["trusted"]:
            answer = give_trust(asked, place(where), yes=yes)
        lines = [f"  {visible(line)}" for line in answer["runs"]] if show else []
        output.give(answer, visible(answer["sentence"]), *lines)


def journal(
    after: Annotated[int, typer.Option(help="Only rows behind this number.", min=0)] = 0,
    task: Annotated[int | None, typer.Option(help="Only rows of this task.", min=1)] = None,
    limit: Annotated[int, typer.Option(help="At most so many rows.", min=1, max=1000)] = 200,
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Print the journal: everything that happened, in order."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        answer = asked.ask("casework/journal/read", place(where), after=after, number=task, limit=limit)
        rows = [
            (
                str(row["seq"]),
                _when(row["at"]),
                row["kind"],
                str(row["task"] or ""),
                visible(row["actor"]),
                _short(row["data"]),
            )
            for row in answer["rows"]
        ]
        output.give(answer, *columns(rows))


def _when(at: int) -> str:
    return datetime.fromtimestamp(at / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _short(text: str) -> str:
    shown = visible(text)
    return shown if len(shown) <= 100 else shown[:99] + "…"


def purge(
    apply: Annotated[bool, typer.Option(help="Remove; without it, only show.")] = False,
    unlanded: Annotated[list[str] | None, typer.Option(help="Name of an unlanded leftover to remove too.")] = None,
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Show what no living task needs, or remove it; unlanded work is kept unless it is named."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        answer = asked.ask("casework/purge", place(where), apply=apply, unlanded=unlanded or [])
        rows = [
            (
                "removed" if one["removed"] else "unlanded" if one["unlanded"] else "could go",
                one["what"],
                f"{one['bytes'] / 1_000_000:.1f} MB",
                visible(one["name"]),
            )
            for one in answer["leftovers"]
        ]
        output.give(answer, *columns(rows), answer["sentence"])
