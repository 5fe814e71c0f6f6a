"""The first frame: who may attach, what old and new versions tell each other, and what a status holds."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from casework.daemon import hello
from casework.domain.errors import Refused
from casework.transport import Channel
from tests.daemon.relayed import Raw, Relayed, frame, framed, initialize, request, status, tiny_daemon

pytestmark = pytest.mark.e2e

NO_HELLO = (
    "The first message was no hello of Casework, so the connection was closed. Attach through `casework lsp` or the "
    "relay, not to the socket itself."
)


@pytest.fixture
def daemon() -> Iterator[subprocess.Popen[bytes]]:
    """A daemon of this test's own."""
    with tiny_daemon() as process:
        yield process


def said(message: bytes) -> object:
    """The daemon's answer to these first bytes, and that it hung up."""
    with Raw() as raw:
        raw.socket.sendall(message)
        answer = raw.receive()
        assert raw.is_closed()
    return answer


def test_a_client_that_fits_learns_protocol_build_and_session(daemon: object) -> None:
    with Raw() as raw:
        answer = raw.hello(features=["ended", "unheard of"])["hello"]
    assert answer == {"protocol": 1, "build": hello.BUILD, "session": answer["session"], "features": []}


FIRST_FRAMES = {
    "an editor that skipped the relay": frame(request(1, "initialize", initialize())),
    "no JSON": framed(b"{"),
    "an array": framed(b"[]"),
    "an empty frame": framed(b""),
    "another word": frame({"hi": {}}),
    "an empty hello": frame({"hello": {}}),
    "a hello that is no object": frame({"hello": 5}),
    "a protocol that is no range": frame({"hello": {"protocol": 1}}),
    "a protocol range upside down": frame({"hello": {"protocol": [2, 1]}}),
    "a wish nobody knows": frame({"hello": {"protocol": [1, 1], "ask": "approve"}}),
    "a hello beyond the limit": b"Content-Length: 70000\r\n\r\n" + b" " * 70000,
    "a hello nested too deeply": framed(b'{"hello":' + b"[" * 20000),
    "a length that is no number": b"Content-Length: x\r\n\r\n",
}


@pytest.mark.parametrize("first", FIRST_FRAMES.values(), ids=FIRST_FRAMES.keys())
def test_what_is_no_hello_is_refused_in_a_sentence(first: bytes, daemon: object) -> None:
    assert said(first) == {"refused": {"code": "no_hello", "sentence": NO_HELLO}}
    assert status()["pid"]


def test_a_client_of_an_old_protocol_is_refused_with_what_to_do(daemon: object) -> None:
    first = frame({"hello": {"protocol": [0, 0], "build": "0.0.1", "client": "relay", "features": []}})
    assert said(first) == {
        "refused": {
            "code": "old_client",
            "sentence": (
                "This client (relay, 0.0.1) is too old for the Casework daemon that runs (0.1.0), so it can not "
                "attach. Update the client, or run `casework daemon stop` and start it again."
            ),
        }
    }


def test_a_client_of_a_protocol_to_come_is_refused_with_what_to_do(daemon: object) -> None:
    first = frame({"hello": {"protocol": [7, 9], "build": "0.1.0", "client": "relay", "features": []}})
    assert said(first) == {
        "refused": {
            "code": "old_daemon",
            "sentence": (
                "The Casework daemon that runs (0.1.0) is too old for this client (relay, 0.1.0), so it can not "
                "attach. Run `casework daemon stop`; the next client starts the newer one."
            ),
        }
    }


@pytest.mark.parametrize(
    ("build", "than", "newer"),
    [
        ("0.2.0", "0.1.0", True),
        ("0.10.0", "0.9.0", True),
        ("0.1.0", "0.1.0", False),
        ("0.1.0", "0.2.0", False),
        ("0.1.0.dev5", "0.1.0", False),
        ("unknown", "0.1.0", False),
        ("9" * 60, "0.1.0", True),
    ],
)
def test_only_a_later_release_is_newer(build: str, than: str, newer: bool) -> None:
    assert hello.is_newer(build, than=than) is newer


def test_a_daemon_without_work_makes_way_for_a_newer_client(world: object) -> None:
    with tiny_daemon() as daemon, Raw() as newer:
        assert newer.hello(build="0.2.0") == {"handover": {"build": "0.1.0"}}
        assert newer.is_closed()
        assert daemon.wait(20) == 0


def test_a_daemon_with_work_tells_a_newer_client_what_to_do(daemon: subprocess.Popen[bytes]) -> None:
    with Relayed() as editor:
        editor.initialized().ask(1, "casework/tiny/busy", {"busy": True})
        with Raw() as newer:
            assert newer.hello(build="0.2.0")["refused"] == {
                "code": "old_daemon_busy",
                "sentence": (
                    "The Casework daemon that runs is 0.1.0, older than this client (0.2.0), and has runs under way, "
                    "so it does not make way yet. Finish what runs and close the other editors, or use "
                    "`casework daemon stop`, then attach again."
                ),
            }
        assert "result" in editor.ask(2, "casework/tiny/echo")
    assert daemon.poll() is None


def test_a_daemon_with_work_is_stopped_only_by_force(daemon: subprocess.Popen[bytes]) -> None:
    with Relayed() as editor:
        editor.initialized().ask(1, "casework/tiny/busy", {"busy": True})
        with Raw() as raw:
            assert raw.hello(ask="stop")["refused"] == {
                "code": "busy",
                "sentence": (
                    "Runs or landings are under way, so the daemon was not stopped. Wait for them, stop them with "
                    "`casework task stop`, or use `casework daemon stop --force`: the next start takes them up again."
                ),
            }
        with Raw() as raw:
            assert raw.hello(ask="stop", force=True) == {"stopping": {"pid": daemon.pid}}
            assert raw.is_closed()
        assert editor.ended()[0] == 5
    assert daemon.wait(20) == 0


def test_the_end_of_the_connection_that_asked_for_it_is_the_end_of_the_daemon(daemon: subprocess.Popen[bytes]) -> None:
    with Raw() as raw:
        raw.hello(ask="stop")
        assert raw.is_closed()
    with tiny_daemon() as next_one:
        assert status()["pid"] == next_one.pid


def test_a_status_says_who_is_attached(daemon: subprocess.Popen[bytes]) -> None:
    with Relayed() as editor:
        editor.ask(1, "initialize", initialize())
        found = status()
    assert found["pid"] == daemon.pid
    assert found["build"] == "0.1.0"
    assert found["busy"] is False
    assert found["sessions"] == [
        {"id": found["sessions"][0]["id"], "client": "relay", "build": "0.1.0", "pid": editor.process.pid}
    ]


def test_the_names_a_client_gives_itself_are_cut_and_cleaned(daemon: object) -> None:
    with Raw() as raw, Raw() as other:
        raw.hello(client="x\n\x1b[2J" + "y" * 500, build=5, features=[1, "a" * 500] * 70)
        found = other.hello(ask="status")["status"]["sessions"][0]
    assert found["client"] == "x??[2J" + "y" * 58
    assert found["build"] == "unknown"


def test_the_command_lines_channel_speaks_to_the_daemon(daemon: object) -> None:
    channel = Channel.attach("cli", start=False)
    assert channel is not None
    with channel:
        assert channel.answer["hello"]["protocol"] == 1
        channel.send(request(1, "initialize", initialize()))
        assert channel.receive(20)["id"] == 1
        channel.send(request(2, "casework/tiny/echo", {"text": "é" * 100_000}))
        assert channel.receive(20)["result"]["client"] == "cli"
    with pytest.raises(Refused) as refusal:
        Channel.attach("cli", start=False, ask="nonsense")
    assert refusal.value.sentence == NO_HELLO


def test_the_command_line_can_ask_without_starting_a_daemon(world: object) -> None:
    assert Channel.attach("cli", start=False, ask="status") is None
