"""Parts of a hunk in a real Neovim: selected lines are judged alone, side by side and inline, and land alone."""

from __future__ import annotations

import pytest

from tests.editors.neovim.driver import Neovim
from tests.editors.neovim.stage import Stage
from tests.editors.neovim.test_judging import open_review, review
from tests.repositories import numbered
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

BETTER = {10: "better 10", 11: "better 11", 14: "better 14"}


def one_hunk(stage: Stage) -> Neovim:
    """Open a review of one hunk: two lines that touch, and one behind two unchanged ones."""
    stage.shop.commit("before", {"a.txt": numbered(30)})
    stage.shop.git("switch", "-qc", "better")
    stage.shop.commit("after", {"a.txt": numbered(30, but=BETTER)})
    stage.shop.git("switch", "-q", "main")
    nvim = open_review(stage, "branch", "better")
    nvim.sees("better 11", "hunk 1/1")
    return nvim


def decided(stage: Stage) -> list[tuple[int, str, str]]:
    return [
        (hunk["removed"], hunk["decision"], hunk["reason"]) for file in review(stage)["files"] for hunk in file["hunks"]
    ]


def test_selected_lines_are_accepted_or_rejected_alone_and_land_alone(stage: Stage) -> None:
    nvim = one_hunk(stage)
    nvim.keys("11GVs")
    nvim.sees("1 accepted", "hunk 3/3")
    nvim.keys("10GVx")
    nvim.sees("Why not?")
    nvim.keys("stays a ten<CR>")
    nvim.sees("1 accepted · 1 rejected", "hunk 3/3")
    nvim.picture("12-parts-of-a-hunk")
    nvim.keys("x")
    nvim.sees("Why not?")
    nvim.keys("<CR>")
    nvim.sees("2 rejected", "Land 1, leave 2 out")
    wait_until(
        lambda: decided(stage) == [(1, "rejected", "stays a ten"), (1, "accepted", ""), (1, "rejected", "")],
        description="the daemon knows",
    )
    nvim.keys("A")
    nvim.sees("Landed as ")
    assert stage.shop.at("a.txt").read_text() == numbered(30, but={11: "better 11"})


def test_a_hunk_is_split_and_put_together_with_one_key_and_inline_lines_are_judged_too(stage: Stage) -> None:
    nvim = one_hunk(stage)
    nvim.keys("&")
    nvim.sees("hunk 1/2")
    nvim.keys("&")
    nvim.sees("hunk 1/1")
    nvim.keys("i")
    nvim.sees("14    line 14", "   14 better 14")
    nvim.keys("/better 14<CR>Vs")
    nvim.sees("1 accepted", "hunk 1/2")
    wait_until(lambda: decided(stage) == [(2, "none", ""), (1, "accepted", "")], description="the daemon knows")
