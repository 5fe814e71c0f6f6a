"""The relay: bytes both ways, what it exits with, and what it says when it can not go on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.daemon.relayed import (
    RELAY,
    Raw,
    Relayed,
    framed,
    initialize,
    log_text,
    notification,
    request,
    socket_file,
    status,
    stop_daemon,
    tiny_daemon,
)
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e

ECHO = "casework/tiny/echo"
KILLED = (
    "The Casework daemon ended while this editor was attached: it was killed or it crashed. Nothing that it "
    "acknowledged is lost. Restart the language server in the editor and it is started anew; `casework daemon log` "
    "says more.\n"
)


@pytest.fixture
def daemon() -> Iterator[subprocess.Popen[bytes]]:
    """A daemon of this test's own."""
    with tiny_daemon() as process:
        yield process


@pytest.fixture
def started_on_demand() -> Iterator[None]:
    """Whatever daemon the relay starts is stopped in the end."""
    yield
    stop_daemon()


def test_exit_after_shutdown_ends_the_relay_with_zero(daemon: object) -> None:
    with Relayed() as editor:
        editor.initialized().ask(1, "shutdown")
        editor.send(notification("exit"))
        assert editor.ended() == (0, "")


def test_exit_without_shutdown_ends_the_relay_with_one(daemon: object) -> None:
    with Relayed() as editor:
        editor.initialized().send(notification("exit"))
        assert editor.ended() == (1, "")


def test_exit_before_initialize_ends_the_relay_with_one(daemon: object) -> None:
    with Relayed() as editor:
        editor.send(notification("exit"))
        assert editor.ended() == (1, "")


def test_an_editor_that_closes_its_end_ends_the_relay(daemon: object) -> None:
    with Relayed() as editor:
        editor.initialized().close_input()
        assert editor.ended() == (1, "")
    with Relayed() as editor:
        editor.initialized().ask(1, "shutdown")
        editor.close_input()
        assert editor.ended() == (0, "")


def test_requests_before_the_end_of_input_are_answered(daemon: object) -> None:
    with Relayed() as editor:
        editor.send(request(1, "initialize", initialize()), request(2, ECHO))
        editor.close_input()
        assert "result" in editor.answer_to(1)
        assert "result" in editor.answer_to(2)
        assert editor.ended() == (1, "")


def test_a_stream_that_ends_inside_a_message_is_said_so(daemon: object) -> None:
    with Relayed() as editor:
        editor.initialized().send(b"Content-Length: 100\r\n\r\n{")
        editor.close_input()
        assert editor.answer_to(None)["error"]["code"] == -32700


def test_exit_of_one_editor_leaves_the_other(daemon: subprocess.Popen[bytes]) -> None:
    with Relayed() as one, Relayed() as other:
        other.initialized()
        one.initialized().send(notification("exit"))
        one.ended()
        assert "result" in other.ask(1, ECHO)
    assert daemon.poll() is None


def test_a_killed_daemon_is_said_so_and_the_relay_fails(daemon: subprocess.Popen[bytes]) -> None:
    with Relayed() as editor:
        editor.initialized()
        daemon.kill()
        assert editor.ended() == (5, KILLED)


def test_a_stopped_daemon_is_said_so_and_the_relay_fails(daemon: subprocess.Popen[bytes]) -> None:
    with Relayed() as editor:
        editor.initialized()
        daemon.terminate()
        assert editor.ended() == (
            5,
            (
                "The Casework daemon was ended by a signal while this editor was attached; nothing that it "
                "acknowledged is lost. Restart the language server in the editor to attach again.\n"
            ),
        )
    assert daemon.wait(20) == 0


def test_a_large_message_passes_both_ways_byte_for_byte(daemon: object) -> None:
    text = "é\u2028" * 4_000_000
    with Relayed() as editor:
        editor.initialized()
        assert editor.ask(1, ECHO, [text])["result"]["params"] == [text]


def test_an_editor_that_reads_nothing_for_a_while_loses_nothing(daemon: object) -> None:
    with Relayed() as editor:
        editor.initialized()
        os.kill(editor.process.pid, signal.SIGSTOP)
        editor.send(request(1, "casework/tiny/flood", {"times": 100}), request(2, ECHO))
        os.kill(editor.process.pid, signal.SIGCONT)
        flooded = 0
        while (message := editor.receive()) is not None and message.get("id") != 2:
            flooded += message.get("method") == "casework/tiny/flooded"
        assert flooded == 100


def test_the_relay_takes_no_arguments(world: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", RELAY, "--port", "5"], capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 2
    assert done.stderr == (
        "The relay takes no arguments but --stdio, which changes nothing: start it as `python -I -S relay.py`.\n"
    )


@pytest.mark.usefixtures("started_on_demand")
def test_the_daemon_is_started_on_demand_and_belongs_to_no_editor(world: Path) -> None:
    with Relayed() as editor:
        assert "result" in editor.ask(1, "initialize", initialize())
        pid = status()["pid"]
        parents = subprocess.run(["ps", "-o", "ppid=,sid=", "-p", str(pid)], capture_output=True, text=True, check=True)
        parent, session = (int(number) for number in parents.stdout.split())
        assert parent != editor.process.pid
        assert session != os.getsid(0)
        editor.end()
    assert status()["pid"] == pid


@pytest.mark.usefixtures("started_on_demand")
def test_nothing_in_the_folder_of_the_editor_is_imported(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = world / "repository"
    for name in ("casework", "asyncio", "json", "pygls"):
        (hostile / name).mkdir(parents=True)
        (hostile / name / "__init__.py").write_text("import os; os._exit(66)")
    monkeypatch.setenv("PYTHONPATH", str(hostile))
    monkeypatch.setenv("GIT_DIR", str(hostile))
    with Relayed(cwd=hostile) as editor:
        assert "result" in editor.ask(1, "initialize", initialize())
    environ = Path(f"/proc/{status()['pid']}/environ")
    if environ.exists():
        assert Path(f"/proc/{status()['pid']}/cwd").resolve() == Path("/")


@pytest.mark.usefixtures("started_on_demand")
def test_what_a_killed_daemon_left_does_not_hinder_the_next(world: Path) -> None:
    with Relayed() as editor:
        editor.ask(1, "initialize", initialize())
        pid = status()["pid"]
        os.kill(pid, signal.SIGKILL)
        assert editor.ended() == (5, KILLED)
    assert socket_file().exists()
    with Relayed() as editor:
        assert "result" in editor.ask(1, "initialize", initialize())
    assert status()["pid"] != pid


def test_a_daemon_that_can_not_start_is_said_in_its_own_words(world: Path) -> None:
    (world / "state" / "casework").write_text("")
    with Relayed() as editor:
        assert editor.ended() == (
            4,
            (
                f"Casework can not write its state directory {world}/state/casework (File exists), so nothing could be "
                "kept. Make it writable, or set XDG_STATE_HOME to a folder of your own.\n"
            ),
        )


def test_a_python_without_casework_is_said_in_its_own_words(world: Path) -> None:
    alone = world / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(alone)], check=True, timeout=50)
    done = subprocess.run(
        [alone / "bin" / "python", "-I", "-S", RELAY], capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 4
    assert done.stderr.startswith(
        f"{alone}/bin/python has no Casework installed, so it can not start the daemon. Start the relay with the "
        "Python that Casework was installed for. ("
    )


def test_a_folder_at_the_place_of_the_socket_is_said_in_a_sentence(world: Path) -> None:
    (world / "run" / "casework").mkdir(mode=0o700)
    (world / "run" / "casework" / "daemon.sock").mkdir()
    with Relayed() as editor:
        code, said = editor.ended()
    assert code == 4
    assert said.startswith(f"Casework can not remove what stands at {world}/run/casework/daemon.sock (")


def test_the_process_that_initialize_names_is_watched_through_the_relay(daemon: object) -> None:
    with subprocess.Popen(["sleep", "60"]) as parent, Relayed() as editor:
        editor.ask(1, "initialize", initialize(parent.pid))
        assert "result" in editor.ask(2, ECHO)
        parent.kill()
        assert editor.ended() == (
            1,
            (
                f"Process {parent.pid}, which the editor named as its own in initialize, is not there, so the "
                "connection was closed. An editor outside of this container or machine must send null.\n"
            ),
        )


def test_a_process_that_is_dead_when_initialize_names_it_ends_the_connection(daemon: object) -> None:
    with subprocess.Popen(["true"]) as gone:
        gone.wait(10)
    with Relayed() as editor:
        assert "result" in editor.ask(1, "initialize", initialize(gone.pid))
        code, said = editor.ended()
    assert code == 1
    assert said.startswith(f"Process {gone.pid}, which the editor named as its own in initialize, is not there")


def test_a_relay_that_is_killed_leaves_no_session_behind(daemon: object) -> None:
    with Relayed() as editor:
        editor.initialized()
        editor.send(request(1, "casework/tiny/slow"))
        editor.ask(2, ECHO)
        editor.process.kill()
    wait_until(lambda: status()["sessions"] == [], description="the session ended")
    with Relayed() as editor:
        assert editor.initialized().ask(1, ECHO)["result"]["cancelled"] == 1
    assert "begins" in log_text()


def test_a_newer_relay_takes_over_from_a_daemon_without_work(world: Path) -> None:
    with tiny_daemon("--build", "0.0.9") as old:
        with Relayed() as editor:
            assert editor.ask(1, "initialize", initialize())["result"]["serverInfo"]["name"] == "casework"
            assert status()["build"] != "0.0.9"
        assert old.wait(20) == 0
        stop_daemon()


def test_a_relay_newer_than_what_it_starts_does_not_try_for_ever(world: Path) -> None:
    newer = world / "relay.py"
    newer.write_text(RELAY.read_text())
    body = RELAY.with_name("attaching.py").read_text()
    (world / "attaching.py").write_text(body.replace('BUILD = "0.1.0"', 'BUILD = "99.0"'))
    with Relayed(relay=newer) as editor:
        code, said = editor.ended()
    assert code == 3
    assert said == (
        "The Casework daemon that starts here is 0.1.0, older than this client (99.0), so it can not serve it. "
        "Install both from one version.\n"
    )
    wait_until(lambda: not socket_file().exists(), description="the daemon made way")


def test_a_refusal_is_said_on_stderr(world: Path) -> None:
    with tiny_daemon("--build", "0.0.9"), Raw() as other:
        other.hello(build="0.0.9")
        with Relayed() as editor:
            assert editor.ended() == (
                3,
                (
                    "The Casework daemon that runs is 0.0.9, older than this client (0.1.0), and has 1 client(s) "
                    "attached, so it does not make way yet. Finish what runs and close the other editors, or use "
                    "`casework daemon stop`, then attach again.\n"
                ),
            )


def test_a_daemon_that_answers_nonsense_does_not_hang_the_relay(world: Path) -> None:
    import socket

    (world / "run" / "casework").mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(socket_file()))
        listener.listen(1)
        with Relayed() as editor:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(framed(json.dumps({"refused": {"code": "x", "sentence": "Not you."}}).encode()))
            assert editor.ended() == (3, "Not you.\n")
