"""`casework try`: the first minute, on real history, with nothing configured."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from casework.cli.connection import daemon
from casework.cli.options import HERE, AsJson
from casework.cli.output import Output, grey, many, sentences, strong, visible
from casework.cli.reviews import review_lines
from casework.cli.trusting import Trusting, give_trust


def try_it(
    repository: Annotated[Path, typer.Argument(help="A repository.", show_default="the current folder")] = HERE,
    since: Annotated[str | None, typer.Option(help="Review what came after this revision.")] = None,
    trust: Trusting = False,
    as_json: AsJson = False,
) -> None:
    """Open a review of recent history: no model, no key, nothing of the repository is run."""
    output = Output(as_json)
    where = str(repository.absolute())
    with sentences(output), daemon() as asked:
        if trust:
            give_trust(asked, where, yes=True)
        status = asked.ask("casework/daemon/status")
        review = asked.ask("casework/review/recent", where, since=since)
        output.give(review, *_lines(status, review, where))


def _lines(status: dict[str, Any], review: dict[str, Any], where: str) -> list[str]:
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
    place = "" if where == str(Path.cwd()) else f" -C {shlex.quote(where)}"
    lines += [
        "",
        strong("  Open it   ") + "code .   (Casework: Next)      nvim   (:Casework next)      "
        f"casework review diff {number}{place}",
        strong("  Close it  ") + f"casework review read {number}{place}",
        strong("  Judge     ") + f"your own changes:  casework review working-tree{place}      "
        f"a branch:  casework review branch NAME{place}",
    ]
    return lines
