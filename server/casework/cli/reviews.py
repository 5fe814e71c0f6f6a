"""`casework review ...`: open, list, show, read the diff, decide, comment."""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from casework.cli.connection import Daemon, daemon
from casework.cli.options import HERE, AsJson, Number, Where, place
from casework.cli.output import Output, grey, many, sentences, strong, visible
from casework.cli.splits import Lines, OfBase, line_range, split_commands
from casework.cli.tasks import card_lines
from casework.cli.threads import ledger_lines, thread_commands, thread_lines
from casework.domain.repopath import quote


class ReviewCommands(typer.core.TyperGroup):
    """Lets `casework review REV..REV` stand beside the named commands."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Take a word that is no command and holds `..` for a range."""
        if args and args[0] not in self.commands and ".." in args[0] and not args[0].startswith("-"):
            args = ["range", *args]
        return super().resolve_command(ctx, args)


reviews = typer.Typer(
    cls=ReviewCommands,
    no_args_is_help=True,
    help="Reviews: `casework review working-tree`, `review branch NAME`, `review REV..REV`.",
)


def _open(where: Path, as_json: bool, **params: Any) -> None:
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        answer = asked.ask("casework/review/open", place(where), **params)
        output.give(answer, *review_lines(answer), *next_steps(answer))


def from_top(where: Path, name: str) -> str:
    """Give a file named in a shell, from the folder one stands in, as the daemon names it: from the repository's top.

    What Casework prints can be copied: a quoted name that is no file here is taken as it is.
    """
    folder = where.resolve()
    folder = folder if folder.is_dir() else folder.parent
    if name.startswith('"') and not os.path.lexists(folder / name):
        return name
    top = next((above for above in (folder, *folder.parents) if os.path.lexists(above / ".git")), folder)
    return quote(os.fsencode(os.path.relpath(folder / name, top)))


@reviews.command("working-tree")
def working_tree(
    untracked: Annotated[list[str] | None, typer.Argument(help="Untracked files to take along.")] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="A tracked file to look at, and no others; repeatable.")
    ] = None,
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Review what differs from HEAD; approving commits what was accepted, and never writes a file."""
    names, alone = ([from_top(where, name) for name in files or ()] for files in (untracked, only))
    _open(where, as_json, kind="working_tree", untracked=names, only=alone)


@reviews.command("branch")
def branch(
    name: Annotated[str, typer.Argument(help="The branch to review.")],
    into: Annotated[str | None, typer.Option(help="Where it would land; by default the branch checked out.")] = None,
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Review a branch; approving lands it."""
    _open(where, as_json, kind="branch", name=name, into=into)


@reviews.command("range")
def review_range(
    revisions: Annotated[str, typer.Argument(help="REV..REV, or one REV.")],
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Read a range of history: comment on it, turn it into tasks, close it as read."""
    _open(where, as_json, kind="range", name=revisions)


@reviews.command("list")
def list_reviews(where: Where = HERE, as_json: AsJson = False) -> None:
    """List the reviews that wait for a verdict."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        answer = asked.ask("casework/review/list", place(where))
        output.give(answer, *(card_lines(answer["tasks"]) or ["Nothing waits for a verdict."]))


@reviews.command("show")
def show(number: Number, where: Where = HERE, as_json: AsJson = False) -> None:
    """Show a review: the comment, then every file and hunk in reading order."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        answer = asked.ask("casework/review/show", place(where), number=number)
        output.give(answer, *review_lines(answer), *next_steps(answer))


_MARKS = {"accepted": "x", "rejected": "-", "none": " "}


def review_lines(review: dict[str, Any]) -> list[str]:
    """Give a review as text."""
    lines = [
        strong(f"review {review['number']}   {visible(review['title'])}"),
        grey(
            f"{review['range_text']}   {many(len(review['files']), 'file')}, {many(review['hunks'], 'hunk')}, "
            f"about {many(review['minutes'], 'minute')}   hash {review['shown'][:12]}"
        ),
    ]
    if review["reason"]:
        lines.append(visible(review["reason"]))
    if review["unread"] and (review["stale"] or review["unseen"] < review["hunks"]):
        lines.append(grey(review["unread"]))
    if review["comment"].strip():
        lines += ["", *("  " + visible(line) for line in review["comment"].strip().splitlines()[:40])]
    lines.append("")
    for n, file in enumerate(review["files"], 1):
        lines += _file_lines(n, file)
    lines += _fold_lines(review)
    if review["comments"]:
        lines += ["", "said so far", *thread_lines(review["comments"], "  ")]
    lines += ["", grey(review["checks"])]
    if review["follow_ups"]:
        lines += ["left for later", *card_lines(review["follow_ups"])]
    lines += [visible(sentence) for sentence in review["left_out"]]
    return lines


def _file_lines(n: int, file: dict[str, Any]) -> list[str]:
    moved = f" (was {visible(file['old_path'])})" if file["old_path"] and file["old_path"] != file["path"] else ""
    mode = f" mode {file['mode_change']}" if file["mode_change"] else ""
    lines = [
        f"{n:3}. {visible(file['path'])}{moved}  {file['status']}{mode}  {grey(visible(file['why_here']))}".rstrip()
    ]
    for hunk in [*file["hunks"], *([file["whole"]] if file["whole"] else [])]:
        what = visible(hunk["header"]) or "the file as a whole"
        what += f"  in {hunk['fold']}" if hunk["fold"] else ""
        what += f"  part of {hunk['part_of']}" if hunk["part_of"] else ""
        reason = f"  {visible(hunk['reason'])}" if hunk["reason"] else ""
        lines.append(
            f"     [{_MARKS[hunk['decision']]}] {grey(hunk['id'])}  +{hunk['added']} -{hunk['removed']}  {what}{reason}"
        )
        lines += [
            f"         ! line {mark['line']}{' of the base' if mark['side'] == 'base' else ''} {visible(mark['text'])}"
            for mark in hunk["marks"]
        ]
        if hunk["more_marks"]:
            lines.append(f"         ! and {hunk['more_marks']} more of these")
        if hunk["guard"]:
            lines.append(grey(f"         {hunk['guard'].replace('_', ' ')}: {visible(hunk['guard_why'])}"))
        lines += [grey(f"         {line}") for line in ledger_lines(hunk)]
        lines += thread_lines(hunk["comments"], "         ")
    return lines


def _fold_lines(review: dict[str, Any]) -> list[str]:
    lines = [
        f"     [{_MARKS[fold['decision']]}] {grey(fold['id'])}  "
        f"{many(len(fold['hunks']), 'hunk')}  {visible(fold['title'])}"
        for fold in review["folds"]
    ]
    if lines:
        lines = ["", "one decision each", *lines]
    return [*lines, visible(review["not_folded"])] if review["not_folded"] else lines


def next_steps(review: dict[str, Any]) -> list[str]:
    """Say what can be done now."""
    number, shown = review["number"], review["shown"][:12]
    if review["status"] != "in_review":
        return []
    if review["change_kind"] == "range":
        return ["", f"  Read it   casework review diff {number}    then   casework review read {number}"]
    return [
        "",
        f"  Read it    casework review diff {number}          casework review open {number}",
        f"  Judge it   casework approve {number} --shown {shown}    ({review['approve_label']})",
        *(_way(number, one) for one in review["approvals"][1:]),
        f'             casework request-changes {number} --shown {shown} -m "..."',
    ]


def _way(number: int, one: dict[str, Any]) -> str:
    only = " --only-accepted" if one["only_accepted"] else ""
    rest = f" --rest {one['rest'].replace('_', '-')}"
    return f"             casework approve {number} --shown {one['shown'][:12]}{rest}{only}    ({one['label']})"


@reviews.command("check")
def check(number: Number, where: Where = HERE, as_json: AsJson = False) -> None:
    """Run the project's checks on exactly the tree of a waiting review, confined; only in a repository you trust."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        answer = asked.ask("casework/review/check", place(where), number=number)
        output.give(answer, *check_lines(answer))


def check_lines(review: dict[str, Any]) -> list[str]:
    """Give what was checked, and what is known of each criterion."""
    states = {"not_checked": "not checked"}
    known = [
        f"  {states.get(one['state'], one['state']):12} {visible(one['id'])} {visible(one['text'])}  "
        + grey(visible(one["sentence"]))
        for one in review["criteria"]
    ]
    return [*known, visible(review["checks"])]


@reviews.command("diff")
def diff(
    number: Number,
    path: Annotated[str | None, typer.Argument(help="Only this file.")] = None,
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Print the patch, byte for byte where it is not a terminal."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        answer = asked.ask("casework/review/diff", place(where), number=number, path=path)
        if as_json:
            output.give(answer)
        elif sys.stdout.isatty():
            typer.echo(visible(answer["text"]), nl=False)
        else:
            exact = base64.b64decode(answer["base64"]) if answer["base64"] else answer["text"].encode()
            sys.stdout.buffer.write(exact)


@reviews.command("open")
def open_document(number: Number, where: Where = HERE, as_json: AsJson = False) -> None:
    """Write the review as a file for any editor, and print where it is."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        answer = asked.ask("casework/review/document", place(where), number=number)
        output.give(answer, answer["path"])


Hunks = Annotated[list[str], typer.Argument(help="Ids of hunks or folds, as `review show` prints them; or `all`.")]


def _named(asked: Daemon, number: int, hunks: list[str], where: Path) -> list[str]:
    """Give the hunks that are meant: all, or those of a fold for its id."""
    if hunks != ["all"] and not any(name.startswith("f-") for name in hunks):
        return hunks
    shown = asked.ask("casework/review/show", place(where), number=number)
    if hunks == ["all"]:
        return [hunk["id"] for file in shown["files"] for hunk in [*file["hunks"], *filter(None, [file["whole"]])]]
    folds = {fold["id"]: fold["hunks"] for fold in shown["folds"]}
    return [hunk for name in hunks for hunk in folds.get(name, [name])]


def _decide(
    number: int,
    hunks: list[str],
    decision: str,
    reason: str,
    where: Path,
    as_json: bool,
    lines: str | None = None,
    base: bool = False,
) -> None:
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        named = _named(asked, number, hunks, where)
        answer = asked.ask(
            "casework/review/decide",
            place(where),
            number=number,
            hunks=named,
            decision=decision,
            reason=reason,
            lines=line_range(lines, base),
        )
        left = f"{answer['accepted']} accepted, {answer['rejected']} rejected, {answer['undecided']} undecided"
        output.give(answer, f"review {number}: {left}   hash {answer['shown'][:12]}")


@reviews.command("accept")
def accept(
    number: Number,
    hunks: Hunks,
    lines: Lines = None,
    base: OfBase = False,
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Accept hunks, or some lines of one."""
    _decide(number, hunks, "accepted", "", where, as_json, lines, base)


@reviews.command("reject")
def reject(
    number: Number,
    hunks: Hunks,
    reason: Annotated[str, typer.Option("--reason", "-m", help="Why.")] = "",
    lines: Lines = None,
    base: OfBase = False,
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Reject hunks, or some lines of one, with the reason."""
    _decide(number, hunks, "rejected", reason, where, as_json, lines, base)


@reviews.command("reset")
def reset(number: Number, hunks: Hunks, where: Where = HERE, as_json: AsJson = False) -> None:
    """Take decisions on hunks back."""
    _decide(number, hunks, "none", "", where, as_json)


@reviews.command("seen")
def seen(
    number: Number,
    hunks: Hunks,
    take_back: Annotated[bool, typer.Option("--not", help="Say that they were not read after all.")] = False,
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Say that hunks were read as they are; deciding on them says it too."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        named = _named(asked, number, hunks, where)
        answer = asked.ask("casework/review/seen", place(where), number=number, hunks=named, seen=not take_back)
        output.give(answer, f"review {number}: {visible(answer['unread']) or 'everything is read.'}")


thread_commands(reviews)
split_commands(reviews)


@reviews.command("read")
def read(number: Number, where: Where = HERE, as_json: AsJson = False) -> None:
    """Close a review of history as read."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        answer = asked.ask("casework/review/read", place(where), number=number)
        output.give(answer, f"review {number} is read")
