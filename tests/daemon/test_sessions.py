"""Sessions at work: what is loaded when, many clients, slow clients, idleness, broken applications, encodings."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.daemon.relayed import (
    Message,
    Raw,
    Relayed,
    frame,
    framed,
    initialize,
    log_text,
    notification,
    request,
    status,
    tiny_daemon,
)
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e

ECHO = "casework/tiny/echo"
ALLOWED = {"attr", "attrs", "casework", "cattrs", "lsprotocol", "pygls", "pydantic", "sqlite3", "typing_extensions"}
OURS = {"app", "agents", "cli", "core", "store", "workspace", "wire", "ports", "settings", "trust", "code", "mcp"}


@pytest.fixture
def daemon() -> Iterator[object]:
    """A daemon of this test's own."""
    with tiny_daemon() as process:
        yield process


def test_until_initialize_is_answered_only_what_that_needs_is_imported(daemon: object) -> None:
    with Relayed() as editor:
        modules: list[str] = editor.initialized().ask(1, "casework/tiny/modules")["result"]
    of_tests = {"tests", "argparse", "gettext", "runpy", "pkgutil"}
    tops = {name.partition(".")[0] for name in modules if not name.startswith("_")}
    assert tops - set(sys.stdlib_module_names) - of_tests <= ALLOWED
    rooms = {name.split(".")[1] for name in modules if name.startswith("casework.")}
    assert not rooms & OURS


def test_the_real_daemons_surface_imports_no_room_either() -> None:
    code = (
        "import sys, casework.daemon.__main__, casework.daemon.server, casework.lsp.surface;"
        "print(*(n.removeprefix('casework.').partition('.')[0] for n in sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    names = set(found.stdout.split())
    assert not names & OURS
    assert not names & {"git", "watchfiles", "typer", "anthropic", "pydantic"}


def test_the_real_application_imports_and_builds_only_what_the_first_board_needs() -> None:
    code = """
import sys, casework.app, pydantic
def below(kind):
    for sub in kind.__subclasses__():
        yield sub
        yield from below(sub)
ours = [model for model in below(pydantic.BaseModel) if model.__module__.startswith("casework.")]
print(len(ours) > 50)
print(*sorted(model.__name__ for model in ours if model.__pydantic_complete__))
print(*(name.partition(".")[0] for name in sys.modules))
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    many, built, modules = found.stdout.splitlines()
    assert (many, set(built.split())) == ("True", {"Actor", "Lost", "Spec"})
    assert not set(modules.split()) & {"git", "watchfiles", "multiprocessing", "tomllib"}


def test_a_hundred_connections_initialize_ask_and_hear(daemon: object) -> None:
    clients = [Raw() for _ in range(100)]
    try:
        for client in clients:
            client.hello()
            client.socket.sendall(frame(request(1, "initialize", initialize())) + frame(request(2, ECHO, {"n": 1})))
        for client in clients:
            assert [(client.receive() or {}).get("id") for _ in range(2)] == [1, 2]
        assert len(status()["sessions"]) == 100
    finally:
        for client in clients:
            client.socket.close()
    wait_until(lambda: status()["sessions"] == [], description="all sessions ended")


def test_two_clients_answers_never_mix(daemon: object) -> None:
    with Relayed() as one, Relayed() as other:
        one.initialized()
        other.initialized()
        for number in range(50):
            one.send(request(number, ECHO, {"who": "one"}))
            other.send(request(number, ECHO, {"who": "other"}))
        for number in range(50):
            assert one.answer_to(number)["result"]["params"] == {"who": "one"}
            assert other.answer_to(number)["result"]["params"] == {"who": "other"}


def test_a_client_that_never_reads_is_cut_off_and_nobody_else_notices(daemon: object) -> None:
    with Raw() as slow, Relayed() as other:
        other.initialized()
        slow.hello()
        slow.socket.sendall(frame(request(1, "initialize", initialize())))
        slow.receive()
        slow.socket.sendall(frame(request(2, "casework/tiny/flood", {"times": 1200})))
        wait_until(lambda: len(status()["sessions"]) == 1, description="the slow one is gone")
        assert "result" in other.ask(1, ECHO)
    assert "a client does not read what it is sent; its connection is closed" in log_text()


def test_a_client_that_says_nothing_is_sent_away(world: Path) -> None:
    with tiny_daemon("--hello", "0.5"), Raw() as silent, Raw() as dribbling:
        dribbling.socket.sendall(b"Content-Length: 50\r\n\r\n{")
        assert status()["sessions"] == []
        assert silent.is_closed()
        assert dribbling.is_closed()


def test_a_daemon_that_nobody_needs_ends_by_itself(world: Path) -> None:
    with tiny_daemon("--idle-exit", "0.3") as daemon:
        assert daemon.wait(20) == 0
    assert "Nobody needed the Casework daemon" in log_text()


def test_a_daemon_with_a_client_or_with_work_does_not_end_by_itself(world: Path) -> None:
    with tiny_daemon("--idle-exit", "0.2") as daemon:
        with Relayed() as editor:
            editor.initialized()
            began = time.monotonic()
            wait_until(lambda: time.monotonic() - began > 0.6, description="it would have ended, were it idle")
            assert daemon.poll() is None
            editor.ask(1, "casework/tiny/busy", {"busy": True})
        began = time.monotonic()
        wait_until(lambda: time.monotonic() - began > 0.6, description="it would have ended, had it no work")
        assert daemon.poll() is None
        with Relayed() as editor:
            editor.initialized().ask(1, "casework/tiny/busy", {"busy": False})
        assert daemon.wait(20) == 0


def test_a_daemon_whose_socket_was_cleaned_away_ends_when_it_is_free(world: Path) -> None:
    with tiny_daemon("--idle-exit", "2") as daemon:
        (world / "run" / "casework" / "daemon.sock").unlink()
        assert daemon.wait(20) == 0
    assert "The socket of the Casework daemon was removed" in log_text()


def test_an_application_that_does_not_start_answers_each_request_with_its_sentence(world: Path) -> None:
    with tiny_daemon("--broken"), Relayed() as editor:
        editor.initialized()
        for number in range(3):
            error = editor.ask(number, ECHO)["error"]
            assert error["code"] == -32803
            assert error["message"] == "The tiny application is broken, so nothing is served. Start it whole."
        assert editor.ask(4, "shutdown")["result"] is None


def test_what_is_asked_of_the_editor_comes_back_to_the_handler(daemon: object) -> None:
    with Relayed() as editor:
        editor.initialized().send(request(1, "casework/tiny/ask"))
        asked = editor.receive()
        assert asked is not None
        assert asked["method"] == "workspace/configuration"
        editor.send({"jsonrpc": "2.0", "id": asked["id"], "result": [{"a": 1}]})
        assert editor.answer_to(1)["result"] == [{"a": 1}]


@pytest.mark.parametrize(
    "answer",
    [
        {"result": "no array"},
        {"error": {"code": -32601, "message": "no such method"}},
        {"error": "no object"},
        {"error": {"code": "x"}},
    ],
)
def test_an_editor_that_answers_wrongly_fails_the_handler_and_not_the_session(answer: Message, daemon: object) -> None:
    with Relayed() as editor:
        editor.initialized().send(request(1, "casework/tiny/ask"))
        asked = editor.receive()
        assert asked is not None
        editor.send({"jsonrpc": "2.0", "id": asked["id"], **answer})
        assert "error" in editor.answer_to(1)
        assert "result" in editor.ask(2, ECHO)


def test_an_editor_that_leaves_with_a_question_open_leaves_no_handler_behind(daemon: object) -> None:
    with Relayed() as editor:
        editor.initialized().send(request(1, "casework/tiny/ask"))
        assert editor.receive() is not None
        editor.send(notification("exit"))
        assert editor.ended()[0] == 1
    wait_until(lambda: status()["sessions"] == [], description="the session ended")


TEXT = "a\u2028b\x0c𝄞é|x\r\nsecond\rthird\n"
OFFSETS = {"utf-8": 3 + 1 + 1 + 1 + 4 + 2, "utf-16": 1 + 1 + 1 + 1 + 2 + 1, "utf-32": 6}


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (None, "utf-16"),
        ([], "utf-16"),
        (["utf-16"], "utf-16"),
        (["utf-8", "utf-16"], "utf-8"),
        (["utf-32"], "utf-32"),
        (["utf-7", "utf-16"], "utf-16"),
        (["utf-7"], "utf-16"),
    ],
)
def test_a_position_means_what_the_editor_meant(offered: list[str] | None, chosen: str, daemon: object) -> None:
    capabilities: dict[str, Any] = {} if offered is None else {"general": {"positionEncodings": offered}}
    with Relayed() as editor:
        answer = editor.ask(1, "initialize", {**initialize(), "capabilities": capabilities})
        assert answer["result"]["capabilities"]["positionEncoding"] == chosen
        opened = {"uri": "file:///a", "languageId": "x", "version": 1, "text": TEXT}
        editor.send(notification("textDocument/didOpen", {"textDocument": opened}))
        at = {"textDocument": {"uri": "file:///a"}, "position": {"line": 0, "character": OFFSETS[chosen]}}
        assert editor.ask(2, "textDocument/hover", at)["result"]["contents"] == str(TEXT.index("|"))
        third = {"textDocument": {"uri": "file:///a"}, "position": {"line": 2, "character": 0}}
        assert editor.ask(3, "textDocument/hover", third)["result"]["contents"] == str(TEXT.index("third"))


def random_message(source: random.Random) -> bytes:
    """Something between a good request and noise."""
    number = source.randrange(50)
    good = request(number, source.choice([ECHO, "textDocument/codeAction", "x/y", "shutdow"]), {"n": number})
    body = json.dumps(good).encode()
    match source.randrange(8):
        case 0:
            return source.randbytes(source.randrange(200))
        case 1:
            return framed(body[: source.randrange(len(body))])
        case 2:
            return framed(bytes(byte ^ (source.random() < 0.02) for byte in body))
        case 3:
            return b"Content-Length: %d\r\n\r\n%s" % (source.randrange(200), body)
        case 4:
            return frame(source.choice([[], {}, [good, 5], None, {**good, "id": []}, {**good, "jsonrpc": 2}]))
        case 5:
            return frame(notification("$/cancelRequest", {"id": source.choice([number, str(number), None, {}])}))
        case _:
            return framed(body)


@pytest.mark.parametrize("seed", range(3))
def test_ten_thousand_random_messages_are_taken_in_seconds_and_harm_nothing(seed: int, daemon: object) -> None:
    source = random.Random(seed)
    stream = b"".join(random_message(source) for _ in range(10_000))
    with Relayed() as editor, Relayed() as other:
        other.initialized()
        editor.initialized()
        began = time.monotonic()
        editor.send(stream)
        editor.send(*(request(f"after {number}", ECHO) for number in range(3)))
        editor.answer_to("after 2")
        assert time.monotonic() - began < 15
        assert "result" in other.ask(1, ECHO)
