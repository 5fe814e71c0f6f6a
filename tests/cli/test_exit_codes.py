"""The exit codes that are documented are the real ones."""

from __future__ import annotations

import re
import signal
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from casework.cli import output
from tests.cli.shell import COMMAND, casework, printed, said
from tests.repositories import ordinary
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

DOCUMENTED = {
    output.DONE: "done",
    output.REFUSED: "refused",
    output.USAGE: "usage",
    output.TROUBLE: "trouble",
    output.NOT_IN_TIME: "not in time",
    output.INTERRUPTED: "interrupted",
}


def codes_in(text: str) -> dict[int, str]:
    found = re.search(r"Exit codes: ([^.]*)\.", " ".join(text.split()))
    assert found is not None, text
    return {int(code): words for code, words in re.findall(r"(\d+) ([a-z ]+)", found[1])}


def test_help_and_page_name_every_exit_code(world: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "command-line.md"
    assert codes_in(printed(casework("--help", at=world))) == DOCUMENTED
    assert codes_in(page.read_text("utf-8")) == DOCUMENTED
    assert list(DOCUMENTED) == [0, 1, 2, 3, 4, 130]


def test_done_refused_usage_and_not_in_time_end_as_documented(world: Path) -> None:
    top = ordinary(world / "shop").path
    assert said(casework("task", "add", "Something", at=top)) == (0, "task 1 is in the backlog: Something", "")
    assert said(casework("task", "stop", "1", at=top)) == (
        1,
        "",
        "Task 1 can't be stopped: it is backlog, and nothing was changed; you can start or drop it.",
    )
    code, out, err = said(casework("task", "stop", "one", at=top))
    assert (code, out) == (2, "")
    assert "Error: Invalid value for 'number': Input should be a valid integer" in err
    assert said(casework("wait", "1", "--for", "landed", "--timeout", "0.1", at=top)) == (
        4,
        "",
        "Task 1 is backlog and did not become landed within 0.1 s.",
    )


def test_where_no_daemon_can_start_it_is_trouble(world: Path) -> None:
    (world / "file").touch()
    code, out, err = said(casework("task", "list", at=world, XDG_STATE_HOME=str(world / "file")))
    assert (code, out) == (3, "")
    assert err == (
        f"Casework can not write its state directory {world}/file/casework (Not a directory), so nothing could be "
        "kept. Make it writable, or set XDG_STATE_HOME to a folder of your own."
    )


def test_trouble_of_the_daemon_is_trouble_in_the_shell(world: Path) -> None:
    top = ordinary(world / "shop").path
    printed(casework("task", "add", "Something", at=top))
    printed(casework("daemon", "stop", at=top))
    (journal,) = (world / "state" / "casework" / "repositories").glob("*/journal.sqlite3")
    with closing(sqlite3.connect(journal, isolation_level=None)) as connection:
        connection.execute("UPDATE meta SET value = value + 1 WHERE name = 'format'")
    assert casework("task", "add", "Another thing", at=top).returncode == 3


def test_ctrl_c_interrupts_and_says_that_the_daemon_goes_on(world: Path) -> None:
    top = ordinary(world / "shop").path
    printed(casework("task", "add", "Something", at=top))
    waiting = subprocess.Popen(
        [COMMAND, "wait", "1", "--for", "landed"], cwd=top, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    wait_until(
        lambda: f"({waiting.pid})" in casework("daemon", "status", at=top).stdout, description="it waits at the daemon"
    )
    waiting.send_signal(signal.SIGINT)
    _, err = waiting.communicate(timeout=20)
    assert (waiting.returncode, err) == (130, "Interrupted; what was begun in the daemon goes on.\n")
