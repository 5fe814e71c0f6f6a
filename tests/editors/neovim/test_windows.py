"""Windows in a real Neovim: small screens, other layouts, and what is left when a review is closed."""

from __future__ import annotations

import pytest

from tests.editors.neovim.stage import Stage
from tests.editors.neovim.test_judging import open_review, topic

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def test_a_small_terminal_shows_the_change_and_the_keys(stage: Stage) -> None:
    topic(stage)
    nvim = stage.neovim("README.md", size=(80, 24))
    nvim.keys(":Casework review branch topic<CR>")
    nvim.sees("proposed", "amount // 40", "a accept", "A Land 2")
    nvim.picture("31-small")


def test_the_users_own_settings_come_back_when_a_review_is_closed(stage: Stage) -> None:
    topic(stage)
    look = (
        "return { vim.wo.diff, vim.wo.number, vim.wo.winbar, vim.wo.signcolumn, vim.wo.fillchars, vim.wo.scrollbind }"
    )
    nvim = open_review(stage, "branch", "topic")
    nvim.keys("q")
    nvim.loses("proposed")
    nvim.sees("# Shop")
    assert nvim.lua(look) == [False, False, "", "auto", "", False]
    assert nvim.lua("return #vim.api.nvim_list_tabpages()") == 1
    nvim.keys(":Casework review show 1<CR>")
    nvim.sees("proposed", "Review 1")
    nvim.keys("<CR>")
    nvim.sees("def charge")
    assert nvim.lua("return vim.api.nvim_buf_get_name(0)") == str(stage.shop.at("pay/charge.py"))
    assert nvim.lua(look) == [False, False, "", "auto", "", False]


def test_closing_one_window_of_a_review_breaks_nothing(stage: Stage) -> None:
    topic(stage)
    nvim = open_review(stage, "branch", "topic")
    nvim.keys("<C-w>h:close<CR>")
    nvim.loses("charge.py now")
    nvim.keys("]c")
    nvim.keys(":tabonly<CR>:Casework review show 1<CR>")
    nvim.sees("charge.py now", "charge.py proposed", "Review 1")
    assert "Error" not in nvim.lua("return vim.fn.execute('messages')")
