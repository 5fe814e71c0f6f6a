"""Inputs that stand somewhere, and inputs near them."""

from __future__ import annotations

import ast

import pytest

from casework.code.python.calls import Call, harvest
from casework.code.python.inputs import inputs, near, pool
from casework.code.python.shape import doors, functions, spelled


def calls(text: str, name: str = "parse") -> list[str]:
    return [str(call) for call in harvest([ast.parse(text)], [name])[name]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("assert parse('1h') == 60", ["'1h'"]),
        ("assert m.parse('1h', strict=True)", ["'1h', strict=True"]),
        ("def test():\n    given = '5m'\n    parse(given)", ["'5m'"]),
        ("@pytest.mark.parametrize('a', ['1s', '2m'])\ndef test(a):\n    parse(a)", ["'1s'", "'2m'"]),
        ("@mark.parametrize(('a', 'b'), [(1, 2), param(3, 4)])\ndef t(a, b):\n    parse(a, b)", ["1, 2", "3, 4"]),
        ('def parse(a):\n    """\n    >>> x = "3d"\n    >>> parse(x)\n    """', ["'3d'"]),
        ("parse(lambda x: x + 1)", ["lambda x: x + 1"]),
        ("parse(unknown)", []),
        ("parse(*many)", []),
        ("parse(os.environ)", []),
        ("parse(open('/etc/passwd'))", []),
        ("parse(parse('1h'))", ["'1h'"]),
    ],
)
def test_only_what_can_be_written_down_again_is_taken(text: str, found: list[str]) -> None:
    assert calls(text) == found


def test_the_words_of_a_commit_are_values() -> None:
    assert pool([], ['Let "1h" be 3600 seconds, and `parse` refuse 1.5']) == ["1h", 3600, "parse", 1.5]


def test_a_literal_of_the_hunk_comes_in_the_place_of_what_stands_there() -> None:
    assert "'5h'" in list(near("'5m'", ["h"]))
    assert "3600" in list(near("60", [3600]))
    assert "False" in list(near("True", []))


def test_boundaries_come_by_annotation_where_nothing_calls_it() -> None:
    (function,) = functions(ast.parse("def f(a: int, *, b: bool = False): ..."))
    found = {str(call) for call in inputs(function, [], [])}
    assert {"0", "-1", "b=True"} <= found


def test_what_is_private_is_entered_by_what_calls_it() -> None:
    text = "def _inner(a):\n    return a\n\ndef outer(a):\n    return _inner(a)\n\ndef other(): ..."
    inner, *_ = found = functions(ast.parse(text))
    assert [door.name for door in doors(found, inner)] == ["outer", "_inner"]


def test_a_method_is_spelled_the_way_people_do() -> None:
    text = "class C:\n    def __len__(self): ...\n    def f(self, a): ...\n    @property\n    def p(self): ..."
    length, f, p = functions(ast.parse(text))
    assert spelled(length, "C()", "") == "len(C())"
    assert spelled(f, "C()", "1") == "C().f(1)"
    assert spelled(p, "C()", "") == "C().p"
    assert str(Call(("1",), (("b", "2"),))) == "1, b=2"
