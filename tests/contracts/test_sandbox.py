"""The sandbox port's contract, on the real adapters and on the fake."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import Final

import psutil
import pytest

from casework.domain.errors import Refused, Trouble
from casework.ports.sandbox import Box, Limits, Ran, Sandbox, place
from casework.sandbox.counting import MOST, counted
from casework.sandbox.nothing import Nothing
from tests.fakes.sandbox import FakeSandbox
from tests.sandbox.machine import bubblewrap, landlock
from tests.waiting import wait_until, wait_until_async

REAL: Final = {"bubblewrap": bubblewrap, "landlock": landlock}


@pytest.fixture(params=[*REAL, "fake"])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return FakeSandbox() if request.param == "fake" else REAL[request.param]()


@pytest.fixture(params=REAL)
def confining(request: pytest.FixtureRequest) -> Sandbox:
    return REAL[request.param]()


@pytest.fixture
def room(tmp_path: Path) -> Path:
    made = tmp_path / "room"
    made.mkdir()
    return made


def box(room: Path, **more: object) -> Box:
    return Box.model_validate({"places": (place(room, writable=True),), "cwd": str(room), **more})


async def sh(sandbox: Sandbox, script: str, box: Box, **more: bytes) -> Ran:
    return await sandbox.run(["/bin/sh", "-c", script], box, stdin=more.get("stdin", b""))


async def test_what_a_command_says_writes_and_returns_is_told(sandbox: Sandbox, room: Path) -> None:
    heard: list[bytes] = []
    script = "pwd; cat; echo wrong >&2; echo $HELLO > made; exit 3"
    ran = await sandbox.run(
        ["/bin/sh", "-c", script], box(room, environment={"HELLO": "hi"}), stdin=b"from outside\n", told=heard.append
    )
    assert (ran.end, ran.exit_code) == ("exited", 3)
    assert ran.output == f"{room}\nfrom outside\nwrong\n".encode() == b"".join(heard)
    assert ran.output_total == len(ran.output)
    assert 0 < ran.seconds < 30
    assert (room / "made").read_text() == "hi\n"


async def test_a_signal_is_told_as_the_shell_does(sandbox: Sandbox, room: Path) -> None:
    ran = await sh(sandbox, "kill -SEGV $$", box(room))
    assert (ran.end, ran.exit_code) == ("exited", 139)


async def test_what_is_not_there_is_trouble(sandbox: Sandbox, room: Path) -> None:
    with pytest.raises(Trouble) as trouble:
        await sandbox.run(["no-such-program"], box(room))
    assert trouble.value.code == "not_started"
    with pytest.raises(Trouble) as trouble:
        await sandbox.run(["true"], box(room, cwd="/no/such/folder"))
    assert trouble.value.code == "not_started"


async def test_the_beginning_and_the_end_of_much_output_are_kept(sandbox: Sandbox, room: Path) -> None:
    ran = await sh(sandbox, "seq 1 20000", box(room, limits=Limits(output_bytes=1000)))
    assert ran.output.startswith(b"1\n2\n3\n")
    assert ran.output.endswith(b"19999\n20000\n")
    assert ran.output_total == 108_894
    assert b"\n... 107,894 bytes are left out here ...\n" in ran.output
    assert len(ran.output) < 1100


async def test_the_clock_ends_a_command(sandbox: Sandbox, room: Path) -> None:
    ran = await sh(sandbox, "echo begun; trap '' TERM; while :; do sleep 1; done", box(room, limits=Limits(wall_s=0.5)))
    assert (ran.end, ran.exit_code, ran.output) == ("timed_out", None, b"begun\n")
    assert ran.seconds < 5.5


@pytest.mark.skipif(
    not Path("/proc/self/autogroup").exists(), reason="sessions are not weighed against each other here"
)
async def test_what_runs_in_a_box_makes_way_in_whatever_session(confining: Sandbox, room: Path) -> None:
    argument = f"60.{os.getpid()}"
    running = asyncio.create_task(sh(confining, f"sleep {argument}", box(room)))

    def weights() -> set[str]:
        return {Path(f"/proc/{pid}/autogroup").read_text().split()[-1] for pid in named(argument)}

    try:
        await wait_until_async(lambda: weights() == {"10"}, description="it makes way")
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_cancelling_ends_the_command_and_leaves_what_was_written(sandbox: Sandbox, room: Path) -> None:
    running = asyncio.create_task(sh(sandbox, f"echo $$ > head; exec sleep 1000.{os.getpid()}", box(room)))
    await wait_until_async(lambda: (room / "head").exists() and (room / "head").read_text(), description="it runs")
    began = time.monotonic()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert time.monotonic() - began < 5
    assert running.cancelled()
    assert not named(f"1000.{os.getpid()}")
    assert (room / "head").read_text()


def named(argument: str) -> list[int]:
    """Give the living processes with that argument."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline", "status"])
        if argument in (process.info["cmdline"] or ()) and process.info["status"] != psutil.STATUS_ZOMBIE
    ]


ORPHAN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.signal(signal.SIGHUP, signal.SIG_IGN)
for _ in range(3):
    if os.fork(): continue
    os.setsid()
    if os.fork(): os._exit(0)
    for fd in range(3): os.close(fd)
    os.execv('/bin/sh', ['sh', '-c', 'trap "" TERM; echo > "$1".$$; while :; do sleep 1000; done', 'sh', sys.argv[1]])
"""


@pytest.mark.parametrize("how", ["end", "cancel", "clock"])
async def test_what_forked_away_and_ignores_term_is_gone_with_its_box(confining: Sandbox, room: Path, how: str) -> None:
    mark = str(room / f"orphan-{os.getpid()}")
    wait = "while [ $(ls orphan-* 2>/dev/null | wc -l) -lt 3 ]; do sleep 0.01; done"
    stay = "" if how == "end" else "; echo > all; sleep 1000"
    limits = Limits(wall_s=2 if how == "clock" else 60)
    running = asyncio.create_task(
        confining.run(
            ["/bin/sh", "-c", f'/usr/bin/env python3 -c "$1" "$2"; {wait}{stay}', "sh", ORPHAN, mark],
            box(room, limits=limits, environment={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}, places=(
                place(room, writable=True), *(place(path) for path in python_places()))),
        )
    )  # fmt: skip
    if how == "cancel":
        await wait_until_async((room / "all").exists, description="three orphans live")
        running.cancel()
    began = time.monotonic()
    (ended,) = await asyncio.gather(running, return_exceptions=True)
    assert how == "clock" or time.monotonic() - began < 5
    if how != "cancel":
        assert isinstance(ended, Ran)
        assert ended.end == ("exited" if how == "end" else "timed_out")
    assert len(names_in(room, "orphan-*")) == 3
    assert not named(mark)


def names_in(room: Path, pattern: str = "**/*") -> list[str]:
    return sorted(str(path.relative_to(room)) for path in room.glob(pattern))


def python_places() -> list[Path]:
    return [Path(sys.prefix), Path(sys.base_prefix)]


async def test_only_what_is_named_is_there_and_only_what_may_be_written_can(
    confining: Sandbox, room: Path, tmp_path: Path
) -> None:
    secret, shown = tmp_path / "secret", tmp_path / "shown"
    secret.write_text("canary")
    shown.mkdir()
    (shown / "note").write_text("readable")
    given = box(room, places=(place(room, writable=True), place(shown)))
    read = f"cat {secret} /etc/shadow; cat {shown}/note; ls /root; id -u"
    ran = await sh(confining, f"{read}; echo x > {shown}/note; echo y > {shown}/new", given)
    assert b"canary" not in ran.output
    assert b"readable" in ran.output
    assert (shown / "note").read_text() == "readable"
    assert sorted(shown.iterdir()) == [shown / "note"]


async def test_home_and_tmp_are_private_and_go(confining: Sandbox, room: Path) -> None:
    mark = f"casework-{os.getpid()}-mark"
    first = await sh(confining, f"echo $HOME $TMPDIR; touch $HOME/{mark} $TMPDIR/{mark} && echo made", box(room))
    assert first.output.endswith(b"made\n")
    second = await sh(confining, "ls -A $HOME $TMPDIR", box(room))
    assert mark.encode() not in second.output
    assert not names_in(Path("/tmp"), mark)


async def test_the_environment_is_what_was_given(
    confining: Sandbox, room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "canary")
    ran = await sh(confining, "env", box(room, environment={"GIVEN": "1", "LD_SHOWN": "2"}))
    names = {line.partition(b"=")[0] for line in ran.output.splitlines()}
    assert names <= {b"GIVEN", b"LD_SHOWN", b"HOME", b"TMPDIR", b"PATH", b"PWD", b"OLDPWD", b"SHLVL", b"_"}
    assert {b"GIVEN", b"LD_SHOWN"} <= names


def test_what_the_loader_obeys_is_not_set_for_the_sandbox_itself(confining: Sandbox, room: Path) -> None:
    boxed = confining.command(["true"], box(room, environment={"LD_PRELOAD": f"{room}/evil.so", "A": "1"}))
    assert "LD_PRELOAD" not in boxed.environment
    assert boxed.environment["A"] == "1"


@pytest.mark.parametrize("there", [True, False])
async def test_protected_paths_are_read_only_whether_they_exist_or_not(
    confining: Sandbox, room: Path, there: bool
) -> None:
    if there:
        (room / ".github/workflows").mkdir(parents=True)
        (room / ".github/workflows/ci.yml").write_text("mine")
        (room / "AGENTS.md").write_text("mine")
    before = names_in(room)
    protected = tuple(f"{room}/{name}" for name in (".github/workflows", "AGENTS.md", ".vscode", "a/b/c"))
    script = """
        echo x > AGENTS.md; rm -rf AGENTS.md; mv AGENTS.md y; echo x > z; mv z AGENTS.md; ln -sf /etc/passwd AGENTS.md
        echo x > .github/workflows/ci.yml; mv .github g; rm -rf .github; mkdir -p .vscode; echo x > .vscode/tasks.json
        mv a b; mkdir -p a/b; echo x > a/b/c; rmdir .vscode; ln -s .github link; echo x > link/workflows/new.yml
        ls -A . > listed; rm -f z link; echo free > .github/free
    """
    await sh(confining, script, box(room, protected=protected))
    after = names_in(room)
    made = [name for name in after if name not in before]
    if confining.facts().moves_places:
        assert made == ([".github/free", "listed"] if there else [".github", ".github/free", "listed"])
        assert (room / ".github/free").read_text() == "free\n"
    else:
        assert made == []  # without mounts nothing new is made where something protected could stand
    if there:
        assert (room / "AGENTS.md").read_text() == "mine"
        assert (room / ".github/workflows/ci.yml").read_text() == "mine"


async def test_a_link_in_the_place_of_a_place_leads_nowhere(confining: Sandbox, room: Path, tmp_path: Path) -> None:
    outside, venv = tmp_path / "outside", tmp_path / "venv"
    outside.mkdir()
    venv.mkdir()
    if not confining.facts().moves_places:
        pytest.skip("this sandbox moves no places")
    (room / "sub").symlink_to(outside)
    (room / ".venv").symlink_to(f"/oldroot{outside}/made")
    places = (place(room, writable=True), place(venv, at=f"{room}/.venv"), place(venv, at=f"{room}/sub/.venv"))
    await sh(confining, "true", box(room, places=places, protected=(f"{room}/sub/.vscode",)))
    assert list(outside.iterdir()) == []


async def test_a_place_can_stand_elsewhere(confining: Sandbox, room: Path) -> None:
    if not confining.facts().moves_places:
        pytest.skip("this sandbox moves no places")
    given = box(room, places=(place(room, writable=True, at="/src/project"),), cwd="/src/project")
    ran = await sh(confining, "pwd; echo here > made; ls -A /src", given)
    assert ran.output == b"/src/project\nproject\n"
    assert (room / "made").read_text() == "here\n"


@pytest.mark.parametrize(
    ("script", "limits", "end"),
    [
        ("while :; do (sleep 100 &) ; done", Limits(processes=40), "too_many_processes"),
        ("head -c 4G /dev/zero | tail", Limits(memory_bytes=64 * 1024**2), "too_much_memory"),
        (
            "i=0; while :; do head -c 20000000 /dev/zero > f$i || break; i=$((i+1)); done",
            Limits(disk_bytes=100 * 1024**2),
            "too_much_disk",
        ),
        (
            "i=0; while [ $i -lt 60 ]; do fallocate -l 20M f$i; i=$((i+1)); done; sleep 30",
            Limits(disk_bytes=100 * 1024**2),
            "too_much_disk",
        ),
    ],
    ids=["processes", "memory", "disk", "reserved"],
)
async def test_what_uses_too_much_is_ended_with_the_reason(
    confining: Sandbox, room: Path, script: str, limits: Limits, end: str
) -> None:
    if "while :; do (sleep" in script and os.geteuid() != 0:
        pytest.skip("the kernel holds the number of processes itself, and then nothing has to be ended")
    ran = await sh(confining, script, box(room, limits=limits.model_copy(update={"wall_s": 20.0})))
    assert ran.end == end
    assert ran.exit_code is None
    assert ran.seconds < 15


async def test_for_root_the_kernel_counts_the_processes_of_all_boxes(confining: Sandbox, room: Path) -> None:
    if not counted():
        pytest.skip("the user is not root, whose processes are counted anyway, or no control group can be made here")
    group = Path(counted()[-1])
    assert (group.parent / "pids.max").read_text() == f"{MOST}\n"

    def inside() -> list[str]:
        there = [one for one in psutil.process_iter(["cmdline"]) if str(one.pid) in group.read_text().split()]
        return [str(one.pid) for one in there if one.info["cmdline"] == ["sleep", "4713"]]

    running = asyncio.create_task(confining.run(["sleep", "4713"], box(room)), name="counted")
    await wait_until_async(lambda: len(inside()) == 1, description="the box is among those that are counted")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_one_file_grows_no_larger_than_allowed(confining: Sandbox, room: Path) -> None:
    ran = await sh(confining, "head -c 3000000 /dev/zero > f; ls", box(room, limits=Limits(file_bytes=1024 * 1024)))
    assert ran.end == "exited"
    assert (room / "f").stat().st_size == 1024 * 1024


async def test_a_command_that_enters_by_itself_is_confined_as_well(
    confining: Sandbox, room: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("canary")
    (room / "sub").mkdir()
    boxed = confining.command(["/bin/sh", "-c", f"cat {tmp_path}/secret; echo x > sub/made; echo $A"], box(
        room, environment={"A": "1"}, protected=(f"{room}/.vscode",)))  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        *boxed.command, env=dict(boxed.environment), cwd=boxed.cwd, pass_fds=boxed.files, stdout=-1, stderr=-1
    )
    for handle in boxed.files:
        os.close(handle)
    said, _ = await process.communicate()
    assert said == b"1\n"
    assert (room / "sub/made").exists()


async def test_neighbours_do_not_notice_a_flood(confining: Sandbox, room: Path) -> None:
    flood = asyncio.create_task(sh(confining, "yes", box(room, limits=Limits(wall_s=2))))
    longest = 0.0
    while not flood.done():
        before = time.monotonic()
        await asyncio.wait({flood}, timeout=0.001)
        longest = max(longest, time.monotonic() - before)
    ran = flood.result()
    assert ran.end == "timed_out"
    assert ran.output_total > 5_000_000
    assert len(ran.output) < 1100 * 1024
    assert longest < 1.0


async def test_no_handle_is_left_open(sandbox: Sandbox, room: Path) -> None:
    given = box(room, protected=(f"{room}/.vscode", f"{room}/.git/hooks"))
    await sh(sandbox, "true", given)
    before = len(names_in(Path("/proc/self/fd"), "*"))
    for _ in range(5):
        await sh(sandbox, "true", given)
        with pytest.raises(Trouble):
            await sandbox.run(["no-such-program"], given)
    wait_until(lambda: len(names_in(Path("/proc/self/fd"), "*")) <= before, description="all handles are closed")


async def test_without_a_sandbox_nothing_runs() -> None:
    nothing = Nothing("bubblewrap is not installed")
    sentence = "Nothing can be confined on this machine, so no shell and no check is run: bubblewrap is not installed."
    assert not nothing.facts().confines
    with pytest.raises(Refused) as refused:
        nothing.command(["true"], Box(places=(), cwd="/"))
    assert (refused.value.code, refused.value.sentence) == ("no_sandbox", sentence)
    with pytest.raises(Refused):
        await nothing.run(["true"], Box(places=(), cwd="/"))
