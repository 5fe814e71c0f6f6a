"""One daemon per user: races of starters, sockets left behind, and what the second one says."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.daemon.relayed import Relayed, initialize, socket_file, status, stop_daemon, tiny_daemon
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e


def daemons() -> list[psutil.Process]:
    """The daemons of this test's world."""
    mark = os.environ["CASEWORK_TEST_MARK"]
    found = []
    for process in psutil.process_iter():
        try:
            is_ours = "casework.daemon" in process.cmdline() and process.environ().get("CASEWORK_TEST_MARK") == mark
        except psutil.Error:
            continue
        if is_ours:
            found.append(process)
    return found


def run_daemon(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Start a daemon as a program that is expected to end."""
    command = [sys.executable, "-m", "casework.daemon", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=40, check=False)


def test_of_twenty_editors_that_start_at_once_all_attach_to_one_daemon(world: Path) -> None:
    editors = [Relayed() for _ in range(20)]
    try:
        for editor in editors:
            editor.send({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": initialize()})
        for editor in editors:
            assert "result" in editor.answer_to(1)
        assert len(status()["sessions"]) == 20
        assert len(daemons()) == 1
    finally:
        for editor in editors:
            editor.end()
        stop_daemon()


def test_of_twenty_daemons_that_start_at_once_one_survives(world: Path) -> None:
    command = [sys.executable, "-m", "casework.daemon"]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(20)]
    try:
        wait_until(lambda: sum(p.poll() is None for p in started) == 1, description="one is left", timeout_s=50)
        ended = [process for process in started if process.poll() is not None]
        assert [process.returncode for process in ended] == [3] * 19
        alive = next(process for process in started if process.poll() is None)
        wait_until(socket_file().exists, description="it listens")
        assert status()["pid"] == alive.pid
    finally:
        stop_daemon()
        said = [process.communicate(timeout=20)[1] for process in started]
    for sentence in said:
        assert sentence == "" or sentence.startswith("A Casework daemon of yours runs already (")


def test_the_second_daemon_names_the_first_and_ends_with_three(world: Path) -> None:
    with tiny_daemon() as first:
        second = run_daemon()
    assert second.returncode == 3
    assert second.stderr == (
        f"A Casework daemon of yours runs already (process {first.pid}, at {socket_file()}), so this one ended. "
        "Use that one, or end it with `casework daemon stop`.\n"
    )


def test_the_socket_is_for_its_owner_only(world: Path) -> None:
    with tiny_daemon():
        found = socket_file().lstat()
        assert stat.S_ISSOCK(found.st_mode)
        assert stat.S_IMODE(found.st_mode) == 0o600
        assert stat.S_IMODE(socket_file().parent.lstat().st_mode) == 0o700
        for kept in (world / "state" / "casework").rglob("*"):
            assert stat.S_IMODE(kept.lstat().st_mode) & 0o077 == 0, kept


def test_a_daemon_that_ends_takes_its_socket_with_it(world: Path) -> None:
    with tiny_daemon() as daemon:
        daemon.terminate()
        assert daemon.wait(20) == 0
        assert not socket_file().exists()


def test_a_file_at_the_place_of_the_socket_is_replaced_only_by_the_one_daemon(world: Path) -> None:
    (world / "run" / "casework").mkdir(mode=0o700)
    socket_file().write_text("left behind")
    with tiny_daemon():
        assert status()["socket"] == str(socket_file())


def test_a_daemon_that_starts_while_another_ends_takes_its_place(world: Path) -> None:
    with tiny_daemon() as first:
        first.send_signal(signal.SIGTERM)
        with tiny_daemon() as second:
            assert first.wait(20) == 0
            wait_until(socket_file().exists, description="the second listens")
            assert status()["pid"] == second.pid


@pytest.mark.parametrize("arguments", [["--port"], ["--idle-exit"], ["--idle-exit", "soon"]])
def test_a_wrong_use_is_said_in_a_sentence(arguments: list[str]) -> None:
    done = run_daemon(*arguments)
    assert done.returncode == 2
    assert done.stderr == "The daemon takes only --idle-exit SECONDS (0 for never), or CASEWORK_IDLE_EXIT_S.\n"


def test_a_lock_that_can_not_be_opened_is_said_in_a_sentence(world: Path) -> None:
    (world / "state" / "casework" / "daemon.lock").mkdir(parents=True)
    done = run_daemon()
    assert done.returncode == 4
    assert re.fullmatch(
        r"Casework can not open \S+/daemon.lock \(Is a directory\), so it can not be sure to be the only daemon. "
        r"Make the state directory writable, or set XDG_STATE_HOME to a folder of your own.\n",
        done.stderr,
    )


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_a_process_of_another_user_is_refused_even_when_the_folders_are_open(world: Path) -> None:
    ask = (
        "import os, socket, sys; os.setuid(65534); s = socket.socket(socket.AF_UNIX); s.settimeout(20);"
        "s.connect(sys.argv[1]); sys.stdout.write(s.recv(9999).decode())"
    )
    with tiny_daemon():
        for opened in (world, world / "run", world / "run" / "casework"):
            opened.chmod(0o755)
        socket_file().chmod(0o666)
        answer = subprocess.run(
            [sys.executable, "-I", "-c", ask, socket_file()], capture_output=True, text=True, timeout=40, check=True
        )
        assert '{"refused":{"code":"another_user","sentence":"This Casework daemon belongs to another user' in (
            answer.stdout
        )
        socket_file().parent.chmod(0o700)
