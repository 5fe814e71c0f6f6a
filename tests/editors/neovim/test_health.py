"""`:checkhealth casework`, the help page, and what the client costs before it is used."""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.editors.neovim.driver import PLUGIN
from tests.editors.neovim.stage import Stage
from tests.editors.provision.neovim import neovim

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

HELP: Final = (PLUGIN / "doc" / "casework.txt").read_text()
ROOMS: Final = ("plugin", "lua", "lsp")
STARTS: Final = 15


def test_health_says_that_all_is_well_and_what_is_connected(stage: Stage) -> None:
    nvim = stage.neovim("README.md")
    nvim.keys(":Casework<CR>")
    nvim.sees("NEEDS YOU")
    nvim.keys(":checkhealth casework<CR>")
    nvim.sees("vim.g.casework is well-formed", "the relay is started as", "connected, 0 things need you", timeout_s=60)
    nvim.picture("46-health")
    assert "ERROR" not in nvim.screen()


def test_health_names_a_setting_that_does_not_exist_and_a_program_that_is_none(stage: Stage) -> None:
    given = "vim.g.casework = { command = '/nowhere/casework', colour = 'red' }"
    nvim = stage.neovim("README.md", init=given)
    nvim.keys(":checkhealth casework<CR>")
    nvim.sees("ERROR vim.g.casework has no setting `colour`.", "uv tool install casework", timeout_s=60)


@pytest.mark.parametrize(
    "what",
    [
        "vim.tbl_keys(require('casework.command').table)",
        "vim.tbl_keys(require('casework.config').defaults)",
        "vim.tbl_keys(require('casework.config').defaults.icons)",
        "vim.tbl_keys(require('casework.draw').groups)",
        "vim.iter(require('casework.review.keys').table):map(function(k) return k.keys end):flatten():totable()",
        "vim.iter(require('casework.review.objects').table):map(function(k) return k.keys end):flatten():totable()",
        "vim.iter(require('casework.sidebar').keys):map(function(k) return k.keys end):flatten():totable()",
    ],
    ids=["commands", "settings", "icons", "colours", "keys of a review", "text objects", "keys of the sidebar"],
)
def test_the_help_page_has_every_one(what: str) -> None:
    names = said(f"print(table.concat({what}, '\\n'))").split("\n")
    assert len(names) > 3
    words = {word for line in HELP.splitlines() for word in re.split(r"[\s,`|]+", line)}
    missing = [name for name in names if not set(name.split()) <= words]
    assert missing == []


def test_every_colour_is_linked_to_a_standard_one() -> None:
    code = (
        "require('casework.draw').highlights() "
        "for g in pairs(require('casework.draw').groups) do print(g, vim.api.nvim_get_hl(0, { name = g }).link) end"
    )
    links = [line.split() for line in said(code).split("\n")]
    assert len(links) > 15
    assert [group for group, link in links if link.startswith("Casework")] == []


def test_before_its_first_use_it_costs_no_more_than_as_many_empty_files(tmp_path: Path) -> None:
    """Measured against a plug-in of as many files, all empty, that Neovim reads at its start."""
    empty = tmp_path / "empty"
    (empty / "plugin").mkdir(parents=True)
    for number, _ in enumerate(path for room in ROOMS for path in (PLUGIN / room).rglob("*.lua")):
        (empty / "plugin" / f"{number}.lua").touch()
    ours = tmp_path / "ours"
    shutil.copytree(PLUGIN, ours)
    measured = {ours: [], empty: []}  # type: dict[Path, list[float]]
    for _ in range(STARTS):
        for folder, times in measured.items():
            times.append(sourcing_ms(folder, tmp_path / "times"))
    assert statistics.median(measured[ours]) <= statistics.median(measured[empty]), measured


def test_a_client_that_is_loaded_late_has_its_keys_all_the_same(stage: Stage) -> None:
    nvim = stage.neovim("README.md", plugin=False)
    nvim.sees("# Shop")
    assert nvim.lua("return vim.fn.maparg(']v')") == ""
    nvim.lua("vim.opt.runtimepath:prepend(...) vim.cmd.runtime('plugin/casework.lua')", str(PLUGIN))
    assert nvim.lua("return { vim.fn.maparg(']v'), vim.fn.maparg('[v') }") == [
        "<Plug>(casework-next)",
        "<Plug>(casework-previous)",
    ]


def sourcing_ms(plugin: Path, log: Path) -> float:
    """How long Neovim takes at a start for the files of `plugin`, by its own clock, in milliseconds."""
    log.unlink(missing_ok=True)
    command: list[str | Path] = [
        neovim(), "--headless", "-u", "NONE", "--cmd", f"set rtp^={plugin}", "--cmd", "set loadplugins",
        "--startuptime", log, "-c", "qa!",
    ]  # fmt: skip
    subprocess.run(command, capture_output=True, timeout=30, check=True)
    lines = re.findall(r"^\S+ +(\S+) +\S+: sourcing (\S+)$", log.read_text(), re.MULTILINE)
    mine = [float(took) for took, name in lines if name.startswith(str(plugin))]
    assert mine, log.read_text()
    return sum(mine)


def said(code: str) -> str:
    """What `code` prints in a Neovim that has the client on its runtime path."""
    command: list[str | Path] = [neovim(), "--headless", "-u", "NONE", "--cmd", f"set rtp^={PLUGIN}"]
    command += ["-c", f"lua {code}", "-c", "qa!"]
    return (
        subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stderr.strip().replace("\r", "")
    )
