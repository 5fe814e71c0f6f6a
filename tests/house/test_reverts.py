"""What looks at a survey's answers without Casework must be able to say that they are wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.reverts import Claim, Copy, look_again
from tests.agents.survey.ground import make_environment
from tests.repositories import Files, Repository

pytestmark = pytest.mark.timeout(120)

BEFORE: Files = {
    "dur.py": (
        "def hours(text):\n    return int(text[:-1]) * 60\n\n\n# one\n# two\n# three\n\n\n"
        "def half(n):\n    return n / 2\n"
    ),
    "test_dur.py": "from dur import half\n\n\ndef test_half():\n    assert half(4) == 1\n",
}
AFTER: Files = {"dur.py": str(BEFORE["dur.py"]).replace("* 60", "* 3600").replace("n / 2", "n / 4")}
TEST = """diff --git a/test_dur.py b/test_dur.py
--- a/test_dur.py
+++ b/test_dur.py
@@ -3,3 +3,8 @@ from dur import half

 def test_half():
     assert half(4) == 1
+
+
+def test_hours():
+    import dur
+    assert dur.hours("1h") == {expected}
"""


HOURS = Claim("dur.py", 1, 1, "unguarded", "none of 1 tests turned red")
HALF = Claim("dur.py", 8, 8, "guarded", "test_dur.py::test_half")
SAID = (
    "- `test_dur.py::test_hours`: `hours('1h')` gives 3600, and gives 60 without `dur.py:2`; nothing else would notice"
)


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """Give a project with two changes: nothing notices the first, a test the second."""
    made = Repository.new(tmp_path / "shop")
    made.commit("First", BEFORE)
    made.commit("Longer hours", AFTER)
    make_environment(made.path / ".venv")
    (tmp_path / "copy").mkdir()
    return Copy.make(made.path, tmp_path / "copy" / "shop", made.id("HEAD~1"), made.id("HEAD"))


def test_what_holds_is_counted(copy: Copy) -> None:
    found = look_again(copy, [HOURS, HALF], TEST.format(expected=3600).encode(), [SAID])
    assert (found.unguarded, found.guarded, found.proposed, found.wrong) == (1, 1, 1, [])


def test_a_hunk_that_a_test_notices_may_not_be_called_unguarded(copy: Copy) -> None:
    found = look_again(copy, [replace(HALF, guard="unguarded")], b"", [])
    assert found.wrong == ["dur.py:8 is called unguarded, and without it: test_dur::test_half"]


def test_a_hunk_that_its_test_does_not_notice_may_not_be_called_guarded(copy: Copy) -> None:
    found = look_again(copy, [replace(HOURS, guard="guarded", why=HALF.why)], b"", [])
    assert found.wrong == ["dur.py:1 is called guarded, and test_dur.py::test_half is green without it"]


def test_a_proposed_test_that_passes_either_way_does_not_hold(copy: Copy) -> None:
    found = look_again(copy, [HOURS], TEST.format(expected="dur.hours('1h')").encode(), [SAID])
    assert found.wrong == ["test_dur.py::test_hours does not fail without dur.py:1"]


def test_a_proposed_test_that_is_red_on_the_head_does_not_hold(copy: Copy) -> None:
    found = look_again(copy, [HOURS], TEST.format(expected=1).encode(), [SAID])
    assert found.wrong == ["test_dur.py::test_hours does not pass on the head"]


def test_a_hunk_that_git_does_not_know_is_no_claim(copy: Copy) -> None:
    with pytest.raises(ValueError, match=r"git knows no hunk of the range at dur\.py:3"):
        look_again(copy, [replace(HOURS, new_start=3)], b"", [])
