"""`casework try`: the first minute, on real history, with nothing configured."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from casework.cli import surveying
from casework.cli.connection import Daemon, daemon
from casework.cli.options import HERE, AsJson
from casework.cli.output import Output, grey, many, sentences, strong, visible
from casework.cli.reviews import review_lines
from casework.domain.errors import Refused


def try_it(
    repository: Annotated[Path, typer.Argument(help="A repository.", show_default="the current folder")] = HERE,
    since: Annotated[str | None, typer.Option(help="Review what came after this revision.")] = None,
    trust: surveying.Trust = False,
    budget: surveying.Budget = None,
    as_json: AsJson = False,
) -> None:
    """Open a review of recent history, and survey it where the repository is trusted: no model, no key."""
    output = Output(as_json)
    where = str(repository.absolute())
    with sentences(output), daemon() as asked:
        status = asked.ask("casework/daemon/status")
        review = asked.ask("casework/review/recent", where, since=since)
        output.give(review if as_json else {}, *_lines(status, review))
        if not as_json:
            _survey(asked, review, where, trust=trust, budget=budget)
            output.give({}, *_steps(review, where))


def _survey(asked: Daemon, review: dict[str, Any], where: str, *, trust: bool, budget: float | None) -> None:
    output = Output()
    known = asked.ask("casework/trust/show", where)["trusted"]
    if not surveying.may_run(asked, where, trust=trust, ask=True):
        place = "" if where == str(Path.cwd()) else f" -C {shlex.quote(where)}"
        output.give(
            {}, "", "trust      not given, so nothing of it was run", f"  Survey it  casework survey --trust{place}"
        )
        return
    said = (
        "given before"
        if known
        else "given now: its tests may be run, confined; `casework trust --revoke` takes it back"
    )
    output.give({}, "", f"trust      {said}")
    try:
        found = surveying.run(asked, where, quiet=False, range=f"{review['base']}..{review['head']}", budget_s=budget)
    except Refused as no:
        output.give({}, f"survey     {visible(no.sentence)}")
        return
    output.give({}, *surveying.lines(found))


def _lines(status: dict[str, Any], review: dict[str, Any]) -> list[str]:
    number, files, hunks = review["number"], len(review["files"]), review["hunks"]
    text = f" ({review['text_hunks']} with lines)" if review["text_hunks"] != hunks else ""
    lines = [
        f"daemon     running, process {status['pid']}" + grey("          log: casework daemon log"),
        (
            f"review {number:<3} what {visible(review['range_text'])} changed: {many(files, 'file')}, "
            f"{many(hunks, 'hunk')}{text}, about {many(review['minutes'], 'minute')}, riskiest first"
        ),
        f"range      {review['base']}..{review['head']}",
        "",
        *review_lines(review)[:30],
    ]
    if len(review_lines(review)) > 30:
        lines.append(grey(f"     ... all of it: casework review show {number}"))
    return lines


def _steps(review: dict[str, Any], where: str) -> list[str]:
    number = review["number"]
    place = "" if where == str(Path.cwd()) else f" -C {shlex.quote(where)}"
    return [
        "",
        strong("  Open it   ") + "code .   (Casework: Next)      nvim   (:Casework next)      "
        f"casework review diff {number}{place}",
        strong("  Close it  ") + f"casework review read {number}{place}",
        strong("  Judge     ") + f"your own changes:  casework review working-tree{place}      "
        f"a branch:  casework review branch NAME{place}",
    ]
