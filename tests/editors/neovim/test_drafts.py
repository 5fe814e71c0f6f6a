"""What is being written survives: the editor and the daemon are killed, and it is there again in the same place."""

from __future__ import annotations

import time

import pytest

from tests.editors.neovim.driver import Neovim
from tests.editors.neovim.stage import Stage
from tests.editors.neovim.test_judging import open_review, review, topic
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

KEPT_WITHIN_S = 1.0


def kept(nvim: Neovim, text: str) -> bool:
    """Whether a draft with `text` lies on the disk."""
    return bool(
        nvim.lua(
            """
            for name in vim.fs.dir(vim.fn.stdpath('state') .. '/casework/drafts') do
              local lines = vim.fn.readfile(vim.fn.stdpath('state') .. '/casework/drafts/' .. name)
              if name:find('%.json$') and table.concat(lines):find(..., 1, true) then
                return true
              end
            end
            return false
            """,
            text,
        )
    )


def test_a_half_written_comment_survives_the_kill_of_editor_and_daemon(stage: Stage) -> None:
    topic(stage)
    nvim = open_review(stage, "branch", "topic")
    nvim.keys("]c")
    nvim.sees("vault.py proposed", "file 2/2")
    nvim.keys("c")
    nvim.sees("Comment · pay/vault.py")
    nvim.keys("The token<CR>is no longer logged, but")
    written = time.monotonic()
    wait_until(lambda: kept(nvim, "logged, but"), description="the draft lies on the disk")
    assert time.monotonic() - written < 5 * KEPT_WITHIN_S, "far later than promised, even for a busy machine"
    nvim.kill()
    stage.kill_daemon()

    other = stage.neovim("README.md")
    other.sees("# Shop")
    other.keys(":Casework review show 1<CR>")
    other.sees("vault.py proposed", "Comment · pay/vault.py", "The token", "is no longer logged, but", "not sent")
    assert other.lua("return vim.api.nvim_win_get_cursor(0)") == [2, 23]
    other.picture("44-a-draft-is-there-again")
    other.keys("A who reads this?<C-s>")
    other.loses("Comment ·")
    other.sees("is no longer logged, but who reads this?")
    comments = [one["text"] for file in review(stage)["files"] for hunk in file["hunks"] for one in hunk["comments"]]
    assert comments == ["The token\nis no longer logged, but who reads this?"]
    assert not kept(other, "logged")


def test_what_is_thrown_away_or_sent_does_not_come_back(stage: Stage) -> None:
    topic(stage)
    nvim = open_review(stage, "branch", "topic")
    nvim.keys("R")
    nvim.sees("What should change in review 1?")
    nvim.keys("Half a thought")
    wait_until(lambda: kept(nvim, "Half a thought"), description="the draft lies on the disk")
    nvim.keys("<Esc>q")
    nvim.sees("Throw away what is written?")
    nvim.keys("y")
    nvim.loses("Half a thought")
    wait_until(lambda: not kept(nvim, "Half a thought"), description="the draft is gone")
    nvim.keys("R")
    nvim.sees("What should change in review 1?")
    assert nvim.lua("return vim.api.nvim_buf_get_lines(0, 0, -1, false)") == [""]
