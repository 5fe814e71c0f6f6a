"""How an approval is meant is chosen in a real Neovim: the words beside `A` say it, and `A` does it."""

from __future__ import annotations

import pytest

from tests.editors.neovim.stage import CHARGE, Stage
from tests.editors.neovim.test_floor import choose
from tests.editors.neovim.test_judging import open_review, topic

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def test_what_is_rejected_becomes_a_task_where_that_is_chosen(stage: Stage) -> None:
    topic(stage)
    nvim = open_review(stage, "branch", "topic")
    nvim.keys("x")
    nvim.sees("Why not?")
    nvim.keys("Ask the bank first<CR>")
    nvim.sees("1 rejected", "file 2/2")
    nvim.keys("a")
    nvim.sees("1 accepted", "A Land 1, leave 1 out on main")
    nvim.keys("M")
    nvim.sees("What A does", "Land 1, make a task of 1 (on main)")
    nvim.picture("54-choosing-what-approving-does")
    choose(nvim, "Land 1, make a task of 1 (on main)")
    nvim.sees("A Land 1, make a task of 1 (on main)")
    nvim.keys("A")
    nvim.sees("Landed as ")
    assert stage.shop.at("pay/charge.py").read_text() == CHARGE
    assert "token read" in stage.shop.at("pay/vault.py").read_text()
    kinds = [(task["number"], task["status"]) for task in stage.told("task", "list")["tasks"]]
    assert len(kinds) == 2, "the review, and the task made of the rest"


def test_the_words_beside_the_key_follow_what_is_decided_after_the_choice(stage: Stage) -> None:
    topic(stage)
    nvim = open_review(stage, "branch", "topic")
    nvim.keys("x")
    nvim.sees("Why not?")
    nvim.keys("no<CR>")
    nvim.sees("1 rejected", "leave 1 out")
    nvim.keys("M")
    nvim.sees("What A does")
    choose(nvim, "make a task of 1")
    nvim.sees("A Land 1, make a task of 1")
    nvim.keys("[cu")
    nvim.sees("A Land 2 on main")
