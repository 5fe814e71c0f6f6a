"""Hunks as Vim's users take them, in a real Neovim: text objects, counts, the quickfix list, many keys at once."""

from __future__ import annotations

import os
import signal

import pytest

from tests.editors.neovim.driver import Neovim
from tests.editors.neovim.stage import Stage
from tests.editors.neovim.test_judging import decisions, open_review, review, spaced
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

SIZES = {"a.txt": 4, "b.txt": 3, "c.txt": 3}


def ten(stage: Stage) -> Neovim:
    """Open a review of ten hunks in three files."""
    stage.shop.commit("before", {name: spaced(count, "old") for name, count in SIZES.items()})
    stage.shop.git("switch", "-qc", "ten")
    stage.shop.commit("after", {name: spaced(count, "new") for name, count in SIZES.items()})
    stage.shop.git("switch", "-q", "main")
    nvim = open_review(stage, "branch", "ten")
    nvim.sees("10 hunks", "10 left", "a.txt proposed", "hunk 1/4")
    return nvim


def test_ten_keys_at_once_are_ten_verdicts(stage: Stage) -> None:
    nvim = ten(stage)
    nvim.keys("aaaaaaaaaa")  # one message to the editor, with no pause between the keys
    nvim.sees("10 accepted", "all is judged")
    wait_until(lambda: decisions(stage) == {"accepted"}, description="the daemon knows them all")
    assert review(stage)["undecided"] == 0


def test_keys_ahead_of_texts_that_are_on_their_way_wait_for_them_and_none_is_lost(stage: Stage) -> None:
    """Two files ahead are asked for in advance; the daemon stands still before the third one can be."""
    names = [f"{n}.txt" for n in range(10)]
    stage.shop.commit("before", {name: spaced(1, f"{name} old") for name in names})
    stage.shop.git("switch", "-qc", "ten")
    stage.shop.commit("after", {name: spaced(1, f"{name} new") for name in names})
    stage.shop.git("switch", "-q", "main")
    nvim = open_review(stage, "branch", "ten")
    nvim.sees("0.txt proposed", "file 1/10", "10 left")
    daemon = stage.daemon()
    os.kill(daemon, signal.SIGSTOP)
    try:
        nvim.keys("aaaaaaaaaa")
        nvim.sees("3 accepted", "7 left", "reading …")
        assert "3.txt new" not in nvim.screen(), "nothing is judged before it is on the screen"
    finally:
        os.kill(daemon, signal.SIGCONT)
    nvim.sees("10 accepted", "all is judged")
    wait_until(lambda: review(stage)["accepted"] == 10, description="the daemon knows them all")


def test_a_rejection_among_keys_typed_ahead_keeps_its_place_and_its_reason(stage: Stage) -> None:
    nvim = ten(stage)
    nvim.keys("aaaaaxas it says<CR>aaaa")
    nvim.sees("9 accepted · 1 rejected")
    wait_until(lambda: review(stage)["undecided"] == 0, description="the daemon knows them all")
    told = [hunk for file in review(stage)["files"] for hunk in file["hunks"]]
    assert [hunk["decision"] for hunk in told].index("rejected") == 5
    assert told[5]["reason"] == "as it says"


def test_a_hunk_is_a_text_object_and_motions_take_counts(stage: Stage) -> None:
    nvim = ten(stage)
    nvim.keys('"ayih')
    assert nvim.lua("return vim.fn.getreg('a')") == "place 0 new\n"
    nvim.keys("2]c")
    nvim.sees("hunk 3/4")
    nvim.keys('"ayah')
    lines = nvim.lua("return vim.fn.getreg('a')").splitlines()
    assert (len(lines), lines[3]) == (7, "place 2 new")
    nvim.keys("V[c")
    assert nvim.lua("return { vim.fn.line('v'), vim.fn.line('.') }") == [24, 14]
    nvim.keys('<Esc><C-w>h"byih')
    assert nvim.lua("return vim.fn.getreg('b')") == "place 1 old\n"


def test_what_is_left_is_a_quickfix_list_that_leads_to_each_hunk_and_grows_shorter(stage: Stage) -> None:
    nvim = ten(stage)
    nvim.keys("aa")
    nvim.sees("2 accepted", "hunk 3/4")
    nvim.keys("Q")
    nvim.sees("Casework review 1: 8 left", "c.txt|")
    nvim.picture("43-what-is-left")
    nvim.keys(":5cc<CR>")
    nvim.sees("b.txt now", "b.txt proposed", "hunk 3/3 · file 2/3")
    nvim.keys("a")
    nvim.sees("3 accepted", "hunk 1/3 · file 3/3", "Casework review 1: 7 left")
    nvim.keys(":cfirst<CR>")
    nvim.sees("a.txt now", "a.txt proposed", "hunk 3/4")
    nvim.keys("<C-w>b")
    wait_until(lambda: nvim.lua("return vim.bo.buftype") == "quickfix", description="the list is in front")
    nvim.keys("G<CR>")
    nvim.sees("c.txt now", "c.txt proposed", "hunk 3/3 · file 3/3")
    assert nvim.lua("return #vim.api.nvim_tabpage_list_wins(0)") == 4, "no window was added"
    assert "Error" not in nvim.lua("return vim.fn.execute('messages')")


def test_the_next_file_is_ready_before_it_is_gone_to_and_nothing_of_it_is_left_behind(stage: Stage) -> None:
    nvim = ten(stage)
    wait_until(lambda: nvim.lua(READY, "b.txt"), description="both sides of the next file are filled and have keys")
    wait_until(lambda: nvim.lua(READY, "c.txt"), description="and those of the one behind it")
    nvim.keys("aaaa")
    nvim.sees("b.txt proposed", "place 0 new", "hunk 1/3", "4 accepted")
    nvim.keys("q")
    nvim.loses("proposed")
    assert nvim.lua(NAMES) == []


NAMES = """
return vim.tbl_filter(function(name)
  return name:find('^casework://1/') ~= nil
end, vim.tbl_map(vim.api.nvim_buf_get_name, vim.api.nvim_list_bufs()))
"""
READY = """
local found = 0
for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
  local is_side = vim.endswith(vim.api.nvim_buf_get_name(buffer), '/' .. ...)
  local has_text = (vim.api.nvim_buf_get_lines(buffer, 0, 1, false)[1] or ''):find('^place 0') ~= nil
  local keys = vim.tbl_map(function(one) return one.lhs end, vim.api.nvim_buf_get_keymap(buffer, 'n'))
  local is_kept = #vim.fn.win_findbuf(buffer) == 0 and vim.bo[buffer].bufhidden == 'hide'
  if is_side and has_text and is_kept and vim.list_contains(keys, 'a') then
    found = found + 1
  end
end
return found == 2
"""
