"""Both sides as one text in a real Neovim: what goes above what comes, judged with the same keys, and back again."""

from __future__ import annotations

import pytest

from tests.editors.neovim.stage import CHARGE, Stage
from tests.editors.neovim.test_judging import decisions, open_review, topic
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

WINDOWS = "return #vim.api.nvim_tabpage_list_wins(0)"


def test_a_key_shows_both_sides_as_one_text_and_side_by_side_again(stage: Stage) -> None:
    topic(stage)
    nvim = open_review(stage, "branch", "topic")
    nvim.keys("i")
    nvim.loses("charge.py now")
    nvim.sees("What the bank takes", "What the bank keeps", "amount // 50", "amount // 40", "hunk 1/1")
    assert nvim.lua(WINDOWS) == 2
    nvim.keys("c")
    nvim.sees("Comment · pay/charge.py:23")
    nvim.keys("Why 40?<C-s>")
    nvim.sees("  Why 40?")
    nvim.picture("40-inline")
    nvim.keys("a")
    nvim.sees("1 accepted", "vault.py proposed", 'log.debug("token %s", token)', 'log.debug("token read")')
    nvim.keys("x")
    nvim.sees("Why not?")
    nvim.keys("keep it<CR>")
    nvim.sees("✗ rejected: keep it", "1 rejected")
    nvim.picture("41-inline-judged")
    nvim.keys("i")
    nvim.sees("vault.py now", "vault.py proposed", "✗ rejected: keep it")
    assert nvim.lua(WINDOWS) == 3
    wait_until(lambda: decisions(stage) == {"accepted", "rejected"}, description="the daemon knows both")


def test_a_new_file_one_that_goes_and_one_with_two_places_are_read_inline(stage: Stage) -> None:
    stage.shop.git("switch", "-qc", "topic")
    stage.shop.git("rm", "-q", "README.md")
    changed = CHARGE.replace("import gateway\n", "").replace("amount // 50", "amount // 40")
    stage.shop.commit("Change much", {"pay/charge.py": changed, "pay/dates.py": "TODAY = 1\n"})
    stage.shop.git("switch", "-q", "main")
    nvim = stage.neovim(
        "pay/vault.py", init="vim.g.casework = vim.tbl_extend('force', vim.g.casework, { inline = true })"
    )
    nvim.sees("Tokens stand for cards")
    nvim.keys(":Casework review branch topic<CR>")
    nvim.sees("proposed", "Review 1", "4 left")
    shown: dict[str, str] = {}
    for _ in range(3):
        text = nvim.sees("proposed", "hunk 1/")
        name = next(name for name in ("charge.py", "dates.py", "README.md") if f"{name} proposed" in text)
        shown[name] = text
        if name == "charge.py":
            nvim.picture("42-inline-two-places")
        nvim.keys("<Tab>")
        nvim.loses(f"{name} proposed") if len(shown) < 3 else None
    assert "# Shop" in shown["README.md"]
    assert "TODAY = 1" in shown["dates.py"]
    assert "import gateway" in shown["charge.py"]
    assert "amount // 50" in shown["charge.py"]


def test_enter_opens_the_file_itself_at_the_line_that_is_meant(stage: Stage) -> None:
    topic(stage)
    nvim = open_review(stage, "branch", "topic")
    nvim.keys("i")
    nvim.loses("charge.py now")
    nvim.keys("/amount .. 40<CR><CR>")
    nvim.sees("amount // 50")
    assert nvim.lua("return vim.api.nvim_get_current_line()") == "    return max(25, amount // 50)"
