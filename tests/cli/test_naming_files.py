"""Files named on the command line, as a shell completes them: from the folder one stands in, in whatever bytes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli.shell import casework, printed, said
from tests.repositories import Repository, ordinary

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


@pytest.fixture
def shop(world: Path) -> Repository:
    """A repository with untracked files, some of them with odd names."""
    repository = ordinary(world / "shop")
    repository.write({"src/new.txt": "n\n", b"src/caf\xe9": "c\n", '"': "q\n", "q": "other\n", '"q"': "quoted\n"})
    return repository


def reviewed(*names: str, at: Path) -> list[str]:
    review = json.loads(printed(casework("review", "working-tree", "--json", *names, at=at)))
    return sorted(file["path"] for file in review["files"])


def test_an_untracked_file_is_named_from_where_one_stands(shop: Repository) -> None:
    assert reviewed("new.txt", "../q", at=shop.path / "src") == ["q", "src/new.txt"]


def test_names_are_taken_in_their_bytes(shop: Repository) -> None:
    assert reviewed(os.fsdecode(b"src/caf\xe9"), '"q"', at=shop.path) == ['"\\"q\\""', '"src/caf\\351"']


def test_a_name_is_taken_as_casework_prints_it(shop: Repository) -> None:
    assert reviewed('"src/caf\\351"', at=shop.path) == ['"src/caf\\351"']


def test_a_name_that_would_steer_the_terminal_is_escaped_in_json_too(shop: Repository) -> None:
    name = "a\u202e\x9b31m\u2066"
    shop.write({name: "x\n"})
    shown = printed(casework("review", "working-tree", "--json", name, at=shop.path))
    assert [file["path"] for file in json.loads(shown)["files"]] == [name]
    assert not {"\u202e", "\x9b", "\u2066"}.intersection(shown)


def test_a_text_that_can_be_no_path_is_a_sentence(shop: Repository) -> None:
    assert said(casework("review", "working-tree", '"unended', at=shop.path)) == (
        1,
        "",
        "'\"unended' names no path: a quoted path must end with a double quote. Write it as Casework prints it.",
    )
