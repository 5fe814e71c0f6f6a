"""Anchors find their place again when lines move."""

from __future__ import annotations

import pytest

from casework.domain.anchor import Anchor, find_again

LINES = ["def a():", "    x = 1", "", "def b():", "    x = 1", ""]


@pytest.mark.parametrize(
    ("line", "snippet", "found"),
    [
        (2, "x = 1", 2),
        (6, "x = 1", 5),
        (1, "def b():\n    x = 1", 4),
        (1, "gone", None),
        (3, "", 3),
        (9, "", None),
    ],
)
def test_the_nearest_place_with_the_same_text_is_found(line: int, snippet: str, found: int | None) -> None:
    assert find_again(Anchor(path="a.py", line=line, snippet=snippet), LINES) == found
