"""The generated files are fresh, and a stale one is noticed and mended."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from casework.wire.generate import generated, main, stale, write
from casework.wire.methods import METHODS, NOTIFICATIONS

_ROOT = Path(__file__).parents[2]


def test_what_is_generated_is_fresh() -> None:
    assert stale(_ROOT) == []


def test_a_stale_or_missing_file_is_named_and_mended(tmp_path: Path) -> None:
    assert stale(tmp_path) == list(generated())
    write(tmp_path)
    assert stale(tmp_path) == []
    page = tmp_path / "docs/reference/protocol.md"
    page.write_bytes(page.read_bytes() + b"\xff")
    assert stale(tmp_path) == ["docs/reference/protocol.md"]
    write(tmp_path)
    assert stale(tmp_path) == []


@pytest.mark.parametrize("name", list(generated()))
def test_every_method_and_notification_stands_in_every_file(name: str) -> None:
    text = generated()[name]
    names = [method.name for method in METHODS] + [notice.name for notice in NOTIFICATIONS]
    assert [known for known in names if known not in text] == []


def test_every_link_of_the_page_leads_somewhere() -> None:
    text = generated()["docs/reference/protocol.md"]
    headings = {heading.lower() for heading in re.findall(r"^### (\w+)$", text, re.MULTILINE)}
    assert set(re.findall(r"\]\(#(\w+)\)", text)) <= headings


def test_the_check_says_what_is_stale_and_how_to_mend_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pyproject.toml").touch()
    write(tmp_path)
    assert main(["--check"], tmp_path) == 0
    (tmp_path / "docs/reference/protocol.md").unlink()
    assert main(["--check"], tmp_path) == 1
    assert capsys.readouterr().err == (
        "Stale: docs/reference/protocol.md. Run `make generate` and commit what it writes.\n"
    )
    assert main([], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0


def test_outside_a_checkout_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], tmp_path) == 2
    assert "This is no checkout of Casework" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
