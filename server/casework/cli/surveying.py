"""`casework survey`: begin one, watch it, stop it with Ctrl-C and keep what it found, go on later."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from casework.cli.connection import Daemon, daemon
from casework.cli.options import HERE, AsJson, Where, place
from casework.cli.output import Output, grey, sentences, visible
from casework.domain.errors import Refused

Trust = Annotated[
    bool,
    typer.Option("--trust", help="Trust the repository, once and for all: its programs, as its tests, may be run."),
]
Budget = Annotated[
    float | None, typer.Option(help="Seconds to measure for, instead of the settings'.", min=5, max=3600)
]
_OPEN = ("queued", "running", "waiting")


def survey(
    revisions: Annotated[str, typer.Argument(help="REV..REV; by default the recent history of HEAD.")] = "",
    budget: Budget = None,
    trust: Trust = False,
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Find out what the last changes did that no test guards; needs no model."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        if not may_run(asked, place(where), trust=trust, ask=not as_json):
            raise Refused(
                "A survey runs the project's tests, and the repository is not trusted, so nothing was run. "
                "`casework trust` says so once; `casework survey --trust` does both.",
                code="not_trusted",
            )
        found = run(asked, place(where), quiet=as_json, range=revisions, budget_s=budget)
        output.give(found, *lines(found))


def may_run(asked: Daemon, where: str, *, trust: bool, ask: bool) -> bool:
    """Tell whether the repository is trusted; grant it with `trust`, or by one key on a terminal."""
    if asked.ask("casework/trust/show", where)["trusted"]:
        return True
    if not trust and ask and sys.stdin.isatty() and sys.stdout.isatty():
        typer.echo(
            "trust      a survey runs this repository's tests, confined; may that be, from now on?  [y/n] ", nl=False
        )
        trust = typer.getchar().lower() == "y"
        typer.echo("yes" if trust else "no")
    if trust:
        asked.ask("casework/trust/grant", where)
    return trust


def run(asked: Daemon, where: str, *, quiet: bool, **wanted: Any) -> dict[str, Any]:
    """Run a survey to its end, with a line that says where it is; Ctrl-C stops it and keeps what it found."""
    found = asked.ask("casework/survey/start", where, **wanted)
    live = not quiet and sys.stdout.isatty()
    try:
        while found["status"] in _OPEN:
            if live:
                typer.echo(f"\r\x1b[K{_now(found)}", nl=False)
            found = asked.ask("casework/survey/wait", where, number=found["number"], after=found["changed_seq"])
    except KeyboardInterrupt:
        reason = "Stopped in the shell; `casework survey` goes on with it."
        asked.ask("casework/task/stop", where, number=found["number"], reason=reason)
        found = asked.ask("casework/survey/show", where, number=found["number"])
    if live:
        typer.echo("\r\x1b[K", nl=False)
    return found


def _now(found: dict[str, Any]) -> str:
    counted = f"{found['guarded']} guarded, {found['unguarded']} unguarded, {found['not_looked_at']} not looked at"
    return f"survey     {counted}   {grey(visible(found['step'])[:60])}   [Ctrl-C stops, keeps]"


def lines(found: dict[str, Any]) -> list[str]:
    """Give a survey as text."""
    number = found["number"]
    said = [
        (
            f"survey {number:<3} {visible(found['range_text'])}: each hunk taken back alone, its tests run, "
            f"{found['budget_s']:g} s at most"
        ),
        f"  guarded     {found['guarded']:4}   taken back, they turn a test red",
        f"  unguarded   {found['unguarded']:4}   nothing turned red",
        f"  not looked  {found['not_looked_at']:4}   {_reasons(found)}".rstrip(),
    ]
    body = found["comment"].strip().splitlines()
    said += ["", *(f"  {visible(line)}" for line in body if not line.startswith("|"))] if body else []
    if found["status"] == "in_review":
        said += [
            "",
            f"  Read it    casework review diff {number}          casework review open {number}",
            f'  Judge it   casework approve {number}             casework request-changes {number} -m "..."',
        ]
    elif found["status"] in ("stopped", "failed"):
        said += ["", visible(found["reason"]), f"  Go on      casework survey {visible(found['range_text'])}"]
    return said


def _reasons(found: dict[str, Any]) -> str:
    rows = [row for row in found["rows"] if row["guard"] == "not_looked_at"]
    return ", ".join(f"{row['hunks']} {visible(row['why'])}" for row in rows[:5]) + (" ..." if len(rows) > 5 else "")
