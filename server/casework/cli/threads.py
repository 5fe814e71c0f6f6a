"""`casework review comment`, `reply` and `resolve`, and how threads and what is known of a hunk are printed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from casework.cli.connection import daemon
from casework.cli.options import HERE, AsJson, Number, Where, place
from casework.cli.output import Output, grey, sentences, visible

Thread = Annotated[str, typer.Argument(help="The thread: the number in front of it in `review show`.")]


def ledger_lines(hunk: dict[str, Any]) -> Iterator[str]:
    """Say what is known of a hunk beside its decision."""
    if hunk["stale"]:
        was = {"accepted": ", and accepted", "rejected": ", and rejected"}.get(hunk["was"], "")
        reason = f": {visible(hunk['was_reason'])}" if hunk["was_reason"] else ""
        yield f"changed since you read it{was}{reason}"
        yield from (f"  {visible(line)}" for line in hunk["since"].splitlines())
    if hunk["brings_back"]:
        yield visible(hunk["brings_back"])


def thread_lines(comments: list[dict[str, Any]], indent: str) -> list[str]:
    """Give threads as text, each begun by the word it is called by."""
    lines: list[str] = []
    for one in comments:
        begins = one["id"] == one["thread"]
        name = f"{one['number']} " if begins else "  "
        first, *rest = one["text"].splitlines() or [""]
        about = f"  {grey(', '.join(_about(one)))}" if begins and _about(one) else ""
        lines.append(f"{indent}> {name}by {visible(one['by'])}: {visible(first)}{about}")
        lines += [f"{indent}>   {visible(line)}" for line in rest]
    return lines


def _about(one: dict[str, Any]) -> list[str]:
    anchor = one["anchor"]
    place_of = (
        [f"{visible(anchor['path'])}:{anchor['line']}"] if anchor else [visible(one["path"])] if one["path"] else []
    )
    return [*place_of, *(word for word in ("resolved", "outdated") if one[word])]


def thread_commands(reviews: typer.Typer) -> None:
    """Add the commands."""
    reviews.command("comment")(comment)
    reviews.command("reply")(reply)
    reviews.command("resolve")(resolve)


def comment(
    number: Number,
    text: Annotated[str, typer.Argument(help="The comment.")],
    hunk: Annotated[str | None, typer.Option(help="The hunk it is about; without a place, the whole review.")] = None,
    path: Annotated[str, typer.Option("--file", help="The file it is about, as `review show` prints it.")] = "",
    line: Annotated[int | None, typer.Option(min=1, help="With --file: the line of the proposed text.")] = None,
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Comment on a review, a file of it, a hunk or a line."""
    output = Output(as_json)
    if line is not None and not path:
        raise typer.BadParameter("--line needs --file: the file that the line is in")
    anchor = {"path": path, "line": line} if line is not None else None
    with sentences(output), daemon() as asked:
        answer = asked.ask(
            "casework/review/comment",
            place(where),
            number=number,
            text=text,
            hunk=hunk,
            anchor=anchor,
            path="" if anchor else path,
        )
        output.give(answer, f"review {number} has your comment")


def reply(
    number: Number,
    thread: Thread,
    text: Annotated[str, typer.Argument(help="The answer.")],
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Answer in a thread."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        answer = asked.ask("casework/review/reply", place(where), number=number, thread=thread, text=text)
        output.give(answer, f"review {number} has your answer")


def resolve(
    number: Number,
    thread: Thread,
    again: Annotated[bool, typer.Option("--again", help="Take it up again.")] = False,
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Settle a thread: the next run is not asked about it any more."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        answer = asked.ask("casework/review/resolve", place(where), number=number, thread=thread, resolved=not again)
        output.give(answer, f"review {number}: the thread is {'taken up again' if again else 'resolved'}")
