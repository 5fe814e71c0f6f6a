"""The daemon dies, editors come and go: the client holds nothing, and nothing is lost."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.editors.neovim.stage import Stage
from tests.editors.neovim.test_judging import decisions, open_review, review, topic
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def test_after_the_daemon_was_killed_the_same_review_goes_on(stage: Stage) -> None:
    topic(stage)
    nvim = open_review(stage, "branch", "topic")
    nvim.keys("a")
    nvim.sees("1 accepted")
    first = stage.daemon()
    stage.kill_daemon()
    nvim.keys("a")
    wait_until(lambda: accepted(stage) == 2, description="both decisions are known")
    assert stage.daemon() != first
    assert "Press ENTER" not in nvim.screen()
    nvim.sees("2 accepted")


def test_what_was_asked_while_no_daemon_ran_is_done_once(stage: Stage) -> None:
    nvim = stage.neovim("README.md")
    nvim.keys(":Casework<CR>")
    nvim.sees("NEEDS YOU")
    stage.kill_daemon()
    nvim.keys(":Casework task add Say it once<CR>")
    nvim.sees("◇ 1  Say it once")
    assert [task["title"] for task in stage.told("task", "list")["tasks"]] == ["Say it once"]


def test_another_editor_shows_everything_as_it_was(stage: Stage) -> None:
    topic(stage)
    with open_review(stage, "branch", "topic") as nvim:
        nvim.keys("x")
        nvim.sees("Why not?")
        nvim.keys("too much<CR>")
        nvim.sees("1 rejected")
    other = stage.neovim("README.md")
    other.keys("]v")
    other.sees("1 rejected", "Review 1")
    other.keys("[c")
    other.sees("✗ rejected", "rejected  too much")


def test_letters_wait_a_moment_in_a_review_that_came_up_late(stage: Stage) -> None:
    topic(stage)
    stage.casework("review", "branch", "topic")
    nvim = stage.neovim("README.md")
    nvim.keys(":Casework<CR>")
    nvim.sees("● 1")
    daemon = stage.daemon()
    os.kill(daemon, signal.SIGSTOP)
    asked = time.monotonic()
    nvim.keys("]v")
    wait_until(lambda: time.monotonic() > asked + 0.6, description="the answer is late")
    nvim.lua(TYPE_AS_IT_COMES_UP)
    os.kill(daemon, signal.SIGCONT)
    nvim.sees("proposed", "Review 1")
    nvim.sees("typed at once")
    assert decisions(stage) == {"none"}
    nvim.keys("a")
    nvim.sees("1 accepted")


TYPE_AS_IT_COMES_UP = """
vim.api.nvim_create_autocmd('BufEnter', { pattern = 'casework://1/head/*', once = true, callback = function()
  vim.api.nvim_input('a')
  vim.defer_fn(function() print('typed at once') end, 450)
end })
"""


def test_nothing_comes_up_while_somebody_types(stage: Stage) -> None:
    topic(stage)
    stage.casework("review", "branch", "topic")
    nvim = stage.neovim("README.md")
    nvim.keys(":Casework<CR>")
    nvim.sees("● 1")
    nvim.keys("q")
    daemon = stage.daemon()
    os.kill(daemon, signal.SIGSTOP)
    asked = time.monotonic()
    nvim.keys("]v")
    wait_until(lambda: time.monotonic() > asked + 0.6, description="the answer is late")
    nvim.keys("oI am writing")
    nvim.sees("I am writing")
    os.kill(daemon, signal.SIGCONT)
    nvim.sees("review 1 is ready")
    nvim.keys(" on")
    nvim.sees("I am writing on")
    assert review(stage)["status"] == "in_review"


def accepted(stage: Stage) -> int:
    """How many hunks are accepted."""
    return int(review(stage)["accepted"])
