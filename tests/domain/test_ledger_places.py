"""Where a stretch of lines stands in a later text, held against counting everything out by hand."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.domain.lines import Places

_lines = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n", b"d\n", b"{\n"]), max_size=9)


def counted_out(before: list[bytes], after: list[bytes], start: int, end: int) -> int | None:
    """The same promise, by trying every place: slow, and plain."""
    old, new = [b"<top>", *before, b"<end>"], [b"<top>", *after, b"<end>"]
    places = []
    for there in range(len(new)):
        shift = there - (start + 1)
        first, last = start, end + 1  # the lines that touch it, counted with the ends
        if not first + shift >= 0 or not last + shift < len(new):
            continue
        if old[first : last + 1] != new[first + shift : last + shift + 1]:
            continue
        while first > 0 and first + shift > 0 and old[first - 1] == new[first + shift - 1]:
            first -= 1
        while last + 1 < len(old) and last + shift + 1 < len(new) and old[last + 1] == new[last + shift + 1]:
            last += 1
        if any(old.count(line) == 1 == new.count(line) for line in old[first : last + 1]):
            places.append(there - 1)
    return places[0] if len(places) == 1 else None


@pytest.mark.timeout(1200)
@settings(max_examples=10_000 if os.environ.get("CASEWORK_TEST_FULL") else 400, deadline=None)
@given(_lines, _lines, st.data())
def test_a_stretch_is_where_counting_out_says_and_nowhere_where_that_is_in_doubt(
    before: list[bytes], after: list[bytes], data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(before)))
    end = data.draw(st.integers(start, len(before)))
    assert Places(before, after).of(start, end) == counted_out(before, after, start, end)


@pytest.mark.timeout(1200)
@settings(max_examples=10_000 if os.environ.get("CASEWORK_TEST_FULL") else 400, deadline=None)
@given(_lines, _lines, _lines, st.data())
def test_a_stretch_is_found_again_in_a_text_that_grew_elsewhere(
    before: list[bytes], top: list[bytes], bottom: list[bytes], data: st.DataObject
) -> None:
    before = [b"first\n", *before, b"last\n"]
    start = data.draw(st.integers(1, len(before) - 1))
    end = data.draw(st.integers(start, len(before) - 1))
    assert Places(before, [*top, *before, *bottom]).of(start, end) == start + len(top)
