"""The daemon's log and crash log: rotated, private, redacted, and there when they are needed."""

from __future__ import annotations

import logging
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from casework.daemon import logs
from tests.daemon.relayed import ROOT, Relayed, initialize, log_text, tiny_daemon


@pytest.fixture
def kept_logging() -> Iterator[None]:
    """The process's logging as it was."""
    root = logging.getLogger()
    handlers, level, raising = root.handlers[:], root.level, logging.raiseExceptions
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:], logging.raiseExceptions = handlers, raising
    root.setLevel(level)
    logs.set_redaction(str)


@pytest.mark.usefixtures("kept_logging")
def test_every_line_is_redacted_with_its_arguments_and_its_traceback(tmp_path: Path) -> None:
    path = logs.configure_logs(tmp_path)
    logs.set_redaction(lambda text: re.sub(r"hunter\d", "***", text))
    log = logging.getLogger("casework.tests")
    log.info("the token is %s", "hunter2")
    try:
        raise ValueError("hunter3")
    except ValueError:
        log.exception("it failed")
    written = path.read_text()
    assert "the token is ***" in written
    assert "ValueError: ***" in written
    assert "hunter" not in written


@pytest.mark.usefixtures("kept_logging")
def test_the_log_is_rotated_and_bounded(tmp_path: Path) -> None:
    path = logs.configure_logs(tmp_path)
    line = "x" * 100_000
    for _ in range(150):
        logging.getLogger("casework.tests").info("%s", line)
    kept = sorted(tmp_path.iterdir())
    assert [file.name for file in kept] == ["daemon.log", *(f"daemon.log.{number}" for number in range(1, 5))]
    assert sum(file.stat().st_size for file in kept) < 11 * 1024 * 1024
    assert path.stat().st_size > 0


@pytest.mark.usefixtures("kept_logging")
def test_the_chatter_of_pygls_which_holds_every_message_stays_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASEWORK_LOG", "debug")
    path = logs.configure_logs(tmp_path)
    logging.getLogger("pygls.protocol.json_rpc").info("Sending data: secret")
    logging.getLogger("casework.tests").debug("shown")
    assert "secret" not in path.read_text()
    assert "shown" in path.read_text()


@pytest.mark.e2e
def test_text_of_documents_is_in_no_log(world: Path) -> None:
    with tiny_daemon(), Relayed() as editor:
        editor.initialized()
        opened = {"uri": "file:///a", "languageId": "x", "version": 1, "text": "private text"}
        editor.send({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": opened}})
        editor.send(
            {"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": {"text": "private text"}}}
        )
        editor.ask(1, "casework/tiny/bug", {"text": "private text"})
    assert "private text" not in log_text()
    assert "incident" in log_text()


@pytest.mark.e2e
def test_a_daemon_that_fails_by_its_own_mistake_says_where_the_details_are(world: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.daemon.tiny_daemon", "--crash"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    crash_log = world / "state" / "casework" / "log" / "crash.log"
    assert done.returncode == 70
    assert done.stderr == (
        "The Casework daemon failed through a mistake of its own, so no editor can attach. "
        f"{crash_log} has the details; `casework doctor` looks for what is missing.\n"
    )
    assert "RuntimeError: token=hunter2" in crash_log.read_text()
    assert stat.S_IMODE(crash_log.stat().st_mode) == 0o600
    with tiny_daemon(), Relayed() as editor:
        assert "result" in editor.ask(1, "initialize", initialize())
