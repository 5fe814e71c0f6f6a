"""What is one decision, and what can't be seen as what it is, in a real Neovim."""

from __future__ import annotations

import pytest

from tests.editors.neovim.driver import Neovim
from tests.editors.neovim.stage import CHARGE, Stage
from tests.editors.neovim.test_judging import open_review, review
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


def moved_away(stage: Stage) -> Neovim:
    """A review of one changed line, and of two files that were only renamed into another folder."""
    stage.shop.commit("more", {"old/one.txt": "one\n" * 8, "old/two.txt": "two\n" * 8})
    stage.shop.git("switch", "-qc", "topic")
    stage.shop.git("mv", "old", "new")
    stage.shop.commit("Move them", {"pay/charge.py": CHARGE.replace("amount // 50", "amount // 40")})
    stage.shop.git("switch", "-q", "main")
    return open_review(stage, "branch", "topic")


def decided(stage: Stage) -> dict[str, str]:
    """The decision on each file."""
    return {file["path"]: (file["whole"] or file["hunks"][0])["decision"] for file in review(stage)["files"]}


def test_files_that_were_only_renamed_are_read_last_and_judged_with_one_key(stage: Stage) -> None:
    nvim = moved_away(stage)
    nvim.sees("charge.py proposed", "3 left")
    nvim.keys("a")
    nvim.sees("1 accepted", "one decision  2 files renamed from old/ to new/", "2 hunks in 2 files")
    nvim.picture("55-one-decision")
    nvim.keys("a")
    nvim.sees("3 accepted", "all is judged")
    wait_until(lambda: set(decided(stage).values()) == {"accepted"}, description="the daemon knows all three")
    nvim.keys("u")
    nvim.sees("1 accepted", "2 left")


def test_what_is_one_decision_can_be_taken_apart(stage: Stage) -> None:
    nvim = moved_away(stage)
    nvim.keys("a")
    nvim.sees("1 accepted", "one decision")
    nvim.keys("=")
    nvim.sees("one by one now")
    nvim.loses("one decision")
    nvim.keys("a")
    nvim.sees("2 accepted", "1 left")
    nvim.keys("x")
    nvim.sees("Why not?")
    nvim.keys("keep its name<CR>")
    nvim.sees("2 accepted · 1 rejected")
    wait_until(
        lambda: sorted(decided(stage).values()) == ["accepted", "accepted", "rejected"],
        description="each has a decision of its own",
    )


@pytest.mark.parametrize("inline", [False, True], ids=["side by side", "inline"])
def test_a_character_that_turns_the_line_around_is_named(inline: bool, stage: Stage) -> None:
    stage.shop.git("switch", "-qc", "topic")
    turned = CHARGE.replace("return gateway.charge(token, amount)", "return gateway.charge(token, amount)  # \u202e ko")
    stage.shop.commit("Turn", {"pay/charge.py": turned})
    stage.shop.git("switch", "-q", "main")
    nvim = open_review(stage, "branch", "topic")
    if inline:
        nvim.keys("i")
        nvim.loses("charge.py now")
    nvim.sees("line 14  ", "U+202E")
    if inline:
        nvim.sees("# <202e> ko", " ! ")  # behind the line itself, where there is room
    nvim.picture(f"56-unseen-{'inline' if inline else 'side-by-side'}")
