"""Merges on bytes: what the user wrote is in the result, or there is no result."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.workspace.git import Git
from casework.workspace.landing.merge import Conflict, Merger, merge_place
from casework.workspace.objects import Place
from tests.repositories import Repository

# Lines of any bytes but NUL (binary) and the newline itself.
LINE = st.binary(max_size=12).map(lambda data: data.replace(b"\0", b"0").replace(b"\n", b"n"))


@pytest.fixture(scope="module")
def merger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Merger]:
    repository = Repository.new(tmp_path_factory.mktemp("merging"))
    with tempfile.TemporaryDirectory() as room:
        yield Merger(Git.open(repository.path), lambda: room.encode())


def text(lines: list[bytes], end: bytes) -> bytes:
    return end.join(lines) + end


@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(LINE, min_size=8, max_size=20),
    user=st.lists(LINE, max_size=4),
    change=st.lists(LINE, max_size=4),
    end=st.sampled_from([b"\n", b"\r\n"]),
    final=st.booleans(),
)
def test_edits_apart_from_each_other_are_both_in_the_result(
    merger: Merger, lines: list[bytes], user: list[bytes], change: list[bytes], end: bytes, final: bool
) -> None:
    numbered = [b"%d %s" % (n, line) for n, line in enumerate(lines)]  # unique, so that no other alignment exists
    mine, theirs = [b"u" + line for line in user], [b"c" + line for line in change]
    rest = numbered[2:-2]
    cut = len(end) if not final else 0
    base = text(numbered, end)
    ours = text(numbered[:-2] + mine + numbered[-1:], end)
    other = text(numbered[:1] + theirs + numbered[2:], end)
    wanted = text(numbered[:1] + theirs + rest + mine + numbered[-1:], end)
    if cut:
        base, ours, other, wanted = base[:-cut], ours[:-cut], other[:-cut], wanted[:-cut]
    assert merger.bytes(base, ours, other) == wanted


@settings(max_examples=60, deadline=None)
@given(base=st.lists(LINE, max_size=10), ours=st.lists(LINE, max_size=10), theirs=st.lists(LINE, max_size=10))
def test_a_clean_merge_loses_no_line_that_only_one_side_has(
    merger: Merger, base: list[bytes], ours: list[bytes], theirs: list[bytes]
) -> None:
    old, mine, other = ([tag + line for line in lines] for tag, lines in ((b"b", base), (b"o", ours), (b"t", theirs)))
    try:
        merged = merger.bytes(text(old, b"\n"), text(old[:5] + mine + old[5:], b"\n"), text(old + other, b"\n"))
    except Conflict:
        return
    assert set(mine) | set(other) <= set(merged.split(b"\n"))


def test_binary_contents_are_never_merged(merger: Merger) -> None:
    with pytest.raises(Conflict):
        merger.bytes(b"\0a\nb\nc\nd\n", b"\0A\nb\nc\nd\n", b"\0a\nb\nc\nD\n")


A, B, C = (Place(b"100644", name * 40) for name in (b"a", b"b", b"c"))
RUN = Place(b"100755", b"a" * 40)


def test_entries_merge_by_mode_and_contents() -> None:
    def blobs(_base: bytes, _ours: bytes, _theirs: bytes) -> bytes:
        raise Conflict

    assert merge_place(A, A, B, blobs) == B
    assert merge_place(A, B, A, blobs) == B
    assert merge_place(A, B, B, blobs) == B
    assert merge_place(None, None, A, blobs) == A
    for base, ours, theirs in ((A, B, C), (A, None, B), (A, B, None), (None, A, B)):
        with pytest.raises(Conflict):
            merge_place(base, ours, theirs, blobs)
    assert merge_place(A, RUN, B, lambda _base, _ours, theirs: theirs) == Place(b"100755", B.id)


def test_a_link_and_a_file_never_merge() -> None:
    with pytest.raises(Conflict):
        merge_place(A, Place(b"120000", b"d" * 40), B, lambda *_: b"")
