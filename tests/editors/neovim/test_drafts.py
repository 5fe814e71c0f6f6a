"""What is being written survives: the editor and the daemon are killed, and it is there again in the same place."""

from __future__ import annotations

import os
import signal
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


def test_what_was_begun_in_the_shell_is_gone_on_with_in_neovim_and_again_in_the_shell(stage: Stage) -> None:
    topic(stage)
    stage.casework("review", "branch", "topic")
    hunk = review(stage)["files"][1]["hunks"][0]["id"]
    stage.casework("draft", "keep", "1", f"comment/{hunk}", "The token\nis no longer")
    nvim = stage.neovim("README.md")
    nvim.sees("# Shop")
    nvim.keys(":Casework review show 1<CR>")
    nvim.sees("vault.py proposed", "Comment · pay/vault.py", "The token", "is no longer", "not sent")
    assert nvim.lua("return vim.api.nvim_win_get_cursor(0)") == [2, 11]
    nvim.picture("55-begun-in-the-shell")
    nvim.keys("A logged, but")
    wait_until(lambda: drafts(stage) == ["The token\nis no longer logged, but"], description="the shell has it")
    nvim.kill()
    stage.kill_daemon()
    (draft,) = stage.told("draft", "list")["drafts"]
    assert (draft["text"], draft["line"]) == ("The token\nis no longer logged, but", 2)
    stage.casework("draft", "forget", "1", f"comment/{hunk}")

    other = stage.neovim("README.md")
    other.sees("# Shop")
    other.keys(":Casework review show 1<CR>")
    other.sees("proposed", "Review 1")
    wait_until(lambda: moved(other), description="letters count again, and the second file is there")
    other.keys("c")
    other.sees("Comment · pay/vault.py")
    assert other.lua("return vim.api.nvim_buf_get_lines(0, 0, -1, false)") == [""], "thrown away elsewhere"
    assert not kept(other, "logged")


def test_what_is_typed_before_the_other_text_comes_stays_behind_it(stage: Stage) -> None:
    topic(stage)
    nvim = open_review(stage, "branch", "topic")
    hunk = review(stage)["files"][0]["hunks"][0]["id"]
    stage.casework("draft", "keep", "1", f"comment/{hunk}", "Begun in the shell.")
    daemon = stage.daemon()
    os.kill(daemon, signal.SIGSTOP)
    try:
        nvim.keys("c")
        nvim.sees("Comment · pay/charge.py")
        nvim.keys("mine")
        nvim.sees("mine")
    finally:
        os.kill(daemon, signal.SIGCONT)
    nvim.sees("Begun in the shell.", "mine")
    nvim.keys(", all of it")
    text = "Begun in the shell.\n\nmine, all of it"
    wait_until(lambda: drafts(stage) == [text], description="both are kept as one")
    nvim.keys("<C-s>")
    nvim.loses("Comment ·")
    wait_until(lambda: drafts(stage) == [], description="what was sent is no draft")


def moved(nvim: Neovim) -> bool:
    """Press the key for the next hunk, which does nothing at the last one; letters wait where a review came up late."""
    nvim.keys("]c")
    return "token read" in nvim.screen()


def drafts(stage: Stage) -> list[str]:
    """What is half-written, as the shell tells it."""
    return [one["text"] for one in stage.told("draft", "list")["drafts"]]
