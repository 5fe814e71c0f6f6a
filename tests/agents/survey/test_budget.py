"""A survey ends within its budget, wherever the time goes, and says what it could not look at."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest

from tests.agents.survey.ground import BEFORE, HOURS, Project, changed

pytestmark = pytest.mark.timeout(120)

BUDGET_S = 12.0
ENDLESS = "while True:\n        pass"
PAIRS: dict[str, tuple[Mapping[str, str], Mapping[str, str]]] = {
    "the suite hangs": (
        BEFORE | {"tests/test_dur.py": f"def test_a():\n    {ENDLESS}\n"},
        changed(HOURS) | {"tests/test_dur.py": f"def test_a():\n    {ENDLESS}\n"},
    ),
    "no file of tests is ever imported": (
        BEFORE | {"tests/test_dur.py": f"import dur\n\n\nif dur:\n    {ENDLESS}\n"},
        changed(HOURS) | {"tests/test_dur.py": f"import dur\n\n\nif dur:\n    {ENDLESS}\n"},
    ),
    "the tests hang without the change": (
        changed(("return parse(text) * 2", ENDLESS), ("return parse(text) // 2", ENDLESS)),
        BEFORE,
    ),
    "the module is never imported without the change": (
        BEFORE | {"dur.py": BEFORE["dur.py"] + f"\n\nif UNITS:\n    {ENDLESS}\n"},
        BEFORE | {"dur.py": BEFORE["dur.py"] + "\n\nUNITS = {**UNITS}\n"},
    ),
    "every input that is tried takes for ever": (
        BEFORE,
        changed(HOURS, ("number, unit =", "while text not in ('5s', '2m', '4s'):\n        pass\n    number, unit =")),
    ),
}


@pytest.mark.parametrize(("before", "after"), PAIRS.values(), ids=PAIRS)
def test_it_ends_in_time_wherever_the_time_goes(
    before: Mapping[str, str], after: Mapping[str, str], project: Project
) -> None:
    began = time.monotonic()
    marks = project.survey(before, after, budget_s=BUDGET_S)
    assert time.monotonic() - began < BUDGET_S
    assert {name.partition(":")[0] for name in marks} == {"dur.py"}
    assert not [mark for mark in marks.values() if "parsed" in mark.why or "can't be taken back" in mark.why]
    assert project.comment.startswith("| hunks | | |")
    assert project.read("dur.py") == after["dur.py"]


def test_what_the_start_took_of_the_budget_is_counted(project: Project) -> None:
    before, after = PAIRS["the suite hangs"]
    began = time.monotonic()
    project.survey(before, after, budget_s=BUDGET_S, began_s=began - 6.0)
    assert time.monotonic() - began < BUDGET_S - 6.0


def test_a_beginning_that_can_not_be_true_is_not_believed(project: Project) -> None:
    marks = project.survey(BEFORE, changed(HOURS), budget_s=60, began_s=time.monotonic() - 1000.0)
    assert [mark.guard for mark in marks.values()] == ["unguarded"]
