"""`casework doctor`, `daemon`, `trust`, `journal` and `purge`, as somebody types them."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from casework.cli.output import DONE, REFUSED
from tests.repositories import Program, Repository, ordinary, unborn

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def casework(*words: str, at: Path, ends: int | None = DONE) -> str:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("casework")), *words],
        cwd=at,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert ends in (None, done.returncode), f"{words} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(autouse=True)
def daemon_ends(world: Path) -> Iterator[None]:
    """End the daemon of this world."""
    yield
    casework("daemon", "stop", "--force", at=world)


@pytest.fixture
def shop(world: Path) -> Repository:
    """An ordinary repository; its commits' author is known to git."""
    return ordinary(world / "shop")


def answer_of(*words: str, at: Path, ends: int | None = DONE) -> Any:
    """Give the JSON on standard output; a warning may stand behind it, which went to the other one."""
    return json.JSONDecoder().raw_decode(casework(*words, "--json", at=at, ends=ends))[0]


def findings(at: Path, *, ends: int = DONE) -> dict[str, dict[str, Any]]:
    answer = answer_of("doctor", at=at, ends=ends)
    assert answer["ok"] == (ends == DONE)
    return {one["what"]: one for one in answer["findings"]}


def test_outside_a_repository_the_doctor_looks_at_casework_alone_and_starts_nothing(world: Path) -> None:
    assert list(findings(world)) == ["casework", "git", "state", "settings", "socket", "daemon"]
    assert casework("daemon", "status", at=world) == "No daemon runs; the next command or editor starts one.\n"


def test_in_a_repository_it_tells_what_a_landing_will_meet(shop: Repository) -> None:
    found = findings(shop.path)
    assert found["repository"]["sentence"] == f"{shop.path}, on main"
    assert found["identity"]["sentence"] == "git knows your name and mail address"
    assert found["trust"]["sentence"] == "not trusted, so no test and no check of it is run: casework trust"
    assert found["shape"]["sentence"] == "sha1, index version 2"
    assert found["journal"]["sentence"] == "0 rows, each follows from the one before"
    assert found["leftovers"]["sentence"] == "nothing to clear away"


def test_every_trouble_comes_with_what_mends_it(shop: Repository) -> None:
    shop.git("config", "--unset", "user.email")
    shop.git("bisect", "start")
    text = casework("doctor", at=shop.path, ends=REFUSED)
    assert "!!  identity    user.email not found, without which no commit can be made.\n" in text
    assert '   mend identity: git config --global user.email "..."\n' in text
    assert "!!  operation   A bisect is under way: until it is over, a review can land only as a new branch.\n" in text
    assert "   mend operation: git status says how to finish or abort it\n" in text


def test_a_repository_without_a_commit_is_told(world: Path) -> None:
    nothing_yet = unborn(world / "unborn")
    found = findings(nothing_yet.path, ends=REFUSED)
    assert found["repository"]["sentence"] == (
        f"{nothing_yet.path} has no commit yet, so nothing can be reviewed or landed."
    )


def test_programs_of_a_repository_are_named_as_not_run_until_it_is_trusted(shop: Repository) -> None:
    shop.git("config", "filter.lfs.clean", "git-lfs clean -- %f")
    shop.write({".git/hooks/pre-commit": Program("#!/bin/sh\nexit 1\n")})
    assert findings(shop.path)["trust"]["sentence"] == "not run: not trusted: filter lfs, hook pre-commit"
    casework("trust", "--trust", at=shop.path)
    assert findings(shop.path)["trust"]["sentence"] == "trusted; git's programs here: filter lfs, hook pre-commit"


def test_signed_commits_need_trust_and_the_doctor_says_so(shop: Repository) -> None:
    shop.git("config", "commit.gpgSign", "true")
    found = findings(shop.path, ends=REFUSED)["trust"]
    assert found["sentence"] == (
        "not run: not trusted: signing; commits are to be signed, so none can be made before you trust it"
    )
    assert found["mend"] == "casework trust"


def test_a_linked_worktree_is_told_as_itself(shop: Repository, world: Path) -> None:
    shop.git("worktree", "add", "-q", "-b", "other", str(world / "linked"))
    assert findings(world / "linked")["repository"]["sentence"] == f"{world / 'linked'}, on other"


def test_a_repository_that_was_moved_under_the_daemon_is_found_again(shop: Repository, world: Path) -> None:
    findings(shop.path)
    shop.path.rename(world / "moved")
    answer = answer_of("doctor", at=world / "moved", ends=None)
    if not answer["ok"]:
        (found,) = (one for one in answer["findings"] if one["what"] == "repository")
        assert found["mend"] == "casework daemon stop, and ask again"
    casework("daemon", "stop", at=world)
    assert findings(world / "moved")["repository"]["sentence"] == f"{world / 'moved'}, on main"


def test_a_settings_file_with_a_mistake_is_named_with_its_place(world: Path) -> None:
    folder = Path(os.environ["XDG_CONFIG_HOME"]) / "casework"
    folder.mkdir()
    (folder / "settings.toml").write_text("runs_at_once = 0\n")
    found = findings(world, ends=REFUSED)["settings"]
    assert found["sentence"].startswith(f"{folder / 'settings.toml'} says what can't be (runs_at_once: ")
    assert found["mend"] == f"edit {folder / 'settings.toml'}, or remove it"


def test_a_journal_that_something_else_changed_is_named(shop: Repository) -> None:
    for n in range(3):
        casework("task", "add", f"Task {n}", at=shop.path)
    (journal,) = Path(os.environ["XDG_STATE_HOME"]).glob("casework/repositories/*/journal.sqlite3")
    with closing(sqlite3.connect(journal)) as connection:
        connection.execute("UPDATE events SET at = at + 1 WHERE seq = 1")
        connection.commit()
    found = findings(shop.path, ends=REFUSED)["journal"]
    assert found["sentence"] == (
        f"The journal {journal} was changed by something else than Casework, at or before row 2."
    )
    assert found["mend"].startswith("casework daemon stop")


def test_a_folder_that_a_landing_left_is_told(shop: Repository) -> None:
    findings(shop.path)
    (shop.path / ".git/casework/left-1.0a0b0c0d").mkdir(mode=0o700)
    found = findings(shop.path, ends=REFUSED)["landings"]
    assert found["sentence"] == "1 folder of landings that are over could not be cleared away."
    casework("daemon", "stop", at=shop.path)
    assert "landings" not in findings(shop.path)


def test_a_report_holds_no_secret(shop: Repository, world: Path) -> None:
    secrets = ("hunter2hunter2!", "ghp_0123456789abcdefghijABCDEFGHIJ012345", "S3cr3t-in-the-log")
    shop.git("remote", "add", "origin", f"https://ada:{secrets[0]}@example.org/shop.git")
    settings = Path(os.environ["XDG_CONFIG_HOME"]) / "casework/settings.toml"
    settings.parent.mkdir()
    settings.write_text(f'default_agent = "scripted"\n# token = "{secrets[1]}"\n')
    log = Path(os.environ["XDG_STATE_HOME"]) / "casework/log/daemon.log"
    log.parent.mkdir(parents=True, mode=0o700)
    log.write_text(f'2026-01-01 INFO x: {{"password": "{secrets[2]}"}}\n')
    (log.parent / "crash.log").write_text(f"token={secrets[1]}\n")
    report = world / "report.json"
    casework("doctor", "--bundle", str(report), at=shop.path)
    text = report.read_text()
    assert [secret for secret in secrets if secret in text] == []
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    found = json.loads(text)
    assert found["ok"] is True
    assert found["settings"].startswith('default_agent = "scripted"\n')
    assert found["log"][0].startswith("2026-01-01 INFO x: ")
    assert {
        "what": "remote",
        "ok": True,
        "sentence": "origin: https://[redacted]@example.org/shop.git",
        "mend": "",
    } in (found["findings"])


def test_a_report_overwrites_nothing(world: Path) -> None:
    report = world / "report.json"
    report.write_text("mine")
    link = world / "link.json"
    link.symlink_to(world / "elsewhere")
    for file in (report, link):
        assert casework("doctor", "--bundle", str(file), at=world, ends=REFUSED) == (
            f"{file} exists already, so no report was written; name a new file.\n"
        )
    assert report.read_text() == "mine"
    assert not (world / "elsewhere").exists()


def test_a_report_that_can_not_be_written_is_said(world: Path) -> None:
    file = world / "missing/report.json"
    assert casework("doctor", "--bundle", str(file), at=world, ends=3) == (
        f"The report can't be written to {file}: No such file or directory.\n"
    )


def test_a_daemon_is_started_told_and_stopped(shop: Repository) -> None:
    casework("task", "list", at=shop.path)
    assert answer_of("daemon", "status", at=shop.path)["running"] is True
    assert casework("daemon", "stop", at=shop.path) == (
        "The daemon is stopped; nothing that it acknowledged is lost.\n"
    )
    assert casework("daemon", "stop", at=shop.path) == "No daemon runs.\n"
    assert "INFO" in casework("daemon", "log", at=shop.path)


def test_trust_needs_a_terminal_or_a_word(shop: Repository) -> None:
    assert casework("trust", at=shop.path, ends=REFUSED) == (
        "Trust is given on a terminal, or with `casework trust --trust` in a script.\n"
    )
    assert answer_of("trust", "--show", at=shop.path)["trusted"] is False
    casework("trust", "--trust", at=shop.path)
    assert answer_of("trust", "--show", at=shop.path)["trusted"] is True
    casework("trust", "--revoke", at=shop.path)
    assert answer_of("trust", "--show", at=shop.path)["trusted"] is False


def test_the_journal_is_printed_in_order_and_of_one_task_alone(shop: Repository) -> None:
    for title in ("One", "Two"):
        casework("task", "add", title, at=shop.path)
    rows = answer_of("journal", at=shop.path)["rows"]
    assert [(row["seq"], row["kind"], row["task"]) for row in rows] == [(1, "task.added", 1), (2, "task.added", 2)]
    (only,) = answer_of("journal", "--task", "2", at=shop.path)["rows"]
    assert only["seq"] == 2


def test_purge_shows_first_and_keeps_unlanded_work_until_it_is_named(shop: Repository) -> None:
    assert casework("purge", at=shop.path) == "Nothing to clear away.\n"
    shop.git("switch", "-q", "-c", "side")
    shop.commit("side", {"side.txt": "side\n"})
    shop.git("switch", "-q", "main")
    casework("review", "branch", "side", at=shop.path)
    shop.git("branch", "-q", "-D", "side")
    casework("task", "drop", "1", at=shop.path)
    shown = answer_of("purge", at=shop.path)["leftovers"]
    assert shown
    assert {(one["unlanded"], one["removed"]) for one in shown} == {(True, False)}
    kept = answer_of("purge", "--apply", at=shop.path)["leftovers"]
    assert kept == shown
    names = [word for one in shown for word in ("--unlanded", one["name"])]
    gone = answer_of("purge", "--apply", *names, at=shop.path)["leftovers"]
    assert {one["removed"] for one in gone} == {True}
    assert casework("purge", at=shop.path) == "Nothing to clear away.\n"
