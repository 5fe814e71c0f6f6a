"""Plays a script step by step: the scripted agent, as it runs in its worker.

Each step of the script is one step of the run, with the same number: begun, done, and skipped for good when a resumed
run has it behind it. Not here: the script's language (`script`), the pipe (`worker`).
"""

from __future__ import annotations

import os
import signal
import subprocess
import uuid
from collections.abc import Generator
from contextlib import closing
from typing import Final, NoReturn, Protocol, assert_never

from casework.agents.confined import Worktree
from casework.agents.line import Line
from casework.agents.script import (
    Ask,
    Chmod,
    Crash,
    Delete,
    Edit,
    Fail,
    FileStep,
    Finish,
    FollowUp,
    Hang,
    Plan,
    Rename,
    Say,
    Step,
    Symlink,
    Turn,
    Usage,
    Want,
    WordStep,
    Write,
    parse_script,
)
from casework.domain.anchor import Anchor
from casework.domain.errors import Refused
from casework.domain.ids import QuestionId, RunId
from casework.domain.repopath import quote
from casework.ports.agent import (
    ActionWanted,
    AgentReport,
    Asked,
    Briefing,
    Failed,
    Finished,
    FollowedUp,
    Note,
    Said,
    StepBegun,
    StepDone,
    ThreadAnswer,
    TurnEnded,
    Used,
)
from casework.ports.tools import ShellCall

_QUESTIONS: Final = uuid.UUID("6f0a2c0e-9c1b-5b53-8a43-3f1f6d1f7c11")

Move = AgentReport | Hang | Crash
"""What the agent does next: report, or fall silent, or die."""
Play = Generator[Move, str | None, None]
"""Ends with `Finished` or `Failed`; is sent the answer after `Asked`, what came of it after `ActionWanted`, nothing
after all else."""


class Files(Protocol):
    """Where a script's files are: `confined.Worktree`, or a test's memory."""

    def read(self, path: bytes) -> bytes:
        """Give a file's bytes."""
        ...

    def write(self, path: bytes, content: bytes, *, spare: bytes) -> None:
        """Make or replace a file, through a file `spare` beside it."""
        ...

    def clear(self, path: bytes, *, spare: bytes) -> None:
        """Remove what an interrupted write left."""
        ...

    def delete(self, path: bytes) -> None:
        """Remove a file or link."""
        ...

    def rename(self, path: bytes, to: bytes) -> None:
        """Move to where nothing is."""
        ...

    def chmod(self, path: bytes, mode: int) -> None:
        """Set permission bits."""
        ...

    def symlink(self, path: bytes, target: bytes) -> None:
        """Make a link."""
        ...


def perform(line: Line) -> None:
    """Play the line's briefing in its worktree: what the worker calls.

    Raises:
        Cancelled: the run is to end; nothing more is done.
    """
    try:
        files = Worktree(line.briefing.worktree)
    except OSError as error:
        line.report(
            Failed(sentence=f"The worktree can't be opened ({error.strerror}); nothing was done, retry the task.")
        )
        return
    with closing(files):
        playing = play(line.briefing, files)
        answer: str | None = None
        while (move := _next(playing, answer)) is not None:
            answer = None
            match move:
                case Hang():
                    _hang(line, move)
                case Crash():
                    _crash(move)
                case Asked():
                    answer = line.ask(move)
                case ActionWanted():
                    answer = line.act(move).text
                case _:
                    line.report(move)


def _next(playing: Play, answer: str | None) -> Move | None:
    try:
        return playing.send(answer)
    except StopIteration:
        return None


def _hang(line: Line, step: Hang) -> NoReturn:
    if step.stubborn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        # A grandchild whose parent is gone, deaf too; it ends by itself in ten minutes at the latest.
        subprocess.run(["/bin/sh", "-c", "trap '' TERM HUP; (sleep 600 <&- >&- 2>&- &)"], check=False, timeout=10)
    line.hang(silent=step.silent, deaf=step.stubborn)


def _crash(step: Crash) -> NoReturn:
    if step.exit_code is not None:
        os._exit(step.exit_code)
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("signal 9 is not to be survived")


def question_of(run: RunId, step: int) -> QuestionId:
    """Name the question of a step, the same whenever the run is resumed, so that one question is asked once."""
    return QuestionId(str(uuid.uuid5(_QUESTIONS, f"{run}/{step}")))


def play(briefing: Briefing, files: Files) -> Play:
    """Play the briefing's script behind the steps that are done already."""
    try:
        steps = parse_script(briefing.script).steps_of(briefing.n)
    except Refused as refused:
        yield Failed(sentence=refused.sentence)
        return
    answers = dict(briefing.answers)
    answer = ""
    for n, step in enumerate(steps, start=1):
        match step:
            case Finish():
                yield _finished(step, files)
                return
            case Fail():
                yield Failed(sentence=step.sentence)
                return
            case _ if n <= briefing.resume_after:
                answer = yield from _pass_by(n, step, briefing, answers, answer, files)
                continue
            case Want():
                answer = (yield ActionWanted(call=f"want-{n}", action=_shell(step))) or ""
                continue  # the daemon announces the step and says what came of it
            case _:
                yield StepBegun(n=n, what=step.do, summary=_summary(step))
        try:
            if isinstance(step, Ask):
                answer = yield from _ask(n, step, briefing.run, answers)
                outcome = f"answered: {answer}"[:500]
            else:
                outcome = yield from _do(n, step, answer, files)
        except (Refused, OSError) as error:
            yield Failed(sentence=_why_not(n, step, error))
            return
        yield StepDone(n=n, outcome=outcome)
    yield Finished(comment="The script came to its end.")


def _pass_by(
    n: int, step: Step, briefing: Briefing, answers: dict[QuestionId, str], answer: str, files: Files
) -> Generator[Move, str | None, str]:
    """Leave out a step that is done or was interrupted; only a question that nobody answered is still open."""
    match step:
        case Ask() if n == briefing.resume_after:
            return (yield from _ask(n, step, briefing.run, answers))
        case Ask():
            return answers.get(question_of(briefing.run, n), "")
        case Write() | Edit() if n == briefing.resume_after:
            files.clear(step.where(), spare=_spare(n))
    return answer


def _ask(n: int, step: Ask, run: RunId, answers: dict[QuestionId, str]) -> Generator[Move, str | None, str]:
    question = question_of(run, n)
    known = answers.get(question)
    if known is not None:
        return known
    return (yield Asked(id=question, text=step.text, why=step.why, choices=step.choices)) or ""


def _shell(step: Want) -> ShellCall:
    return ShellCall(command=step.command, hosts=step.hosts, outside=step.outside, why=step.why)


def _do(n: int, step: Step, answer: str, files: Files) -> Generator[Move, str | None, str]:
    match step:
        case Write() | Edit() | Delete() | Rename() | Chmod() | Symlink():
            return _touch(n, step, answer, files)
        case Say():
            for _ in range(step.times):
                yield Said(text=step.text)
        case Plan():
            yield Said(text="\n".join(f"{number}. {item}" for number, item in enumerate(step.items, start=1)))
        case Turn():
            yield TurnEnded()
        case Usage():
            yield Used(
                input_tokens=step.input_tokens,
                output_tokens=step.output_tokens,
                cost_microdollars=step.cost_microdollars,
            )
        case FollowUp():
            yield FollowedUp(
                task_kind=step.kind,
                title=step.title,
                why=step.why,
                anchor=_anchored(step.anchor(), step.where(), files),
                severity=step.severity,
            )
        case Hang() | Crash():
            yield step
        case Ask() | Want() | Finish() | Fail():
            raise AssertionError(f"{step.do} is played elsewhere")
        case _:
            assert_never(step)
    return "done"


def _touch(n: int, step: FileStep, answer: str, files: Files) -> str:
    path = step.where()
    match step:
        case Write():
            content = step.data(answer)
            files.write(path, content, spare=_spare(n))
            return f"{len(content)} bytes"
        case Edit():
            old, new = step.change()
            files.write(path, _replaced(files.read(path), old, new), spare=_spare(n))
        case Delete():
            files.delete(path)
        case Rename():
            files.rename(path, step.whereto())
        case Chmod():
            files.chmod(path, int(step.mode, 8))
        case Symlink():
            files.symlink(path, step.whereto())
        case _:
            assert_never(step)
    return "done"


def _spare(n: int) -> bytes:
    return b".casework-step-%d" % n


def _replaced(content: bytes, old: bytes, new: bytes) -> bytes:
    first = content.find(old)
    if first < 0:
        raise Refused("the text to replace does not occur")
    if content.find(old, first + 1) >= 0:
        raise Refused("the text to replace occurs more than once")
    return content[:first] + new + content[first + len(old) :]


def _finished(step: Finish, files: Files) -> Finished:
    notes = [
        Note(anchor=anchor, text=note.text)
        for note in step.notes
        if (anchor := _anchored(note.anchor(), note.where(), files)) is not None
    ]
    return Finished(
        comment=step.comment,
        notes=tuple(notes),
        claims=step.claims,
        proofs=step.proofs,
        left=step.left,
        answers=tuple(ThreadAnswer(thread=one.thread, text=one.text) for one in step.answers),
    )


def _anchored(anchor: Anchor | None, path: bytes | None, files: Files) -> Anchor | None:
    """Give the anchor with the lines that stand there now, when the script gave none."""
    if anchor is None or path is None or anchor.snippet:
        return anchor
    try:
        lines = files.read(path).decode("utf-8", "replace").splitlines()
    except (Refused, OSError):
        return anchor
    snippet = "\n".join(lines[anchor.line - 1 : anchor.end_line or anchor.line])
    return anchor.model_copy(update={"snippet": snippet[:2000]})


def _summary(step: FileStep | WordStep | Hang | Crash) -> str:
    match step:
        case Rename():
            text = f"{quote(step.where())} to {quote(step.whereto())}"
        case Write() | Edit() | Delete() | Chmod() | Symlink():
            text = quote(step.where())
        case Say() | Ask():
            text = step.text
        case Plan():
            text = step.items[0]
        case Want():
            text = step.command
        case FollowUp():
            text = step.title
        case Turn() | Usage() | Hang() | Crash():
            text = ""
        case _:
            assert_never(step)
    return text[:500]


def _why_not(n: int, step: FileStep | WordStep | Hang | Crash, error: Refused | OSError) -> str:
    why = error.sentence if isinstance(error, Refused) else (error.strerror or "the disk said no")
    return (
        f"Step {n} ({step.do} {_summary(step)[:300]}) could not be done: {why}; the steps before it are kept in the "
        "worktree, so correct the script and retry the task."
    )
