"""Tasks in a real Neovim: from lines of code, from a question, and what is said when something is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.editors.neovim.stage import Stage
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def test_a_task_about_selected_lines_knows_the_lines(stage: Stage) -> None:
    nvim = stage.neovim("pay/vault.py")
    nvim.sees("def get")
    nvim.keys("/log.debug<CR>Vj:Casework task add Do not log tokens<CR>")
    nvim.sees("task 1 is in the backlog")
    anchor = stage.told("task", "show", "1")["card"]["anchor"]
    assert (anchor["path"], anchor["line"], anchor["end_line"]) == ("pay/vault.py", 10, 11)
    assert anchor["snippet"] == '    log.debug("token %s", token)\n    return token'


def test_a_question_is_answered_with_one_key(stage: Stage) -> None:
    script = stage.script(
        [
            {
                "do": "ask",
                "text": "May I install undici 7?",
                "why": "The lock file names a version with an advisory.",
                "choices": ["yes", "no"],
            },
            {"do": "write", "path": "answer.txt", "content": "{answer}\n", "use_answer": True},
        ]
    )
    nvim = stage.neovim("README.md")
    nvim.keys(":Casework task add Upgrade the client<CR>")
    nvim.sees("task 1 is in the backlog")
    nvim.keys(f":Casework task start 1 {script}<CR>:Casework<CR>")
    nvim.sees("? 1  Upgrade the client", "asks: May I install undici 7?")
    nvim.keys("<CR>")
    nvim.sees("because", "y  yes", "n  no", "e  answer in your own words")
    nvim.picture("14-a-question")
    nvim.keys("y")
    nvim.sees("● 1  Upgrade the client", timeout_s=40)
    nvim.keys("]v")
    nvim.sees("answer.txt", "yes", "Review 1")


def test_what_is_not_possible_now_is_said_and_not_done(stage: Stage) -> None:
    nvim = stage.neovim("README.md")
    nvim.keys(":Casework task add Later<CR>")
    nvim.sees("task 1 is in the backlog")
    nvim.keys(":Casework<CR>")
    nvim.sees("◇ 1  Later")
    nvim.keys("X")
    nvim.sees("1 is backlog: it can not be stopped now.")
    nvim.keys(":Casework task stop 1 enough<CR>")
    nvim.sees("Task 1")
    assert stage.told("task", "show", "1")["card"]["status"] == "backlog"


def test_a_dropped_task_leaves_the_board_and_comes_back(stage: Stage) -> None:
    nvim = stage.neovim("README.md")
    nvim.keys(":Casework task add Later<CR>")
    nvim.sees("task 1 is in the backlog")
    nvim.keys(":Casework<CR>")
    nvim.sees("◇ 1  Later")
    nvim.keys("D")
    nvim.sees("Drop 1, why?")
    nvim.keys("not worth it<CR>")
    nvim.loses("◇ 1  Later")
    nvim.keys(":Casework task restore 1<CR>")
    nvim.sees("◇ 1  Later")


def test_without_the_program_the_one_command_that_installs_it_is_said(stage: Stage) -> None:
    nvim = stage.neovim("README.md", init="vim.g.casework = nil vim.env.PATH = '/usr/bin:/bin'")
    nvim.keys(":Casework<CR>")
    nvim.sees("`uv tool install", "`pipx install")
    nvim.picture("15-not-installed")


def test_outside_a_repository_it_says_what_to_open(stage: Stage, tmp_path: Path) -> None:
    nvim = stage.neovim()
    nvim.keys(f":cd {tmp_path}<CR>:Casework<CR>")
    nvim.sees("this is no git repository")


def test_the_health_check_finds_everything_in_order(stage: Stage) -> None:
    nvim = stage.neovim("README.md")
    nvim.keys(":Casework<CR>")
    nvim.sees("NEEDS YOU")
    nvim.keys(":checkhealth casework<CR>")
    screen = nvim.sees("the relay is started as", "connected, 0 things need you")
    assert "ERROR" not in screen
    assert "WARNING" not in screen
    nvim.picture("16-health")


def test_a_key_of_the_users_own_is_never_taken(stage: Stage) -> None:
    nvim = stage.neovim("README.md", init="vim.keymap.set('n', ']v', '<Cmd>echo \"mine\"<CR>')")
    nvim.sees("# Shop")
    nvim.keys("]v")
    nvim.sees("mine")
    assert wait_until(lambda: nvim.lua("return vim.fn.maparg('[v', 'n')"), description="the free one is set")
