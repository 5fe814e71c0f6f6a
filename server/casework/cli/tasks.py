"""`casework task ...`, `wait` and `answer`."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from casework.cli.connection import daemon
from casework.cli.options import HERE, AsJson, Number, Reason, Where, place, text_of
from casework.cli.output import Output, columns, grey, many, sentences, strong, visible
from casework.cli.snoozing import snooze_commands
from casework.cli.trusting import Trusting, give_trust
from casework.domain.errors import Refused

tasks = typer.Typer(no_args_is_help=True, help="Tasks: add, list, start, stop, drop.")


@tasks.command("add")
def add(
    title: Annotated[str, typer.Argument(help="What is wanted, in one line.")],
    intent: Annotated[str, typer.Option(help="What is wanted, in a few lines.")] = "",
    criterion: Annotated[list[str] | None, typer.Option(help="An acceptance criterion; may be repeated.")] = None,
    scope: Annotated[list[str] | None, typer.Option(help="A glob of paths to stay in; may be repeated.")] = None,
    check: Annotated[list[str] | None, typer.Option(help="A command that must pass; may be repeated.")] = None,
    ticket: Annotated[
        Path | None, typer.Option(help="A file with the ticket's text, kept verbatim; - reads stdin.")
    ] = None,
    kind: Annotated[str, typer.Option(help="change, documentation, clean-up, question ...")] = "change",
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Add a task to the backlog."""
    output = Output(as_json)
    criteria = [{"id": f"AC{n}", "text": text} for n, text in enumerate(criterion or [], 1)]
    with sentences(output), daemon() as asked:
        answer = asked.ask(
            "casework/task/add",
            place(where),
            title=title,
            kind=kind,
            intent=intent,
            criteria=criteria,
            scope=scope or [],
            checks=check or [],
            ticket=text_of(ticket),
        )
        card = answer["card"]
        output.give(answer, f"task {card['number']} is in the backlog: {visible(card['title'])}")


@tasks.command("list")
def list_tasks(
    status: Annotated[list[str] | None, typer.Option(help="Only these statuses; may be repeated.")] = None,
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """List tasks."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        answer = asked.ask("casework/task/list", place(where), statuses=status or [])
        output.give(
            answer, *(card_lines(answer["tasks"]) or ["There are no tasks here; `casework task add` makes one."])
        )


def card_lines(cards: list[dict[str, Any]]) -> list[str]:
    """Give one aligned line per card."""
    rows = [
        (
            str(card["number"]).rjust(4),
            card["status"].replace("_", " "),
            visible(card["title"]),
            visible(card["detail"]),
        )
        for card in cards
    ]
    return columns(rows)


@tasks.command("show")
def show(number: Number, where: Where = HERE, as_json: AsJson = False) -> None:
    """Show everything about one task."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        answer = asked.ask("casework/task/show", place(where), number=number)
        output.give(answer, *task_lines(answer))


def task_lines(task: dict[str, Any]) -> list[str]:
    """Give a task as text."""
    card = task["card"]
    lines = [
        strong(f"{card['number']} {visible(card['title'])}"),
        grey(f"{card['status'].replace('_', ' ')} · {card['kind']} · {visible(card['detail'])}"),
    ]
    for label, text in (
        ("at", _place(card["anchor"])),
        ("why", task["why"]),
        ("reason", task["reason"]),
        ("intent", task["intent"]),
    ):
        if text:
            lines.append(f"{label:10} {visible(text)}")
    lines += [f"{one['id']:10} {visible(one['text'])}" for one in task["criteria"]]
    for run in task["runs"]:
        reason = f": {visible(run['reason'])}" if run["reason"] else ""
        lines.append(f"run {run['n']:<6} {run['agent']} {run['state']}, {many(run['steps'], 'step')}{reason}")
    if task["commit"]:
        lines.append(f"commit     {task['commit']}")
    for question in card["questions"]:
        lines += question_lines(card["number"], question)
    if task["follow_ups"]:
        lines += ["follow-ups", *card_lines(task["follow_ups"])]
    return lines


def question_lines(number: int, question: dict[str, Any]) -> list[str]:
    """Give a question as text; one about an action with every answer that is possible, its rules whole."""
    if question["kind"] == "question":
        return [f"asks       {visible(question['text'])}   (casework answer {number} TEXT)"]
    lines = [f"asks       {visible(question['text'])}"]
    if question["why"]:
        lines.append(f"because    {visible(question['why'])}   (the agent's words)")
    lines += [f"           {visible(_command(number, option))}" for option in question["options"]]
    return [*lines, f"           casework answer {number} 'no: WHY'"]


def _command(number: int, option: dict[str, Any]) -> str:
    if option["kind"] != "always":
        return f"casework answer {number} {'yes' if option['kind'] == 'once' else 'no'}"
    return f"casework answer {number} {shlex.quote(option['answer'])}"


def _place(anchor: dict[str, Any] | None) -> str:
    return f"{anchor['path']}:{anchor['line']}" if anchor is not None else ""


def _deed(
    method: str, number: int, where: Path, as_json: bool, done: str, *, trust: bool = False, **params: Any
) -> None:
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        if trust:
            give_trust(asked, place(where), yes=True)
        answer = asked.ask(method, place(where), number=number, **params)
        output.give(answer, f"task {number} {done}")


@tasks.command("accept")
def accept(number: Number, where: Where = HERE, as_json: AsJson = False) -> None:
    """Take a proposed task into the backlog."""
    _deed("casework/task/accept", number, where, as_json, "is in the backlog")


@tasks.command("dismiss")
def dismiss(number: Number, reason: Reason = "", where: Where = HERE, as_json: AsJson = False) -> None:
    """Turn a proposed task down."""
    _deed("casework/task/dismiss", number, where, as_json, "is dismissed", reason=reason)


Agent = Annotated[
    str, typer.Option(help="Who is to work on it; by default the task's last one, else the one of the settings.")
]
Script = Annotated[Path | None, typer.Option(help="For the scripted agent: its JSON script.")]


@tasks.command("start")
def start(
    number: Number,
    agent: Agent = "",
    script: Script = None,
    trust: Trusting = False,
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Let an agent work on a task."""
    params = {"agent": agent, "script": text_of(script)}
    _deed("casework/task/start", number, where, as_json, "is queued", trust=trust, **params)


@tasks.command("retry")
def retry(
    number: Number,
    agent: Agent = "",
    script: Script = None,
    trust: Trusting = False,
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Try a stopped or failed task again."""
    params = {"agent": agent, "script": text_of(script)}
    _deed("casework/task/retry", number, where, as_json, "is queued again", trust=trust, **params)


@tasks.command("stop")
def stop(number: Number, reason: Reason = "", where: Where = HERE, as_json: AsJson = False) -> None:
    """Stop the work on a task; what was done is kept."""
    _deed("casework/task/stop", number, where, as_json, "is stopped; its worktree is kept", reason=reason)


@tasks.command("drop")
def drop(number: Number, reason: Reason = "", where: Where = HERE, as_json: AsJson = False) -> None:
    """Give a task up; `restore` takes that back."""
    _deed(
        "casework/task/drop",
        number,
        where,
        as_json,
        "is dropped; `casework task restore` takes that back",
        reason=reason,
    )


snooze_commands(tasks)


@tasks.command("restore")
def restore(number: Number, where: Where = HERE, as_json: AsJson = False) -> None:
    """Put a dropped task back into the backlog."""
    _deed("casework/task/restore", number, where, as_json, "is back in the backlog")


def wait(
    number: Number,
    status: Annotated[list[str], typer.Option("--for", help="The status to wait for; may be repeated.")],
    timeout: Annotated[float, typer.Option(help="Seconds to wait at most.", min=0)] = 600.0,
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Wait until a task is in a status."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        answer = asked.ask("casework/task/wait", place(where), number=number, statuses=status, timeout_s=timeout)
        card = answer["card"]
        output.give(answer, f"task {number} is {card['status'].replace('_', ' ')}")


def answer(
    number: Number,
    text: Annotated[str, typer.Argument(help="The answer; about an action: yes, always, no, or 'no: WHY'.")],
    question: Annotated[str | None, typer.Option(help="Which question, when there are several.")] = None,
    everywhere: Annotated[bool, typer.Option(help="With always: in every repository, not only in this one.")] = False,
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Answer a question of an agent, or one about what it wants to do."""
    output = Output(as_json)
    with sentences(output), daemon() as asked:
        shown = asked.ask("casework/task/show", place(where), number=number)
        waiting = shown["card"]["questions"]
        chosen = [one for one in waiting if one["id"] == question] if question else waiting
        if len(chosen) != 1:
            raise _which_question(number, shown["card"]["status"], [one["id"] for one in waiting])
        rule = _rule(chosen[0], text)
        if rule and sys.stdin.isatty() and sys.stdout.isatty():
            here = "in every repository" if everywhere else "in this repository"
            if not typer.confirm(f"From now on, {here}, without asking: {visible(rule)}. Is that right?"):
                raise Refused("No rule was made and nothing was answered.", code="not_confirmed")
        params = {"question": chosen[0]["id"], "answer": text, "everywhere": everywhere}
        done = asked.ask("casework/question/answer", place(where), number=number, **params)
        output.give(done, f"task {number} goes on", *([f"rule       {visible(rule)}"] if rule else []))


def _rule(question: dict[str, Any], text: str) -> str:
    """Give the rule that this answer makes; empty for none."""
    rules = [option for option in question["options"] if option["kind"] == "always"]
    if text.strip().lower() in ("a", "always"):
        return str(rules[0]["rule"]) if rules else ""
    return next((str(option["rule"]) for option in rules if option["answer"] == text.strip()), "")


def _which_question(number: int, status: str, waiting: list[str]) -> Refused:
    if waiting:
        return Refused(
            f"Task {number} waits for {len(waiting)} answers, so nothing was answered; "
            f"say which one with --question: {', '.join(waiting)}.",
            code="which_question",
        )
    return Refused(
        f"Task {number} waits for no answer: it is {status.replace('_', ' ')}, and nothing was answered. "
        f"`casework task show {number}` shows it.",
        code="no_question",
    )
