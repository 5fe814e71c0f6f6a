"""`casework draft`: what is half-written, from the shell."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.shell import casework, printed, said
from tests.lsp.ledger_story import shop

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def test_a_text_is_begun_shown_and_thrown_away(world: Path) -> None:
    top = shop(world / "shop").path
    printed(casework("review", "branch", "work", at=top))
    assert printed(casework("draft", "list", at=top)) == "Nothing is half-written.\n"
    printed(casework("draft", "keep", "1", "request", "Once more,\n\x1b[31mwith", at=top))
    (line,) = printed(casework("draft", "list", "1", at=top)).splitlines()
    assert line.split()[:2] == ["1", "request"]
    assert "\x1b" not in line, "no text steers a terminal"
    printed(casework("draft", "forget", "1", "request", at=top))
    assert printed(casework("draft", "list", at=top)) == "Nothing is half-written.\n"


def test_a_place_that_is_none_is_said(world: Path) -> None:
    top = shop(world / "shop").path
    printed(casework("review", "branch", "work", at=top))
    code, out, err = said(casework("draft", "keep", "1", "everywhere", "x", at=top))
    assert (code, out) == (1, ""), err
    assert "place" in err
