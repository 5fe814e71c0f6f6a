"""What a survey says of small projects: real pytest in a real environment, without the daemon."""

from __future__ import annotations

import pytest

from casework.domain.errors import Refused
from casework.domain.survey import HunkMark
from tests.agents.survey.ground import BEFORE, DOUBLE, HALF, HOURS, Project, changed

pytestmark = pytest.mark.timeout(120)


def guards(marks: dict[str, HunkMark]) -> dict[str, str]:
    return {name: mark.guard for name, mark in sorted(marks.items())}


def test_what_nothing_guards_is_told_apart_and_gets_a_test_where_a_witness_is_found(project: Project) -> None:
    after = changed(HOURS, HALF, ("parse(text) * 2", "parse(text) * 4"))
    after["tests/test_dur.py"] = after["tests/test_dur.py"].replace("== 240", "== 480")
    after["README.md"] = "Read me.\n"
    marks = project.survey(BEFORE, after)
    assert guards(marks) == {
        "README.md:1": "not_looked_at",
        "dur.py:12": "guarded",
        "dur.py:16": "unguarded",
        "dur.py:7": "unguarded",
        "tests/test_dur.py:9": "not_looked_at",
    }
    assert marks["dur.py:12"].why == "tests/test_dur.py::test_double"
    assert project.read("tests/test_dur.py").endswith(
        'def test_half():\n    assert half("4s") == 2\n\n\ndef test_parse_1h():\n    assert parse("1h") == 3600\n'
    )
    assert project.comment.count("`tests/test_dur.py::test_") == 1
    assert "| guarded | 1 |" in project.comment
    assert project.read("dur.py") == after["dur.py"], "what is measured is measured in copies"


def test_a_test_with_parameters_guards_as_any_other(project: Project) -> None:
    test = (
        "import pytest\nfrom dur import parse\n\n\n@pytest.mark.parametrize('text', ['1h', '2h'])\n"
        "def test_hours(text):\n    assert parse(text) % 3600 == 0\n"
    )
    before = {**BEFORE, "tests/test_more.py": test}
    marks = project.survey(before, {**changed(HOURS), "tests/test_more.py": test})
    assert [(mark.guard, mark.why) for mark in marks.values()] == [("guarded", "tests/test_more.py::test_hours[1h]")]


def test_nothing_unguarded_ends_well_with_the_table(project: Project) -> None:
    after = changed(("parse(text) * 2", "parse(text) * 4"))
    after["tests/test_dur.py"] = after["tests/test_dur.py"].replace("== 240", "== 480")
    assert guards(project.survey(BEFORE, after))["dur.py:12"] == "guarded"
    assert "Nothing was found unguarded." in project.comment
    assert project.read("tests/test_dur.py") == after["tests/test_dur.py"]


def test_a_change_without_a_difference_is_unguarded_and_proposes_nothing(project: Project) -> None:
    marks = project.survey(BEFORE, changed(DOUBLE))
    assert guards(marks) == {"dur.py:12": "unguarded"}
    assert project.read("tests/test_dur.py") == BEFORE["tests/test_dur.py"]


def test_a_suite_that_is_red_is_worked_with_as_far_as_it_is_green(project: Project) -> None:
    after = changed(("parse(text) * 2", "parse(text) * 4"))  # test_double is red on the head
    assert guards(project.survey(BEFORE, after)) == {"dur.py:12": "unguarded"}
    assert "Left out, since red on the head (1): tests/test_dur.py::test_double" in project.comment


def test_a_hunk_without_which_the_tests_hang_is_said_and_not_counted(project: Project) -> None:
    before = {
        **BEFORE,
        "dur.py": BEFORE["dur.py"].replace("    return parse(text) * 2", "    while True:\n        pass"),
    }
    marks = project.survey(before, BEFORE, budget_s=20)
    assert [mark.guard for mark in marks.values()] == ["not_looked_at"]
    assert {mark.why for mark in marks.values()} <= {"without it the tests hang", "the budget was spent"}


def test_a_suite_that_hangs_is_ended_and_said(project: Project) -> None:
    after = {**changed(HOURS), "tests/test_dur.py": "import time\n\n\ndef test_a():\n    time.sleep(1000)\n"}
    marks = project.survey({**BEFORE, "tests/test_dur.py": after["tests/test_dur.py"]}, after, budget_s=6)
    assert [(mark.guard, mark.why) for mark in marks.values()] == [("not_looked_at", "no test could be run")]
    assert "No test could be run on the head" in project.comment


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b"x = 1\n", b"x = = 2\n", "not Python that can be parsed"),
        (b"x = = 1\n", b"x = 2\n", "can't be taken back alone"),
        (b"x = 1\n", b"x = '\xe9'\n", "not text in the encoding it names"),
        (b"x = 1\n", b"x = 2\n" * 200_000, "larger than 1 MiB"),
    ],
)
def test_what_can_not_be_read_is_left_out_with_its_reason(project: Project, old: bytes, new: bytes, why: str) -> None:
    marks = project.survey({**BEFORE, "odd.py": old}, {**BEFORE, "odd.py": new})
    assert {(mark.guard, mark.why) for mark in marks.values()} == {("not_looked_at", why)}


def test_a_name_that_is_no_module_is_left_out(project: Project) -> None:
    name = "a b-c.py"
    marks = project.survey({**BEFORE, name: "x = 1\n"}, {**BEFORE, name: "x = 2\n"})
    assert [mark.why for mark in marks.values()] == ["no module that could be imported by name"]


def test_a_hunk_that_others_need_is_said_and_not_counted(project: Project) -> None:
    before = {**BEFORE, "dur.py": BEFORE["dur.py"].replace('UNITS = {"s": 1, "m": 60}\n', "")}
    after = {**before, "dur.py": 'UNITS = {"s": 1, "m": 60}\nMORE = UNITS["s"]\n' + before["dur.py"]}
    half = {**before, "dur.py": 'MORE = UNITS["s"]\n' + before["dur.py"]}
    marks = project.survey(half, after)
    assert [(mark.guard, mark.why) for mark in marks.values()] == [
        ("not_looked_at", "without it its module can't be imported")
    ]


def test_without_pytest_there_is_a_sentence(project: Project) -> None:
    project.python = "/usr/bin/false"
    with pytest.raises(Refused, match="could not be started as a Python"):
        project.survey(BEFORE, changed(HOURS))


def test_what_was_measured_before_is_not_measured_again(project: Project) -> None:
    known = HunkMark(hunk="dur.py:7", guard="guarded", why="tests/test_dur.py::test_gone")  # type: ignore[arg-type]
    assert project.survey(BEFORE, changed(HOURS), known=(known,)) == {"dur.py:7": known}
    assert "| guarded | 1 |" in project.comment


def test_a_stopped_survey_leaves_nothing_running_and_nothing_behind(project: Project) -> None:
    class Enough(Exception):
        """Nobody waits any more."""

    def watch() -> None:
        raise Enough

    with pytest.raises(Enough):
        project.survey(BEFORE, changed(HOURS), watch=watch)
    assert project.read("dur.py") == changed(HOURS)["dur.py"]


def test_a_version_that_a_build_wrote_is_there_while_the_tests_run_and_not_in_the_worktree(project: Project) -> None:
    package = {
        "pyproject.toml": BEFORE["pyproject.toml"],
        "dur/__init__.py": "from dur._version import version\n",
        "dur/parse.py": BEFORE["dur.py"],
        "tests/test_dur.py": BEFORE["tests/test_dur.py"].replace("from dur import", "from dur.parse import"),
    }
    before = package | {"dur/parse.py": package["dur/parse.py"].replace("text[:-1], text[-1]", "text[:-2], text[-1]")}
    written = {"dur/_version.py": b"version = '1.0'\n", "gone/_version.py": b"", "dur/parse.py": b"1 / 0\n"}
    marks = project.survey(before, package, written=written)
    assert [(mark.guard, mark.why) for mark in marks.values()] == [("guarded", "tests/test_dur.py::test_seconds")]
    assert sorted(path.name for path in (project.path / "dur").iterdir()) == ["__init__.py", "parse.py"]
