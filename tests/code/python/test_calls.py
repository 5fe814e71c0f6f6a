"""Inputs that stand somewhere, and inputs near them."""

from __future__ import annotations

import ast

import pytest

from casework.code.python.calls import Call, harvest
from casework.code.python.inputs import Near, as_dict, hints, inputs, near, pool
from casework.code.python.scripts import marked
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
    found = {str(call) for call in inputs(function, [], Near())}
    assert {"0", "-1", "b=True"} <= found


def test_what_is_private_is_entered_by_what_calls_it() -> None:
    text = "def _inner(a):\n    return a\n\ndef outer(a):\n    return _inner(a)\n\ndef other(): ..."
    inner, *_ = found = functions(ast.parse(text))
    assert [door.name for door in doors(found, inner)] == ["outer", "_inner"]


def test_a_method_is_spelled_the_way_people_do() -> None:
    one = Call(("1",))
    assert spelled("__len__", "c", Call()) == "len(c)"
    assert spelled("f", "c", one) == "c.f(1)"
    assert spelled("p", "c", Call(), is_property=True) == "c.p"
    assert spelled("__eq__", "c", one) == "c == 1"
    assert spelled("__radd__", "c", one) == "1 + c"
    assert spelled("__setitem__", "c", Call(("(1, 2)", "3"))) == "c[(1, 2)] = 3"
    assert spelled("__neg__", "c", Call()) == "-c"
    assert spelled("__enter__", "c", Call()) is None


def test_what_a_parameter_was_given_elsewhere_comes_first() -> None:
    (function,) = functions(ast.parse("def f(host, port): ..."))
    found = [str(call) for call in inputs(function, [], Near(known={"host": ["'a.org'"], "port": ["80"]}))]
    assert found[0] == "'a.org', 80"


def test_the_words_of_a_hunk_speak_of_types_and_of_kinds_of_text() -> None:
    assert hints(["isinstance", "Decimal"])[0].endswith("('1.5')")
    assert "float('inf')" in hints(["isinf"])
    assert hints(["x", "return"]) == []


def test_a_quote_is_put_on_both_sides() -> None:
    assert [next(near("'ab'", [word])) for word in ("`", "(")] == ["'`ab`'", "'(ab)'"]


def test_what_an_object_is_made_of_is_near_it() -> None:
    made = marked("shop", "Prices") + "([('a', 1)])"
    assert next(near(made, [])) == "[('a', 1)]"
    assert as_dict("[('a', 1)]") == "{'a': 1}"
    assert as_dict("3") == ""
