"""The worker's end of the pipe, spoken to frame by frame: fences, leases, and several runs in one warm worker."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from casework.agents.frames import (
    Answer,
    Beat,
    Cancel,
    FromDaemon,
    Hello,
    Proceed,
    Renew,
    Report,
    Start,
    Welcome,
    encode,
    from_worker,
)
from casework.agents.process import WORKER
from casework.domain.ids import QuestionId, RunId, TaskId
from casework.ports.agent import AgentReport, Asked, Briefing, Failed, Finished, Said, StepBegun, StepDone


class Talk:
    """A real worker, and our end of its pipe."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ours, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                WORKER, stdin=theirs.fileno(), stdout=theirs.fileno(), cwd=folder, start_new_session=True
            )
        self.socket = ours
        self.socket.settimeout(20)
        self.lines = ours.makefile("rb")

    def welcome(self, *, lease_s: float = 60.0, beat_s: float = 60.0) -> None:
        assert from_worker(self.lines.readline()) == Hello(protocol=1, agents=("scripted", "survey"))
        self.send(Welcome(protocol=1, lease_s=lease_s, beat_s=beat_s))

    def send(self, *frames: FromDaemon) -> None:
        self.socket.sendall(b"".join(encode(frame) for frame in frames))

    def start(self, run: str, *steps: dict[str, Any], epoch: int = 7, agent: str = "scripted") -> None:
        told = Briefing(
            task=TaskId("t"),
            run=RunId(run),
            n=1,
            epoch=epoch,
            title="x",
            worktree=str(self.folder),
            script=json.dumps({"steps": steps}),
        )
        self.send(Start(agent=agent, briefing=told))

    def report(self) -> Report:
        frame = from_worker(self.lines.readline())
        assert isinstance(frame, Report)
        return frame

    def is_quiet(self) -> bool:
        """Whether nothing comes for a moment."""
        self.socket.settimeout(0.2)
        try:
            return not self.socket.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(20)

    def end(self) -> None:
        self.lines.close()
        self.socket.close()

    def wait(self) -> int:
        return self.process.wait(timeout=10)


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    talk = Talk(tmp_path)
    yield talk
    talk.end()
    talk.wait()


def proceed(seq: int, *, run: str = "r", epoch: int = 7) -> Proceed:
    return Proceed(run=RunId(run), epoch=epoch, seq=seq)


def test_only_the_order_for_this_very_gate_of_this_run_and_epoch_opens_it(talk: Talk) -> None:
    talk.welcome()
    talk.start("r", {"do": "write", "path": "a", "content": "x"})
    assert talk.report().report == StepBegun(n=1, what="write", summary="a")
    talk.send(proceed(1, epoch=6), proceed(1, epoch=8), proceed(1, run="other"), proceed(0), Renew())
    assert talk.is_quiet()
    assert not (talk.folder / "a").exists()
    talk.send(proceed(1))
    assert talk.report().report == StepDone(n=1, outcome="1 bytes")


def test_an_answer_of_another_epoch_is_none(talk: Talk) -> None:
    talk.welcome()
    talk.start("r", {"do": "ask", "text": "?"})
    talk.report()
    talk.send(proceed(1))
    asked = talk.report().report
    assert isinstance(asked, Asked)
    talk.send(Answer(run=RunId("r"), epoch=6, question=asked.id, text="old"))
    assert talk.is_quiet()
    talk.send(Answer(run=RunId("r"), epoch=7, question=asked.id, text="new"))
    assert talk.report().report == StepDone(n=1, outcome="answered: new")


def test_one_warm_worker_serves_one_run_after_another(talk: Talk) -> None:
    talk.welcome()
    talk.start("one", {"do": "say", "text": "first"}, epoch=1)
    talk.start("two", {"do": "hang"}, epoch=2)
    talk.start("three", {"do": "fail", "sentence": "No."}, epoch=2)
    talk.start("four", {"do": "turn"}, agent="hal")
    first = talk.report()
    assert first.run == "one"
    talk.send(proceed(first.seq, run="one", epoch=1))
    assert [talk.report().report for _ in range(3)] == [
        Said(text="first"),
        StepDone(n=1, outcome="done"),
        Finished(comment="The script came to its end."),
    ]
    second = talk.report()
    assert (second.run, second.epoch, second.seq) == ("two", 2, 1)
    talk.send(proceed(1, run="two", epoch=2), Cancel(run=RunId("two"), epoch=2))
    assert talk.report().report == Failed(
        sentence="The agent was stopped before it handed in its work; retry the task."
    )
    assert talk.report().report == Failed(sentence="No.")
    assert talk.report().report == Failed(sentence="This worker knows no agent named 'hal'; choose another and retry.")


def test_a_worker_says_that_it_lives(talk: Talk) -> None:
    talk.welcome(beat_s=0.05)
    assert [from_worker(talk.lines.readline()) for _ in range(3)] == [Beat()] * 3


def test_a_report_larger_than_a_message_may_be_ends_the_run(talk: Talk) -> None:
    talk.welcome()
    place = {"path": "a", "text": "\x01" * 2000, "snippet": "\x01" * 2000}
    talk.start("r", {"do": "finish", "notes": [place] * 50})
    report: AgentReport = talk.report().report
    assert report == Failed(sentence="A report of the agent was larger than 1 MiB; the run ends here, retry the task.")


def test_a_worker_ends_when_its_input_closes(talk: Talk) -> None:
    talk.welcome()
    talk.start("r", {"do": "hang"})
    talk.report()
    talk.end()
    assert talk.wait() == -9


def test_a_worker_ends_when_its_lease_runs_out_and_not_while_it_is_renewed(talk: Talk) -> None:
    talk.welcome(lease_s=1.0)
    talk.start("r", {"do": "hang"})
    for _ in range(8):
        with pytest.raises(subprocess.TimeoutExpired):
            talk.process.wait(timeout=0.2)
        talk.send(Renew())
    assert talk.wait() == -9


@pytest.mark.parametrize("line", [b"garbage\n", b"\n", b'{"kind": "beat"}\n', b"\xff\n"])
def test_a_worker_does_not_live_on_with_a_daemon_it_can_not_understand(
    talk: Talk, line: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    talk.welcome()
    talk.socket.sendall(line)
    assert talk.wait() == -9


def test_what_is_printed_in_a_worker_is_no_message() -> None:
    program = (
        "import os; from casework.agents.worker import open_pipe; from casework.agents.frames import Beat;"
        "pipe = open_pipe(); print('stray', flush=True); os.system('echo stray'); pipe.send(Beat())"
    )
    found = subprocess.run([WORKER[0], "-c", program], capture_output=True, check=True, timeout=20)
    assert (found.stdout, found.stderr) == (encode(Beat()), b"stray\nstray\n")


def test_an_answer_to_no_question_does_no_harm(talk: Talk) -> None:
    talk.welcome()
    talk.send(Answer(run=RunId("r"), epoch=7, question=QuestionId("q"), text="x"), proceed(3))
    talk.start("r", {"do": "finish", "comment": "done"})
    assert talk.report().report == Finished(comment="done")
