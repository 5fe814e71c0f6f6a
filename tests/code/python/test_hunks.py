"""What a hunk of Python is: told by the trees of the whole file, with it and without it."""

from __future__ import annotations

import difflib

import pytest

from casework.code.python.hunks import CodeHunk, LeftOut, Place, read_hunk, revert


def places(old: str, new: str) -> list[Place]:
    """Give the hunks as `git diff -U3` would."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    found = []
    for group in difflib.SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(3):
        (_, a, _, c, _), (_, _, b, _, d) = group[0], group[-1]
        found.append(Place(a + 1 if b > a else a, b - a, c + 1 if d > c else c, d - c))
    return found


def only(old: str, new: str) -> CodeHunk | LeftOut:
    (place,) = places(old, new)
    return read_hunk(old.encode(), new.encode(), place)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("x = 1\n", "x  =  1  # one\n", "formatting or comments"),
        ('def f():\n    "One."\n    return 1\n', 'def f():\n    "Two."\n    return 1\n', "docstrings"),
        ("import os\nx = 1\n", "import os\nimport sys\nx = 1\n", "imports"),
        ("def f():\n    return 1\n", "def f():\n    import os\n    return 1\n", "imports"),
        ("__all__ = ['a']\n", "__all__ = ['a', 'b']\n", "`__all__`"),
        ("__version__ = '1'\n", "__version__ = '2'\n", "a version"),
        ("def f(a):\n    return a\n", "def f(a: int) -> int:\n    return a\n", "types"),
        ("class C:\n    x: int = 1\n", "class C:\n    x: 'str' = 1\n", "types"),
        ("def f():\n    x = []\n    return x\n", "def f():\n    x: list[int] = []\n    return x\n", "types"),
        ("def f():\n    return g()\n", "def f():\n    return t.cast(int, g())\n", "types"),
        ("__copyright__ = '2015'\n", "__copyright__ = '2026'\n", "a version"),
        ("x = 1\n", "import typing\nx = 1\nif typing.TYPE_CHECKING:\n    y = 2\n", "types"),
        ("def f(a):\n    return a\n", "@overload\ndef f(a): ...\ndef f(a):\n    return a\n", "types"),
        ("class C(object):\n    x = 1\n", "class C:\n    x = 1\n", "another spelling"),
        ("x = u'a'\n", "x = 'a'\n", "another spelling"),
        ("class C(object):\n    'One.'\n", "class C:\n    'Two.'\n", "another spelling"),
        ("x = 1\n", "x = = 1\n", "not Python that can be parsed"),
        ("x = = 1\n", "x = 1\n", "can't be taken back alone"),
    ],
)
def test_what_changes_no_behaviour_is_left_out_with_its_reason(old: str, new: str, why: str) -> None:
    assert only(old, new) == LeftOut(why)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def f():\n    return 60\n", "def f():\n    return 3600\n"),
        ("class C:\n    x: int\n    y: int\n", "class C:\n    x: int\n"),
        ("def f(a=1):\n    return a\n", "def f(a=2):\n    return a\n"),
        ("x = 'a'\n", "x = 'b'\n"),
        ("class C(object):\n    x = 1\n", "class C(dict):\n    x = 1\n"),
        ("class C:\n    a = 0\n    x = 1\n", "class C:\n    a = 0\n    x: int = 1\n"),
        ("def f():\n    class C:\n        x = 1\n", "def f():\n    class C:\n        x: int = 1\n"),
        ("x = cast(1, 2)\n", "x = cast(1, 3)\n"),
        ("x = y\n", "x = table.cast(1, y)\n"),
        ("import os\nx = 1\n", "import sys\nx = 2\n"),
        ("x = 1\n\n\n@one\n\n\n\n\ndef f():\n    pass\n", "x = 1\n\n\n@two\n\n\n\n\ndef f():\n    pass\n"),
        (
            "class C:\n    x = 1\n\n    def f(self):\n        return 1\n",
            "class C:\n    def f(self):\n        return 1\n",
        ),
        ("def f():\n    return 1\n\n\ndef g():\n    return 1\n", "def g():\n    return 1\n"),
        ("a()\nb()\nc()\n", "a()\nb()\nb()\nc()\n"),
    ],
)
def test_what_may_change_behaviour_is_code(old: str, new: str) -> None:
    assert isinstance(only(old, new), CodeHunk)


def test_each_hunk_is_taken_back_alone_and_every_other_byte_stays() -> None:
    old = "".join(f"x{n} = {n}\n" for n in range(40))
    new = old.replace("x3 = 3\n", "x3 = 33\n").replace("x30 = 30\n", "").replace("x20 = 20\n", "x20 = 20\ny = 1\n")
    first, second, third = places(old, new)
    assert revert(old.encode(), new.encode(), first) == new.replace("x3 = 33\n", "x3 = 3\n").encode()
    assert revert(old.encode(), new.encode(), second) == new.replace("y = 1\n", "").encode()
    assert revert(old.encode(), new.encode(), third) == new.replace("x31 =", "x30 = 30\nx31 =").encode()


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_missing_last_newline_comes_back_as_it_was(end: str) -> None:
    old, new = f"x = 1\ny = 2{end}", "x = 1\ny = 3\n"
    assert revert(old.encode(), new.encode(), Place(1, 2, 1, 2)) == old.encode()


def test_a_hunk_knows_the_function_around_it_and_its_literals() -> None:
    old = "def g():\n    pass\n\n\ndef f(unit):\n    if unit == 'h':\n        return 60\n    return 1\n"
    found = only(old, old.replace("60", "3600"))
    assert isinstance(found, CodeHunk)
    assert [one.name for one in found.inside] == ["f"]
    assert found.lines == (7,)
    assert {3600, "h"} <= {one.value for one in found.new_literals}


def test_a_default_is_not_in_the_body_that_only_a_call_runs() -> None:
    found = only("def f(a=1):\n    return a\n", "def f(a=2):\n    return a\n")
    assert isinstance(found, CodeHunk)
    assert found.inside == ()


def test_bytes_that_are_no_text_are_left_out() -> None:
    old, new = b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", b"# -*- coding: latin-1 -*-\nx = '\xe8'\n"
    assert isinstance(read_hunk(old, new, Place(1, 2, 1, 2)), CodeHunk)
    assert read_hunk(b"x = 1\n", b"x = '\xe8'\n", Place(1, 1, 1, 1)) == LeftOut("not text in the encoding it names")
    assert read_hunk(b"", b"x = 1\n" * 200_000, Place(0, 0, 1, 200_000)) == LeftOut("larger than 1 MiB")


def test_the_words_of_a_message_are_no_input() -> None:
    old = "def f(unit):\n    if unit == 'h':\n        raise ValueError('no hours')\n"
    found = only(old, old.replace("'h'", "'hour'").replace("no hours", "hours are no unit"))
    assert isinstance(found, CodeHunk)
    assert [one.value for one in found.new_literals] == ["hour"]
