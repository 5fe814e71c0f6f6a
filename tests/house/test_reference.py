"""The reference pages are what the program says of itself, and name every command."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from casework.cli.commands import app
from casework.settings import Settings
from casework.wire.shapes import fields_of
from docs.generate import generated, main, stale
from tests.house.tree import ROOT


def test_the_reference_pages_are_fresh() -> None:
    assert stale(ROOT) == []


def test_every_command_stands_on_the_page() -> None:
    text = generated()["docs/reference/command-line.md"]
    groups = [("casework", app), *((f"casework {group.name}", group.typer_instance) for group in app.registered_groups)]
    for group, commands in groups:
        assert commands is not None
        for command in commands.registered_commands:
            assert f"## `{group} {command.name or command.callback.__name__}`" in text  # type: ignore[union-attr]


def test_every_setting_says_what_it_does_and_the_file_on_the_page_is_what_holds_without_one() -> None:
    text = generated()["docs/reference/settings.md"]
    assert [field.name for field in fields_of(Settings) if not field.doc] == []
    assert [name for name in Settings.model_fields if f"| `{name}` |" not in text] == []
    written = tomllib.loads(text.partition("```toml\n")[2].partition("```")[0])
    assert Settings.model_validate(written) == Settings()
    assert set(written) == set(Settings.model_fields)


def test_every_key_of_the_clients_stands_on_the_page() -> None:
    text = generated()["docs/reference/keys.md"]
    lua = ROOT / "clients" / "neovim" / "lua" / "casework"
    sources = [lua / "review" / "keys.lua", lua / "review" / "objects.lua", lua / "sidebar.lua"]
    in_neovim = sum(source.read_text(encoding="utf-8").count("{ keys = {") for source in sources)
    package = json.loads((ROOT / "clients" / "vscode" / "package.json").read_text(encoding="utf-8"))
    bindings = package["contributes"]["keybindings"]
    assert in_neovim > 30
    assert text.count("\n| `") == in_neovim + len(bindings)


def test_a_stale_page_is_named_and_mended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"], tmp_path) == 1
    assert capsys.readouterr().err == (
        "Stale: docs/reference/command-line.md, docs/reference/settings.md, docs/reference/keys.md. "
        "Run `make generate` and commit what it writes.\n"
    )
    assert main([], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0
