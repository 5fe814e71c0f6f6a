"""The floor: Neovim with nothing of ours but the relay as a language server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.editors.neovim.driver import Neovim
from tests.editors.neovim.stage import Stage
from tests.editors.neovim.test_judging import review, topic
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

CONFIGURE = """
vim.lsp.config('casework', { cmd = vim.json.decode([==[%s]==]), root_markers = { '.git' } })
vim.lsp.enable('casework')
vim.diagnostic.config({ virtual_text = true })
"""
ATTACHED = "return #vim.lsp.get_clients({ bufnr = 0, method = 'textDocument/codeAction' }) > 0"


def plain(stage: Stage, *arguments: str) -> Neovim:
    """Open a Neovim with the relay as a language server, and no plug-in."""
    told = stage.told("editor-config", "neovim")
    return stage.neovim(*arguments, init=CONFIGURE % json.dumps([told["command"], *told["args"]]), plugin=False)


def test_a_waiting_review_is_a_diagnostic_and_opens_as_a_file_from_a_code_action(stage: Stage) -> None:
    topic(stage)
    stage.casework("review", "branch", "topic")
    nvim = plain(stage, "pay/charge.py")
    nvim.sees("review 1 changes this")
    nvim.keys("/max(<CR>gra")
    nvim.sees("Open review 1", "Approve", "Accept this hunk")
    nvim.picture("20-floor-code-actions")
    choose(nvim, "Open review 1")
    nvim.sees("# Review 1", "Verdict:")
    nvim.picture("21-floor-review-document")
    assert review(stage)["status"] == "in_review"


def test_the_review_file_lands_the_change_when_the_human_writes_approve(stage: Stage) -> None:
    tip = topic(stage)
    stage.casework("review", "branch", "topic")
    nvim = plain(stage, "pay/charge.py")
    nvim.sees("review 1 changes this")
    nvim.keys("/max(<CR>gra")
    nvim.sees("Open review 1")
    choose(nvim, "Open review 1")
    nvim.sees("Verdict:")
    nvim.keys("gg/^Verdict:<CR>ccVerdict: approve<Esc>:w<CR>")
    nvim.sees("Type number", "Land 2 on main?")
    nvim.picture("22-floor-one-question")
    nvim.keys("1<CR>")
    wait_until(lambda: stage.shop.id("main") == tip, description="the branch has landed")
    nvim.picture("23-floor-landed")


def test_a_todo_becomes_a_task_by_code_action(stage: Stage) -> None:
    stage.shop.write({"pay/todo.py": "x = 1\n# TODO: count in cents\n"})
    nvim = plain(stage, "pay/todo.py")
    wait_until(lambda: nvim.lua(ATTACHED), description="the relay is attached")
    nvim.keys("2Ggra")
    nvim.sees("task", "count in cents")
    nvim.picture("24-floor-todo")


def choose(nvim: Neovim, label: str) -> None:
    """Type the number that stands before `label` in the list on the screen."""
    lines = [line for line in nvim.screen().splitlines() if label in line]
    number = lines[0].split(":")[0].strip()
    assert number.isdigit(), lines
    nvim.keys(f"{number}<CR>")


def test_the_printed_configuration_is_the_one_that_is_tested(stage: Stage) -> None:
    told = stage.told("editor-config", "neovim")
    assert told["args"][:2] == ["-I", "-S"]
    assert Path(told["command"]).exists()
    assert Path(told["args"][2]).name == "relay.py"
    assert "vim.lsp.enable('casework')" in told["text"]
