"""What can be known of a module by parsing it."""

from __future__ import annotations

import pytest

from casework.code.definitions import LARGEST, Definition, Module, enclosing, read_module, words

CART = '''"""A cart."""

import os


class Cart:
    """Holds things."""

    limit = 3

    def __init__(self):
        self.things = []

    @property
    def total(self) -> int:
        return sum(self.things)

    def _look(self): ...


def empty(cart: Cart, *, all: bool = False) -> None:
    """Empty it."""
    cart.things.clear()  # at once
'''


def read(text: str | bytes) -> Module:
    found = read_module(text)
    assert found is not None
    return found


def named(text: str, name: str) -> Definition:
    return next(one for one in read(text).definitions if one.name == name)


def test_functions_and_methods_are_found_with_their_places() -> None:
    found = [(one.name, one.line, one.end_line, one.is_public, one.does) for one in read(CART).definitions]
    assert found == [
        ("Cart.__init__", 11, 12, True, True),
        ("Cart.total", 15, 16, True, True),
        ("Cart._look", 18, 18, False, False),
        ("empty", 21, 23, True, True),
    ]
    assert named(CART, "empty").signature == "empty(cart, *, all=False)"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""Empty it."""', '"""Takes everything out."""'),
        ("  # at once", "  # and now"),
        ("cart.things.clear()", "cart . things . clear ( )"),
        ("-> None:\n", "-> None:\n\n"),
    ],
    ids=["docstring", "comment", "spaces", "empty line"],
)
def test_what_means_the_same_is_the_same(old: str, new: str) -> None:
    other = CART.replace(old, new)
    assert other != CART
    assert named(other, "empty").whole == named(CART, "empty").whole


def test_a_body_is_other_than_a_signature() -> None:
    taken = CART.replace("all: bool = False", "all: bool = True")
    assert named(taken, "empty").body == named(CART, "empty").body
    assert named(taken, "empty").whole != named(CART, "empty").whole
    done = CART.replace("things.clear()", "things.pop()")
    assert named(done, "empty").body != named(CART, "empty").body


def test_the_rest_of_a_module_is_its_values_and_not_its_functions() -> None:
    assert read(CART.replace("limit = 3", "limit = 4")).rest != read(CART).rest
    assert read(CART.replace("things.clear()", "things.pop()")).rest == read(CART).rest
    assert read(CART.replace("import os", "import sys")).rest == read(CART).rest


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("import os\n\nmain()\n", 3),
        ("x = 1\nfor y in z:\n    pass\n", 2),
        ("try:\n    run()\nexcept Exception:\n    pass\n", 1),
        ("if True:\n    run()\n", 1),
        ('"""Text."""\nX = dict()\n\n\ndef f(): ...\n', 0),
        ("if __name__ == '__main__':\n    main()\n", 0),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import x\n", 0),
        ("try:\n    import tomllib\nexcept ImportError:\n    tomllib = None\n", 0),
    ],
)
def test_a_module_that_does_something_when_it_is_imported_is_known(text: str, line: int) -> None:
    assert read(text).acts_at == line


@pytest.mark.parametrize(
    "text",
    [
        b"def f(:\n", b"x = 1\0", b"\xff\xfe\x00", b"(" * 5000, b"x" + b"+x" * 20_000, b"# coding: nonsense\n",
        b" " * (LARGEST + 1),
    ],
    ids=["syntax", "NUL", "bytes", "deep", "long", "encoding", "large"],
)  # fmt: skip
def test_a_text_that_is_no_module_defines_nothing(text: bytes) -> None:
    assert read_module(text) is None


def test_lines_name_what_they_touch() -> None:
    found = read(CART).definitions
    assert [one.name for one in enclosing(found, 16, 16)] == ["Cart.total"]
    assert [one.name for one in enclosing(found, 12, 22)] == ["Cart.__init__", "Cart.total", "Cart._look", "empty"]
    assert enclosing(found, 8, 9) == []


def test_words_are_read_out_of_names() -> None:
    assert words("shop/HTTPAuth_signIn-v2.py") == ["shop", "http", "auth", "sign", "in", "v", "2", "py"]
