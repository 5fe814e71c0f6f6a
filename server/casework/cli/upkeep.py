"""`casework daemon ...`, `trust`, `journal`, `doctor` and `purge`: looking after Casework itself."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from casework import __version__, paths
from casework.cli.connection import daemon
from casework.cli.options import HERE, AsJson, Where, place
from casework.cli.output import Output, columns, sentences, visible
from casework.domain.errors import CaseworkError, Refused, Trouble
from casework.domain.redaction import redact
from casework.transport import Channel

daemons = typer.Typer(no_args_is_help=True, help="The daemon: status, stop, log.")
_OLDEST_GIT: Final = (2, 35)


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
            while True:
                try:
                    channel.receive(30.0)
                except Trouble:
                    break  # it closed the connection: it is gone
        output.give({"stopped": True}, "The daemon is stopped; nothing that it acknowledged is lost.")


@daemons.command("log")
def log(lines: Annotated[int, typer.Option("--lines", "-n", help="How many of the last lines.", min=1)] = 50) -> None:
    """Print the end of the daemon's log."""
    with sentences(Output()):
        for line in _log_tail(lines):
            typer.echo(line)


def _log_tail(lines: int) -> list[str]:
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
    yes: Annotated[bool, typer.Option("--trust", help="Do not ask; for scripts.")] = False,
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Trust a repository: its own programs may be run. Everything else works without."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        if show:
            answer = asked.ask("casework/trust/show", place(where))
        elif revoke:
            answer = asked.ask("casework/trust/revoke", place(where))
        else:
            before = asked.ask("casework/trust/show", place(where))
            if not before["trusted"] and not yes:
                _confirm_trust(place(where))
            answer = asked.ask("casework/trust/grant", place(where))
        output.give(answer, visible(answer["sentence"]))


def _confirm_trust(where: str) -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Refused(
            "Trust is given on a terminal, or with `casework trust --trust` in a script.", code="not_confirmed"
        )
    if not typer.confirm(f"Programs of {visible(where)} (its filters and hooks) may be run. Trust it?"):
        raise Refused("It is not trusted; nothing was changed.", code="not_confirmed")


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


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the doctor looked at."""

    what: str
    good: bool
    sentence: str
    mend: str = ""


def doctor(
    bundle: Annotated[Path | None, typer.Option(help="Write a redacted report to this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Look whether everything is there, and name the command that mends what is not."""
    output = Output(as_json)
    with sentences(output):
        found = list(_findings())
        answer: dict[str, Any] = {
            "ok": all(one.good for one in found),
            "findings": [
                {"what": one.what, "ok": one.good, "sentence": one.sentence, "mend": one.mend} for one in found
            ],
        }
        lines = columns([("ok" if one.good else "!!", one.what, visible(one.sentence)) for one in found])
        mends = [f"   mend {one.what}: {one.mend}" for one in found if one.mend and not one.good]
        if bundle is not None:
            report = {**answer, "log": _log_tail(400)}
            bundle.write_text(redact(json.dumps(report, indent=2, ensure_ascii=False)), "utf-8")
            lines.append(f"report written to {bundle}; read it before you send it")
        output.give(answer, *lines, *mends)
        if not answer["ok"]:
            raise typer.Exit(1)


def _findings() -> Iterator[Finding]:
    yield Finding("casework", True, f"{__version__}, Python {platform.python_version()}, {platform.system()}")
    yield _git()
    yield _state()
    yield _socket()
    yield _daemon()


def _git() -> Finding:
    found = shutil.which("git")
    if found is None:
        return Finding("git", False, "git is not on PATH.", "install git 2.35 or newer")
    said = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout.split()
    text = said[2] if len(said) > 2 else "0"
    version = tuple(int(part) for part in text.split(".")[:2] if part.isdigit())
    if version < _OLDEST_GIT:
        return Finding("git", False, f"git {text} is too old.", "install git 2.35 or newer")
    return Finding("git", True, f"{text} at {found}")


def _state() -> Finding:
    try:
        folder = paths.state_directory()
    except CaseworkError as error:
        return Finding("state", False, error.sentence, "set XDG_STATE_HOME to a folder of your own")
    free = shutil.disk_usage(folder).free // 1_000_000
    if not os.access(folder, os.W_OK):
        return Finding("state", False, f"{folder} is not writable.", f"chmod u+rwx {folder}")
    if free < 200:
        return Finding("state", False, f"{folder} has only {free} MB left.", "free some disk, or run casework purge")
    return Finding("state", True, f"{folder}, {free} MB free")


def _socket() -> Finding:
    try:
        return Finding("socket", True, str(paths.socket_path()))
    except CaseworkError as error:
        return Finding("socket", False, error.sentence, "set XDG_RUNTIME_DIR to a short folder of your own")


def _daemon() -> Finding:
    try:
        channel = Channel.attach("cli", start=False, ask="status")
    except CaseworkError as error:
        return Finding("daemon", False, error.sentence, "casework daemon stop")
    if channel is None:
        return Finding("daemon", True, "not running; it starts when it is needed")
    with channel:
        return Finding("daemon", True, f"running, process {channel.answer['status']['pid']}")
