"""Text, names and contents of a change are attacks: a real Neovim executes nothing of them, and all can be judged."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.editors.neovim.stage import Stage
from tests.editors.neovim.test_judging import open_review, review
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

NAMES: Final[list[str | bytes]] = [
    "%{%execute('let g:owned=1')%}.py",
    "%!v:lua.vim.cmd('let g:owned=1').txt",
    "a|let g:owned=1|.md",
    "`touch owned`.sh",
    "$(touch owned) 'x' \"y\" [z] {a,b} *?.lua",
    "+let\\ g:owned=1.vim",
    "line\nbreak\tand\x1b[31mred.txt",
    b"latin-\xe9.txt",
    "\u202egnp.exe.txt",
    "gr\u00fc\u00df\u6f22.py",
]
MODELINES: Final = """# vim: set ft=vim foldmethod=expr foldexpr=execute('let\\ g\\:owned=1') :
-- nvim: exec("let g:owned=1")
/* vim: set modeline modelineexpr statusline=%{execute('let\\ g\\:owned=1')} : */
"""


def test_names_and_contents_are_shown_and_judged_and_execute_nothing(stage: Stage) -> None:
    stage.shop.git("switch", "-qc", "evil")
    stage.shop.commit("%{%execute('let g:owned=1')%} `touch owned`", dict.fromkeys(NAMES, MODELINES))
    stage.shop.git("switch", "-q", "main")
    nvim = open_review(stage, "branch", "evil")
    for number in range(1, len(NAMES) + 1):
        nvim.sees(f"file {number}/{len(NAMES)}", "vim: set")
        nvim.keys("a")
        nvim.sees(f"{number} accepted")
    nvim.picture("30-hostile-names")
    nvim.keys("cWhy %{execute('let g:owned=1')}?<C-s>")
    nvim.loses("Comment \u00b7")
    nvim.keys(":Casework<CR>")
    nvim.sees("NEEDS YOU")
    assert nvim.lua("return vim.g.owned == nil")
    assert list(Path(stage.shop.path).rglob("owned")) == []
    nvim.keys("q")
    wait_until(lambda: review(stage)["accepted"] == len(NAMES), description="all are accepted")


def test_a_side_of_a_review_opened_by_name_obeys_no_modeline(stage: Stage) -> None:
    stage.shop.git("switch", "-qc", "evil")
    stage.shop.commit("Change it", {"README.md": "# Shop\n" + MODELINES})
    stage.shop.git("switch", "-q", "main")
    stage.casework("review", "branch", "evil")
    nvim = stage.neovim("pay/charge.py", init="vim.o.modeline = true vim.o.modelineexpr = true")
    nvim.keys(":edit casework://1/head/README.md<CR>")
    nvim.sees("vim: set ft=vim")
    assert nvim.lua("return { vim.bo.modifiable, vim.bo.modeline, vim.bo.filetype, vim.g.owned == nil }") == [
        False,
        False,
        "markdown",
        True,
    ]
