"""`casework survey`: real git, real pytest, the real daemon and a real box."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.agents.survey.ground import BEFORE, HOURS, changed, make_environment
from tests.cli.shell import Json, casework, printed, said
from tests.repositories import Files, Repository
from tests.sandbox.machine import bubblewrap

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


def shop(path: Path, after: dict[str, str]) -> Repository:
    """A repository with one commit and one more, an environment beside the sources."""
    made = Repository.new(path)
    first: Files = dict(BEFORE.items())
    made.commit("First", {**first, ".gitignore": ".venv/\n__pycache__/\n"})
    made.commit('Let "1h" be an hour', dict(after.items()))
    make_environment(path / ".venv")
    return made


def survey(repository: Repository, *words: str) -> Json:
    found: Json = json.loads(printed(casework("survey", *words, "--json", at=repository.path)))
    return found


@pytest.fixture
def box() -> None:
    """Skip where nothing confines."""
    bubblewrap()


@pytest.mark.usefixtures("box")
def test_one_planted_change_is_found_and_its_test_lands(world: Path) -> None:
    after = changed(HOURS, ("parse(text) // 2", "parse(text) // 4"))
    after["tests/test_dur.py"] = after["tests/test_dur.py"].replace("== 2\n", "== 1\n")
    repository = shop(world / "shop", after)
    before = repository.picture()
    found = survey(repository, "HEAD~1..HEAD", "--trust", "--budget", "120")
    assert (found["unguarded"], found["status"], found["tests"]) == (1, "in_review", 1)
    number = str(found["number"])
    diff = printed(casework("review", "diff", number, at=repository.path))
    assert [line for line in diff.splitlines() if line.startswith(("+", "-"))] == [
        "--- a/tests/test_dur.py",
        "+++ b/tests/test_dur.py",
        "+",
        "+",
        "+def test_parse_1h():",
        '+    assert parse("1h") == 3600',
    ]
    assert repository.picture() == before
    view = json.loads(printed(casework("review", "range", "HEAD~1..HEAD", "--json", at=repository.path)))
    marks = {(file["path"], hunk["guard"]) for file in view["files"] for hunk in file["hunks"]}
    assert marks == {("dur.py", "unguarded"), ("dur.py", "guarded"), ("tests/test_dur.py", "not_looked_at")}
    assert "unguarded: none of 3 tests turned red" in printed(casework("review", "show", "2", at=repository.path))
    document = printed(casework("review", "open", "2", at=repository.path)).strip()
    assert "\n- unguarded: none of 3 tests turned red\n" in Path(document).read_text("utf-8")
    assert survey(repository, "HEAD~1..HEAD")["number"] == found["number"], "what waits for a verdict is not made twice"


@pytest.mark.usefixtures("box")
def test_its_twin_without_ends_well_with_the_table(world: Path) -> None:
    after = changed(("parse(text) * 2", "parse(text) * 4"))
    after["tests/test_dur.py"] = after["tests/test_dur.py"].replace("== 240", "== 480")
    repository = shop(world / "shop", after)
    found = survey(repository, "HEAD~1..HEAD", "--trust", "--budget", "120")
    assert (found["guarded"], found["unguarded"], found["status"], found["tests"]) == (1, 0, "read", 0)
    assert "Nothing was found unguarded." in found["comment"]
    shown = json.loads(printed(casework("task", "show", str(found["number"]), "--json", at=repository.path)))
    assert shown["comment"] == found["comment"]


def test_nothing_is_run_before_the_repository_is_trusted(world: Path) -> None:
    planted = {"conftest.py": f"open({str(world / 'ran')!r}, 'w')\n"}
    repository = shop(world / "shop", {**changed(HOURS), **planted})
    assert said(casework("survey", at=repository.path)) == (
        1,
        "",
        (
            "A survey runs the project's tests, and the repository is not trusted, so nothing was run. "
            "`casework trust` says so once; `casework survey --trust` does both."
        ),
    )
    assert "not given, so nothing of it was run" in printed(casework("try", at=repository.path))
    assert not (world / "ran").exists()


@pytest.mark.usefixtures("box")
def test_a_suite_that_wants_out_reaches_nothing_and_the_survey_says_what_it_could_see(world: Path) -> None:
    hostile = (
        "import pathlib, socket\n\n\ndef test_out():\n"
        f"    pathlib.Path({str(world / 'ran')!r}).write_text('x')\n\n\n"
        "def test_network():\n    socket.create_connection(('127.0.0.1', 9), timeout=1)\n"
    )
    repository = shop(world / "shop", {**changed(HOURS), "tests/test_out.py": hostile})
    found = survey(repository, "HEAD~1..HEAD", "--trust", "--budget", "120")
    assert found["unguarded"] == 1
    assert "Left out, since red on the head (1): tests/test_out.py::test_network" in found["comment"]
    assert not (world / "ran").exists()
    assert repository.git("status", "--porcelain") == b""


@pytest.mark.usefixtures("box")
def test_without_pytest_it_says_so_and_what_to_do(world: Path) -> None:
    repository = shop(world / "shop", changed(HOURS))
    for package in (repository.path / ".venv").glob("lib/python3*/site-packages/pytest"):
        package.unlink()
    found = survey(repository, "HEAD~1..HEAD", "--trust")
    assert found["status"] == "failed"
    assert found["reason"].startswith("There is no pytest in ")
