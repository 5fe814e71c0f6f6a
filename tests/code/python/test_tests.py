"""One test more, written the way the others in its file are; every byte that stood there stays."""

from __future__ import annotations

import difflib

import pytest

from casework.code.python.scripts import IT, Script, marked
from casework.code.python.tests import NewTest, add_test


def new(expected: str = "3600", **more: object) -> NewTest:
    script = Script(marked("dur.units", "parse") + "('1h')")
    given: dict[str, object] = {"script": script, "form": "{}", "root": "parse", "stem": "parse_1h"}
    return NewTest(**{**given, "expected": expected, **more})  # type: ignore[arg-type]


def added(text: str, test: NewTest | None = None) -> list[str]:
    """Give the lines that came; nothing else may have changed."""
    written = add_test(text.encode(), test or new())
    assert written is not None
    compile(written.content, "test", "exec")
    lines = list(difflib.ndiff(text.splitlines(), written.content.decode().splitlines()))
    assert [line for line in lines if line.startswith("-")] == []
    return [line[2:] for line in lines if line.startswith("+ ") and line[2:].strip()]


def test_a_function_beside_functions() -> None:
    text = "from dur.units import parse\n\n\ndef test_a():\n    assert parse('1s') == 1\n"
    assert added(text) == ["def test_parse_1h():", "    assert parse('1h') == 3600"]


def test_annotations_quotes_and_the_way_of_importing_are_the_neighbours() -> None:
    text = 'import pytest\nfrom dur import units as u\n\n\ndef test_a() -> None:\n    assert u.parse("1s") == 1\n'
    assert added(text) == ["def test_parse_1h() -> None:", '    assert u.parse("1h") == 3600']


def test_what_is_not_imported_yet_is_imported_behind_the_others() -> None:
    text = '"""Tests."""\nimport os\n\n\ndef test_a():\n    pass\n'
    raises = new("", raises=("ValueError", "builtins"))
    assert added(text, raises) == [
        "import pytest",
        "from dur.units import parse",
        "def test_parse_1h():",
        "    with pytest.raises(ValueError):",
        "        parse('1h')",
    ]


def test_a_method_in_the_unittest_class_that_speaks_of_it() -> None:
    text = (
        "import unittest\nfrom dur.units import parse\n\n\nclass ParseTest(unittest.TestCase):\n"
        "    def test_a(self):\n        self.assertEqual(parse('1s'), 1)\n\n\n"
        "class OtherTest(unittest.TestCase):\n    def test_b(self):\n        pass\n"
    )
    written = add_test(text.encode(), new())
    assert written is not None
    assert written.test == "ParseTest::test_parse_1h"
    assert added(text) == ["    def test_parse_1h(self):", "        self.assertEqual(parse('1h'), 3600)"]
    message = new("", raises=("ValueError", "builtins"), message="no (h)")
    text = text.replace("pass", "self.assertRaisesRegex(ValueError, 'x', int, 'y')")
    assert "        with self.assertRaisesRegex(ValueError, r'no\\ \\(h\\)'):" in added(text, message)


def test_a_name_that_is_taken_gets_a_number() -> None:
    text = "from dur.units import parse\n\n\ndef test_parse_1h():\n    assert parse('1h')\n"
    assert added(text, new("True"))[0] == "def test_parse_1h_2():"
    assert added(text, new("True"))[1] == "    assert parse('1h') is True"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_ends_stay(newline: str) -> None:
    text = f"from dur.units import parse{newline}{newline}{newline}def test_a():{newline}    pass{newline}"
    written = add_test(text.encode(), new())
    assert written is not None
    assert written.content.startswith(text.encode())
    assert written.content.count(b"\n") == written.content.count(newline.encode())


def test_a_file_that_can_not_be_read_is_left_alone() -> None:
    assert add_test(b"def test(:\n", new()) is None
    assert add_test(b"x = '\xff'\n", new()) is None


FUNCTIONS = "from shop import Prices\n\n\ndef test_a():\n    pass\n"


def of_object(*more: str, act: str, form: str, expected: str) -> NewTest:
    script = Script(act, (f"{IT} = {marked('shop', 'Prices')}({{'a': 1}})", *more))
    return new(expected, script=script, form=form, root="Prices", stem="prices")


def test_an_object_that_is_used_once_has_no_name() -> None:
    made = of_object(act=f"{IT} == {{'a': 2}}", form="{}", expected="False")
    assert added(FUNCTIONS, made) == ["def test_prices():", "    assert (Prices({'a': 1}) == {'a': 2}) is False"]


def test_what_was_done_to_an_object_stands_before_what_is_looked_at() -> None:
    made = of_object(f"{IT}.add('b', 2)", act=f"{IT}['c'] = 3", form=f"len({IT})", expected="3")
    assert added(FUNCTIONS, made) == [
        "def test_prices():",
        "    prices = Prices({'a': 1})",
        "    prices.add('b', 2)",
        "    prices['c'] = 3",
        "    assert len(prices) == 3",
    ]


def test_what_is_printed_and_warned_of_is_looked_at_the_way_pytest_does() -> None:
    assert added(FUNCTIONS, new("'60\\n'", form="out"))[1:] == [
        "def test_parse_1h(capsys):",
        "    parse('1h')",
        "    assert capsys.readouterr().out == '60\\n'",
    ]
    warned = new("", form="warned", raises=("DeprecationWarning", "builtins"))
    assert "    with pytest.warns(DeprecationWarning):" in added(FUNCTIONS, warned)


def test_a_value_may_need_an_import_of_its_own() -> None:
    later = new(f"{marked('datetime', 'timedelta')}(hours=1)")
    assert "from datetime import timedelta" in added(FUNCTIONS, later)
    known = "import datetime as dt\n" + FUNCTIONS + "    dt.timedelta(1)\n"
    assert added(known, later)[-1] == "    assert parse('1h') == dt.timedelta(hours=1)"


def test_a_message_is_no_test_where_no_test_looks_at_messages() -> None:
    message = new("", raises=("ValueError", "builtins"), message="no (h)")
    assert add_test(FUNCTIONS.encode(), message) is None
