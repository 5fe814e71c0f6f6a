"""The client's own specs: pure functions and tables, run in a real Neovim without a screen."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.editors.neovim.driver import PLUGIN
from tests.editors.provision.neovim import neovim

SPECS: Final = sorted((PLUGIN / "spec").glob("*_spec.lua"))


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_every_case_of_the_spec_gives_what_it_says(spec: Path) -> None:
    assert run(spec).endswith("0 failed\n")


def test_a_case_that_gives_something_else_is_told(tmp_path: Path) -> None:
    spec = tmp_path / "wrong_spec.lua"
    spec.write_text("return { { 'one is two', got = function() return 1 end, want = 2 } }")
    assert run(spec).endswith("  got  1\n  want 2\n1 cases, 1 failed\n")


def test_every_module_loads_by_itself() -> None:
    modules = [str(path.relative_to(PLUGIN / "lua")) for path in (PLUGIN / "lua").rglob("*.lua")]
    assert len(modules) > 20
    for module in modules:
        name = module.removesuffix(".lua").removesuffix("/init").replace("/", ".")
        assert lua(f"require('{name}') print('loaded')") == "loaded", name


def test_a_start_without_a_repository_loads_none_of_the_client() -> None:
    code = "vim.cmd.runtime('plugin/casework.lua') print(#vim.tbl_filter(function(n) return n:find('^casework') end, "
    assert lua(code + "vim.tbl_keys(package.loaded)))") == "0"


def run(spec: Path) -> str:
    command: list[str | Path] = [neovim(), "--headless", "-u", "NONE", "-l", PLUGIN / "spec" / "run.lua", spec]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stdout


def lua(code: str) -> str:
    """What `code` prints in a Neovim that has the client on its runtime path and nothing loaded."""
    command: list[str | Path] = [
        neovim(),
        "--headless",
        "-u",
        "NONE",
        "--cmd",
        f"set rtp^={PLUGIN}",
        "-c",
        f"lua {code}",
        "-c",
        "qa!",
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stderr.strip()
