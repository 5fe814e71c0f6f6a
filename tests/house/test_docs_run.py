"""Every block of every page runs, or says why not. How a page is written so that it runs: see `pages`."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

import pytest
from pydantic import BaseModel

from tests.house.pages import PICTURES, RUNS, Block, Command, blocks, commands, is_printed
from tests.house.tree import ROOT, names

pytestmark = [pytest.mark.timeout(180), pytest.mark.e2e]

PAGES: Final = [
    name for name in names() if name.endswith(".md") and not name.startswith(("tests/", "clients/", "changes/"))
]


class Sandbox:
    """A small repository of somebody who reads a page, with our command on the PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir()
        binaries = Path(sys.executable).parent
        path = f"{binaries}{os.pathsep}{os.environ['PATH']}"
        self.environment = os.environ | {"PATH": path, "COLUMNS": "120", "CHECKOUT": str(ROOT)}
        for name, command in enumerate(_STORY):
            self.shell(command, expect=0, doing=f"story {name}")

    def shell(self, command: str, *, expect: int | None, doing: str) -> str:
        found = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=90,
        )
        assert expect in {None, found.returncode}, (
            f"{doing}: `{command}` ended with {found.returncode}:\n{found.stdout}"
        )
        return found.stdout

    def run(self, command: Command, page: str) -> None:
        printed = self.shell(command.text, expect=command.ends_with, doing=f"{page}:{command.line}")
        assert is_printed(command.prints, printed), (
            f"{page}:{command.line}: `{command.text}` printed\n{printed}\nand the page says\n"
            + "\n".join(command.prints)
        )


# A branch `main` with three commits, a branch `faster` with one more, and an edit that is not committed.
_STORY: Final = (
    "git init -q -b main && git config user.name Ada && git config user.email ada@example.org",
    "printf 'def greet(name):\\n    return \"hello \" + name\\n' > greet.py && git add . && git commit -qm 'Greet'",
    "printf '# Greeter\\n' > README.md && git add . && git commit -qm 'Say what this is'",
    "printf 'def greet(name):\\n    return f\"hello {name}\"\\n' > greet.py && git commit -qam 'Format the greeting'",
    "git switch -qc faster",
    "printf '\\n\\ndef shout(name):\\n    return greet(name).upper()\\n' >> greet.py && git commit -qam 'Shout'",
    "git switch -q main",
    "printf 'Greets people.\\n' >> README.md",
)


def check_block(block: Block, sandbox: Sandbox, page: str) -> None:
    where = f"{page}:{block.line}"
    if block.not_run:
        assert len(block.not_run) > 10, f"{where}: why is it not run?"
        return
    match block.language:
        case "console":
            for command in commands(block):
                sandbox.run(command, page)
        case "python":
            program = sandbox.folder.parent / "block.py"
            program.write_text(block.text, encoding="utf-8")
            sandbox.run(Command(block.line, f"python {program}"), page)
        case "json":
            found = json.loads(block.text)
            if block.model:
                model_named(block.model).model_validate(found)
        case "toml":
            tomllib.loads(block.text)
        case language:
            assert language in PICTURES, (
                f"{where}: `{language}` is none of {sorted(RUNS | PICTURES)}; say why: <!-- not run: ... -->"
            )


def model_named(name: str) -> type[BaseModel]:
    module, _, attribute = name.rpartition(".")
    found = getattr(importlib.import_module(module), attribute)
    assert isinstance(found, type)
    assert issubclass(found, BaseModel)
    return found


def check_page(page: str, text: str, world: Path) -> None:
    sandbox = Sandbox(world / "greeter")
    try:
        for found in blocks(text):
            if isinstance(found, Command):
                sandbox.run(found, page)
            else:
                check_block(found, sandbox, page)
    finally:
        if any(Path(os.environ["XDG_RUNTIME_DIR"]).iterdir()):
            sandbox.shell("casework daemon stop", expect=None, doing="end of the page")


@pytest.mark.parametrize("page", PAGES)
def test_every_block_of_the_page_runs(page: str, world: Path) -> None:
    check_page(page, (ROOT / page).read_text(encoding="utf-8"), world)


@pytest.mark.parametrize(
    "text",
    [
        "```console\n$ git log --format=%s\nFormat the greeting\n...\n```",
        "```console\n$ false  # ends with 1\n$ echo one; echo two >&2\no...e\ntwo\n```",
        "<!-- before: touch hidden -->\n```console\n$ test -f hidden\n```",
        "```python\nimport casework\n```",
        '<!-- is a: casework.domain.spec.Criterion -->\n```json\n{"id": "AC1", "text": "It greets."}\n```',
        "- in a list\n  ```toml\n  a = 1\n  ```",
        "<!-- not run: this is for another shell -->\n```fish\nset x 1\n```",
        "```text\nanything\n```",
    ],
)
def test_a_page_that_is_true_passes(text: str, world: Path) -> None:
    check_page("page.md", text, world)


@pytest.mark.parametrize(
    "text",
    [
        "```console\n$ git log --format=%s\nFormat the greeting\n```",
        "```console\n$ false\n```",
        "```console\n$ true  # ends with 1\n```",
        "```console\ngit status\n```",
        "```python\nimport caseworks\n```",
        "```json\n{a: 1}\n```",
        '<!-- is a: casework.domain.spec.Criterion -->\n```json\n{"id": "AC1"}\n```',
        "```toml\na = \n```",
        "```fish\nset x 1\n```",
        "<!-- not run: no -->\n```fish\nset x 1\n```",
        "<!-- not run: this is for another shell -->\nProse between.\n```fish\nset x 1\n```",
        "```\nof no language\n```",
        "```text\nwithout an end",
    ],
)
def test_a_page_that_is_not_true_fails(text: str, world: Path) -> None:
    with pytest.raises((AssertionError, ValueError)):
        check_page("page.md", text, world)


def test_every_link_between_pages_leads_somewhere() -> None:
    assert [
        f"{page}: {link}" for page in PAGES for link in _links(page) if not (ROOT / page).parent.joinpath(link).exists()
    ] == []


def _links(page: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))
    return [link.split("#")[0] for link in found if "://" not in link and not link.startswith(("#", "mailto:"))]
