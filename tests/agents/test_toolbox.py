"""The tools of a run in their real process: within the worktree, within bounds, and ended with all they started."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from casework.agents.toolbox import SPARE, ProcessToolboxes
from casework.agents.toolbox_process import MATCHES, OUTPUT_LIMIT
from casework.core.boxes import worker_box
from casework.ports.sandbox import Box
from casework.ports.tools import EditCall, Outcome, ReadCall, SearchCall, ShellCall, ToolCall, Tools, Workplace
from casework.sandbox.choose import Chosen
from tests.waiting import wait_until_async


@pytest.fixture
def worktree(world: Path) -> Path:
    folder = world / "worktree"
    (folder / "src").mkdir(parents=True)
    (folder / "src/pay.py").write_text("def fee():\n    return 1\n")
    (folder / ".git").mkdir()
    (folder / ".git/config").write_text("[core]\n")
    return folder


def place(worktree: Path, *, boxed: bool = True, notes: bool = False, again: bool = False) -> Workplace:
    box: Box | None = None
    no_shell = "nothing confines here."
    if boxed:
        if not Chosen().facts().confines:
            pytest.skip("nothing on this machine confines a program")
        box, no_shell = worker_box(str(worktree), Chosen().facts()), ""
    return Workplace(root=str(worktree), box=box, no_shell=no_shell, notes=notes, again=again)


@pytest.fixture(params=["boxed", "bare"])
async def tools(request: pytest.FixtureRequest, worktree: Path) -> AsyncIterator[Tools]:
    opened = ProcessToolboxes(Chosen()).open(place(worktree, boxed=request.param == "boxed"))
    yield opened
    await opened.close()


async def texts(tools: Tools, *calls: ToolCall) -> list[str]:
    return [(await tools.do(call)).text for call in calls]


def inside(outcome: Outcome) -> str:
    """Give what stands in the fence."""
    assert not outcome.is_error, outcome.text
    first, _, rest = outcome.text.partition("\n")
    key = first.rpartition(" ")[2].removesuffix(">")
    return rest.partition(f"\n</{key}>")[0]


async def test_files_are_read_listed_searched_and_edited(tools: Tools, worktree: Path) -> None:
    assert inside(await tools.do(ReadCall(path="."))) == "src/"
    assert inside(await tools.do(ReadCall(path="src/pay.py"))) == "def fee():\n    return 1"
    assert inside(await tools.do(ReadCall(path="src/pay.py", start=2, lines=1))) == "    return 1\n[lines 2 to 2 of 2]"
    assert inside(await tools.do(SearchCall(pattern=r"fee\("))) == "src/pay.py:1: def fee():"
    assert (await tools.do(EditCall(path="src/pay.py", old="return 1", new="return 2"))).changed
    assert (await tools.do(EditCall(path="docs/new.md", old="", new="# New\n"))).text == "docs/new.md: made, 1 lines"
    assert (worktree / "src/pay.py").read_text() == "def fee():\n    return 2\n"
    assert (worktree / "docs/new.md").read_text() == "# New\n"


async def test_an_edit_keeps_every_other_byte(tools: Tools, worktree: Path) -> None:
    (worktree / "odd.txt").write_bytes(b"caf\xe9 one\r\ntwo\r\nthree")
    assert not (await tools.do(EditCall(path="odd.txt", old="one\ntwo", new="1\n2"))).is_error
    assert (worktree / "odd.txt").read_bytes() == b"caf\xe9 1\r\n2\r\nthree"


async def test_what_can_not_be_is_told_and_changes_nothing(tools: Tools, worktree: Path) -> None:
    before = (worktree / "src/pay.py").read_bytes()
    (worktree / "out").symlink_to("/etc")
    os.mkfifo(worktree / "pipe")
    for call in (
        ReadCall(path="../secret"),
        ReadCall(path="/etc/passwd"),
        ReadCall(path="out/passwd"),
        ReadCall(path="out"),
        ReadCall(path="pipe"),
        ReadCall(path=".git/config"),
        ReadCall(path="none.py"),
        SearchCall(pattern="root", path="out"),
        SearchCall(pattern="(", path="."),
        EditCall(path="src/pay.py", old="nowhere", new="x"),
        EditCall(path="src/pay.py", old="e", new="x"),
        EditCall(path="src/pay.py", old="", new="x"),
        EditCall(path="out/x", old="", new="x"),
        EditCall(path=".git/hooks/x", old="", new="x"),
        EditCall(path="new.py", old="", new="k = '[redacted: aws-access-key]'"),
    ):
        outcome = await tools.do(call)
        assert outcome.is_error, call
        assert outcome.text.endswith("."), outcome.text
        assert not outcome.changed
    assert "root:" not in inside(await tools.do(SearchCall(pattern="root|x")))
    assert (worktree / "src/pay.py").read_bytes() == before
    assert not (worktree / "new.py").exists()


async def test_what_is_found_is_bounded(tools: Tools, worktree: Path) -> None:
    (worktree / "many.txt").write_text("match\n" * 50_000)
    (worktree / "long.txt").write_text("x" * 5_000_000)
    found = inside(await tools.do(SearchCall(pattern="match")))
    assert found.count("many.txt") == MATCHES
    assert len(inside(await tools.do(ReadCall(path="long.txt")))) < OUTPUT_LIMIT
    assert len(inside(await tools.do(ReadCall(path="many.txt", lines=2000)))) < OUTPUT_LIMIT


async def test_a_search_that_takes_for_ever_is_ended(tools: Tools, worktree: Path) -> None:
    (worktree / "a.txt").write_text("a" * 40 + "!\n")
    begin = time.monotonic()
    assert "[stopped after" in inside(await tools.do(SearchCall(pattern=r"(a+)+$", path="a.txt")))
    assert time.monotonic() - begin < 40
    assert inside(await tools.do(ReadCall(path="src/pay.py"))), "and the next call is served"


async def test_there_is_no_shell_without_a_box(worktree: Path) -> None:
    tools = ProcessToolboxes(Chosen()).open(place(worktree, boxed=False))
    outcome = await tools.do(ShellCall(command="touch made"))
    assert (outcome.text, outcome.is_error) == ("There is no shell: nothing confines here.", True)
    assert not (worktree / "made").exists()
    await tools.close()


async def test_commands_run_in_the_box_within_time_and_output(worktree: Path) -> None:
    tools = ProcessToolboxes(Chosen()).open(place(worktree))
    try:
        assert inside(await tools.do(ShellCall(command="pwd; cat src/pay.py | head -1; exit 3"))) == (
            f"{worktree}\ndef fee():\n\n[exit code 3]"
        )
        late = await tools.do(ShellCall(command="echo begun; sleep 100", timeout_s=1))
        assert inside(late) == "begun\n\n[ended after 1 s, its time limit]"
        much = inside(await tools.do(ShellCall(command="echo first; yes | head -c 30000000; echo last")))
        assert much.startswith("first\n")
        assert "last\n" in much[-40:]
        assert len(much) < OUTPUT_LIMIT + 200
        refused = inside(await tools.do(ShellCall(command="cat /etc/shadow; ls /root; echo $ANTHROPIC_API_KEY")))
        assert "root:" not in refused
    finally:
        await tools.close()


async def test_what_a_command_leaves_running_ends_with_the_run(worktree: Path) -> None:
    tools = ProcessToolboxes(Chosen()).open(place(worktree))
    assert "begun" in inside(await tools.do(ShellCall(command="(setsid sleep 4711 &) ; echo begun")))
    await wait_until_async(lambda: len(sleeping("4711")) == 1, description="it runs on", timeout_s=20)
    await tools.close()
    await wait_until_async(lambda: not sleeping("4711"), description="it has ended", timeout_s=5)


def sleeping(for_s: str) -> list[psutil.Process]:
    return [one for one in psutil.process_iter(["cmdline"]) if one.info["cmdline"] == ["sleep", for_s]]


async def test_a_call_that_is_cancelled_and_a_process_that_dies_leave_the_next_one_whole(worktree: Path) -> None:
    tools = ProcessToolboxes(Chosen()).open(place(worktree))
    try:
        died = await tools.do(ShellCall(command="kill -9 $PPID"))
        assert died.is_error
        assert died.text.startswith("shell gave no result: the tools' process ended")
        assert inside(await tools.do(ReadCall(path="."))) == "src/"
        late = asyncio.create_task(tools.do(ShellCall(command="sleep 4712")))
        await wait_until_async(lambda: len(sleeping("4712")) == 1, description="it is under way", timeout_s=20)
        late.cancel()
        await asyncio.gather(late, return_exceptions=True)
    finally:
        await tools.close()


async def test_notes_of_the_project_come_with_what_is_near_once_and_the_nearest_last(worktree: Path) -> None:
    (worktree / "AGENTS.md").write_text("top")
    (worktree / "src/CLAUDE.md").write_text("inner")
    (worktree / "src/deep").mkdir()
    (worktree / "src/deep/AGENTS.md").write_text("innermost")
    (worktree / "src/deep/a.py").write_text("x = 1\n")
    tools = ProcessToolboxes(Chosen()).open(place(worktree, boxed=False, notes=True))
    first, second = await texts(tools, ReadCall(path="src/deep/a.py"), ReadCall(path="src/deep/a.py"))
    assert first.index("<project notes src/CLAUDE.md") < first.index("<project notes src/deep/AGENTS.md")
    assert "top" not in first, "that stood in the first message"
    assert "project notes" not in second
    await tools.close()
    untrusted = ProcessToolboxes(Chosen()).open(place(worktree, boxed=False))
    assert "inner" not in (await untrusted.do(ReadCall(path="src/deep/a.py"))).text
    await untrusted.close()


async def test_what_an_interrupted_edit_left_is_cleared_away(worktree: Path) -> None:
    (worktree / "src" / SPARE).write_text("half")
    tools = ProcessToolboxes(Chosen()).open(place(worktree, boxed=False, again=True))
    assert inside(await tools.do(ReadCall(path="src"))) == "pay.py"
    await tools.close()
