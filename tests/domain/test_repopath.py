"""Paths of any bytes have one reversible text, the one git writes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.domain.repopath import quote, unquote


@settings(deadline=None)
@given(path=st.binary(max_size=60))
def test_any_bytes_come_back(path: bytes) -> None:
    assert unquote(quote(path)) == path


@settings(deadline=None)
@given(path=st.text(min_size=1, max_size=40).filter(lambda text: text.isprintable() and not set(text) & set('"\\')))
def test_a_plain_path_stands_for_itself(path: str) -> None:
    assert quote(path.encode()) == path


@settings(deadline=None)
@given(paths=st.lists(st.binary(max_size=8), max_size=20, unique=True))
def test_two_paths_have_two_texts(paths: list[bytes]) -> None:
    assert len({quote(path) for path in paths}) == len(paths)


@settings(deadline=None)
@given(path=st.binary(max_size=60))
def test_the_text_is_one_printable_line(path: bytes) -> None:
    text = quote(path)
    assert text.encode()
    assert not any(ord(letter) < 32 or ord(letter) == 127 for letter in text)


@settings(deadline=None)
@given(text=st.text(max_size=40))
def test_any_text_is_a_path_or_refused(text: str) -> None:
    try:
        path = unquote(text)
    except ValueError:
        return
    assert unquote(quote(path)) == path


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (b"src/app.py", "src/app.py"),
        (b"a b'c", "a b'c"),
        ("naïve/☃".encode(), "naïve/☃"),
        (b"", '""'),
        (b'say "no"', r'"say \"no\""'),
        (b"back\\slash", r'"back\\slash"'),
        (b"\a\b\t\n\v\f\r", r'"\a\b\t\n\v\f\r"'),
        (b"\x00\x1f\x7f", r'"\000\037\177"'),
        (b"latin-\xe9", r'"latin-\351"'),
        ("é".encode() + b"\xff", r'"\303\251\377"'),
    ],
)
def test_a_path_is_quoted_as_git_does(path: bytes, text: str) -> None:
    assert quote(path) == text
    assert unquote(text) == path


@pytest.mark.parametrize("text", ['"', '"a', r'"\q"', r'"\9"', r'"\400"', r'"\12"', '"\\', r'"\08x"', '"a\\"'])
def test_a_text_that_git_would_not_write_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        unquote(text)
