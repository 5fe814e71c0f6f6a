"""Where lines went, and what files are called."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.lsp.drift import drift
from casework.lsp.names import Names, path_in, real_names, uri_of

lines = st.lists(st.sampled_from("abcde"), max_size=12)


@settings(deadline=None)
@given(lines, lines)
def test_a_line_goes_to_one_that_is_there_and_a_kept_one_to_its_like(before: list[str], now: list[str]) -> None:
    moved = drift(before, now)
    for run_before, run_now, size in moved.blocks:
        assert before[run_before : run_before + size] == now[run_now : run_now + size]
    for line in range(len(before)):
        assert 0 <= moved(line) < max(1, len(now))
    ends = [moved(line) for line in range(len(before))]
    assert ends == sorted(ends), "what stood above stays above"


@settings(deadline=None)
@given(lines, lines, lines)
def test_what_is_put_in_between_moves_only_what_stands_below(
    above: list[str], put: list[str], below: list[str]
) -> None:
    marked = [f"above {n}" for n in range(len(above))], [f"below {n}" for n in range(len(below))]
    moved = drift([*marked[0], *marked[1]], [*marked[0], *put, *marked[1]])
    assert [moved(line) for line in range(len(above))] == list(range(len(above)))
    assert [moved(len(above) + n) for n in range(len(below))] == [len(above) + len(put) + n for n in range(len(below))]


def test_an_edit_in_a_long_file_costs_what_it_touches() -> None:
    before = [str(n) for n in range(200_000)]
    moved = drift(before, [*before[:100_000], "new", *before[100_001:]])
    assert [moved(line) for line in (0, 99_999, 100_000, 199_999)] == [0, 99_999, 99_999, 199_999]
    assert moved.back()(199_999) == 199_999


@given(st.binary(min_size=1).filter(lambda name: b"\0" not in name and b"/" not in name))
def test_every_name_has_a_uri_that_leads_back_to_it(name: bytes) -> None:
    path = "/shop/" + name.decode("utf-8", "surrogateescape")
    assert path_in(uri_of(path)) == path
    assert uri_of(path).isascii()


@pytest.mark.parametrize("uri", ["http://x/y", "untitled:1", "file://host/a", "file:a", "file:///%00", "file://[", ""])
def test_what_is_no_file_here_has_no_path(uri: str) -> None:
    assert path_in(uri) is None


@pytest.mark.parametrize("uri", ["file:///a/b", "file://localhost/a/b", "file:/a/b", "file:///a/%62"])
def test_a_file_may_be_named_in_several_ways(uri: str) -> None:
    assert path_in(uri) == "/a/b"


def test_an_editor_gets_back_the_names_it_uses(world: Path) -> None:
    (world / "shop").mkdir()
    (world / "shop" / "a.txt").touch()
    (world / "link").symlink_to(world / "shop")
    (world / "shop" / "b.txt").symlink_to("a.txt")
    real, linked = str(world / "shop" / "a.txt"), str(world / "link" / "a.txt")
    names = Names()
    names.add_root(str(world / "link"))
    assert names.said(real) == [(None, uri_of(linked))]
    names.opened(linked, uri_of(linked) + "?odd")
    assert names.said(real) == [(linked, uri_of(linked) + "?odd")]
    names.opened(real, uri_of(real))
    assert list(names.paths(real)) == [linked, real]
    names.closed(linked)
    names.closed(real)
    assert names.said(real) == [(None, uri_of(linked))]
    assert real_names(str(world / "link" / "b.txt")) == (str(world / "shop" / "b.txt"), real)
