"""Somebody types while everything arrives: three reviews, three questions, three follow-ups; every letter is theirs."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.editors.neovim.stage import CHARGE, PROGRAM, Stage
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(autouse=True)
def runs_end(world: Path) -> Iterator[None]:
    """Three runs wait for an answer when the test ends."""
    yield
    subprocess.run([PROGRAM, "daemon", "stop", "--force"], capture_output=True, timeout=60, check=False)


TEXT: Final = ("every letter reaches the file of the one who types it " * 12)[:600]
WHERE: Final = """
return { vim.api.nvim_get_current_win(), #vim.api.nvim_list_wins(), #vim.api.nvim_list_tabpages(),
  vim.fn.expand('%:.'), vim.api.nvim_get_mode().mode, vim.api.nvim_get_mode().blocking }
"""
ICONS: Final = {"●": "review", "?": "question", "⚑": "follow-up"}


def script(stage: Stage, number: int) -> Path:
    """A run that leaves something for later, and asks."""
    later = {"do": "follow-up", "kind": "clean-up", "title": f"Tidy part {number}", "why": "It is untidy."}
    ask = {"do": "ask", "text": f"Which one of {number}?", "choices": ["this", "that"]}
    path = stage.world / f"play-{number}.json"
    path.write_text(json.dumps({"runs": [{"steps": [later, ask]}]}))
    return path


def arrive(stage: Stage, number: int) -> None:
    """One review, one question and one follow-up come up."""
    stage.casework("review", "branch", f"topic-{number}")
    stage.casework("task", "add", f"Ask about {number}")
    tasks = stage.told("task", "list")["tasks"]
    asking = next(task["number"] for task in tasks if task["title"] == f"Ask about {number}")
    stage.casework("task", "start", str(asking), "--script", str(script(stage, number)))


def arrived(screen: str) -> dict[str, int]:
    """How many of each kind the sidebar shows."""
    found = re.findall(r"^ +([●?⚑]) +\d", screen, re.MULTILINE)
    return {what: found.count(icon) for icon, what in ICONS.items()}


def test_six_hundred_letters_reach_the_file_while_nine_things_arrive(stage: Stage) -> None:
    for number in range(3):
        stage.shop.git("switch", "-qc", f"topic-{number}")
        stage.shop.commit("Change", {"pay/charge.py": CHARGE.replace("// 50", f"// {40 + number}")})
        stage.shop.git("switch", "-q", "main")
    nvim = stage.neovim("notes.txt")
    nvim.keys(":Casework<CR>")
    nvim.sees("NEEDS YOU", "New task")
    nvim.keys("<C-w>li")
    nvim.sees("-- INSERT --")
    before = nvim.lua(WHERE)
    for typed, letter in enumerate(TEXT):
        if typed % 150 == 75 and typed < 450:
            arrive(stage, typed // 150)
        nvim.keys(letter)
    nine = {"review": 3, "question": 3, "follow-up": 3}
    wait_until(lambda: arrived(nvim.screen()) == nine, description="all nine have arrived", timeout_s=60)
    nvim.picture("45-nine-things-arrived-while-typing")
    assert nvim.lua(WHERE) == before, "no focus moved, nothing opened, nothing asks"
    assert nvim.lua("return vim.api.nvim_buf_get_lines(0, 0, -1, false)") == [TEXT]
