"""What says the same in another form is one decision, and nothing else passes for it."""

from __future__ import annotations

import types

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.domain.change import Change
from casework.domain.ids import HunkId
from tests.code.folding.reading import folds, read

FILL = "".join(f"x{n} = {n}\n" for n in range(10))


@pytest.mark.parametrize(
    ("path", "base", "head"),
    [
        ("a.py", "f(a,b)\n", "f(a, b)\n"),
        ("a.py", "f(a, b)\n", "f(\n    a,\n    b,\n)\n"),
        ("a.py", "x = 'a'\n", 'x = "a"\n'),
        ("a.py", "if a:\n  b()\n", "if a:\n    b()\n"),
        ("a.py", "f(a,b)  # why\n", "f(a, b)  # why\n"),
        ("a.go", "func f() {\n  x()\n}\n", "func f() {\n\tx()\n}\n"),
        ("a.ts", "if (a) {\n  x(`b`)\n}\n", "if (a) {\n    x(`b`)\n}\n"),
        ("a.c", "int f(void) {\n\treturn 1;\n}\n", "int f(void) {\n\n\treturn 1;\n}\n"),
        ("a.json", '{"a":[1,2]}\n', '{\n  "a": [1, 2]\n}\n'),
    ],
)
def test_another_form_is_one_decision(path: str, base: str, head: str) -> None:
    fill = "" if path == "a.json" else FILL if path.endswith(".py") else "// x\n" * 10 if path == "a.ts" else ""
    assert folds({path: fill + base}, {path: fill + head}) == [
        ("formatted", f"{path} reformatted: it says the same", 1)
    ]


@pytest.mark.parametrize(
    ("path", "base", "head"),
    [
        pytest.param("a.py", "x = 'a b'\n", "x = 'a  b'\n", id="a blank in a string"),
        pytest.param("a.py", "x = '''a\n  b'''\n", "x = '''a\n    b'''\n", id="an indent in a string"),
        pytest.param("a.py", '"""Say.\n\n  it.\n"""\n', '"""Say.\n\n    it.\n"""\n', id="an indent in a docstring"),
        pytest.param("a.py", "x = 'a'\n", "x = 'a\u200b'\n", id="a hidden character"),
        pytest.param("a.py", "fi = 1\n", "\ufb01 = 1\n", id="another form of a letter"),
        pytest.param("a.py", "f(a,b)\n", "f(a, b)\x0c\n", id="a form feed"),
        pytest.param("a.py", "if a:\n    b()\nc()\n", "if a:\n    b()\n    c()\n", id="a line goes inside"),
        pytest.param("a.py", "return_ = 1\n", "return_ = (1,)\n", id="a tuple"),
        pytest.param("a.py", "f(a,b)  # noqa\n", "f(a, b)\n", id="a comment goes"),
        pytest.param("a.py", "# type: ignore\nf(a,b)\n", "f(a, b)  # type: ignore\n", id="a comment goes elsewhere"),
        pytest.param("a.py", "x = 1  # noqa\n", "x = 1\n# noqa\n", id="a comment goes to a line of its own"),
        pytest.param("a.py", "f(a, # noqa\n b)\n", "f(a,\n b # noqa\n)\n", id="a comment goes on to another word"),
        pytest.param("a.go", "//go:noinline\nfunc f() {\n}\n", " //go:noinline\nfunc f() {\n}\n", id="an order in Go"),
        pytest.param("a.py", "x = 'a' 'b'\n", "x = 'a', 'b'\n", id="a comma"),
        pytest.param("a.py", "x = (a, b)\n", "x = a(b)\n", id="a call"),
        pytest.param("a.py", "f(a,b)\n", "f(a, b\n", id="what can't be parsed"),
        pytest.param("a.py", "# coding: utf-7\nf(a,b)\n", "# coding: utf-7\nf(a, b)\n", id="another encoding"),
        pytest.param("a.py", "f(a,b)\n", "f(a, b)\r\n", id="a carriage return"),
        pytest.param("a.go", "var x = `\n  a\n`\n", "var x = `\n\ta\n`\n", id="in a raw string"),
        pytest.param(
            "a.go", "//go:build linux\n\npackage a\n", "//go:build linux\npackage a\n", id="a comment that orders"
        ),
        pytest.param("a.ts", "return\n  x\n", "return x\n", id="a line end that ends a statement"),
        pytest.param("a.ts", "x = `\n  a`\n", "x = `\n    a`\n", id="in a template"),
        pytest.param("a.rs", 'x = "a\n  b";\n', 'x = "a\n    b";\n', id="in a string of Rust"),
        pytest.param("a.c", "#define A \\\n  b\n", "#define A \\\n\n  b\n", id="behind a backslash"),
        pytest.param("a.c", "x = a - -b;\n", "x = a --b;\n", id="inside a line"),
        pytest.param("a.json", '{"a": "x y"}\n', '{"a": "x  y"}\n', id="in a string of JSON"),
        pytest.param("a.json", '// x\n{"a":1}\n', '// x {"a": 1}\n', id="a comment in JSON"),
        pytest.param("a.json", '{"a": 1, "b": 2}\n', '{"b": 2, "a": 1}\n', id="another order"),
        pytest.param("a.yml", "a:\n  b: 1\n", "a:\n    b: 1\n", id="YAML"),
        pytest.param("Makefile", "a:\n\tb\n", "a:\n        b\n", id="a Makefile"),
        pytest.param("a.md", "a  \nb\n", "a\nb\n", id="a line break in Markdown"),
        pytest.param("a.sh", "cat <<x\n  a\nx\n", "cat <<x\n a\nx\n", id="shell"),
    ],
)
def test_what_may_mean_something_else_is_read(path: str, base: str, head: str) -> None:
    assert folds({path: base}, {path: head}) == []


def test_a_hunk_of_form_is_folded_beside_one_that_is_read() -> None:
    base = "f(a,b)\n" + FILL + "y = 1\n"
    head = "f(a, b)\n" + FILL + "y = 2\n"
    assert folds({"a.py": base}, {"a.py": head}) == [("formatted", "a.py reformatted, 1 hunk: it says the same", 1)]


def test_many_files_of_form_are_one_decision() -> None:
    names = [f"m{n}.py" for n in range(12)]
    base, head = dict.fromkeys(names, "f(a,b)\n"), dict.fromkeys(names, "f(a, b)\n")
    assert folds(base, head) == [("formatted", "12 files reformatted: it says the same", 12)]


def test_what_steers_tools_is_read_in_whatever_form() -> None:
    assert folds({"setup.py": "f(a,b)\n"}, {"setup.py": "f(a, b)\n"}) == []


# ---- no fold hides a change: told by the compiler, which folding does not use ----------------------------------------

_LINES = (
    "x = f(a,b)", "x = f(a, b)", "x = f(\n    a,\n    b,\n)", "x = (f(a,b))", "s = 'q r'", 's = "q r"', "s = 'q  r'",
    "s = '''q\n  r'''", "s = '''q\nr'''", "if a:\n  b = 1\n  c = 2", "if a:\n    b = 1\n    c = 2",
    "if a:\n    b = 1\nc = 2", "# said\nd = 1", "d = 1  # said", "d = 1", "d=1", "t = 1,", "t = (1,)", "t = 1",
    "u = a if b else c", "u = (a if b\n     else c)", "def g(v):\n  'text'\n  return v",
    "def g(v):\n    'text'\n    return v", "def g(v):\n    'text '\n    return v", "w = x[1:2]",
    "w = x[1 : 2]", "w = x[1, 2]", "k = not a", "k = a",
)  # fmt: skip
_files = st.lists(st.sampled_from(_LINES), min_size=3, max_size=14).map(lambda lines: "\n".join(lines) + "\n")


@st.composite
def _pairs(draw: st.DrawFn) -> tuple[str, str]:
    """Two files that have much in common: some statements in another form, or another statement."""
    lines = draw(st.lists(st.sampled_from(_LINES), min_size=6, max_size=24))
    other = [draw(st.sampled_from(_LINES)) if draw(st.integers(0, 3)) == 0 else line for line in lines]
    return "\n".join(lines) + "\n", "\n".join(other) + "\n"


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_pairs())
def test_what_is_folded_as_form_compiles_to_the_same(pair: tuple[str, str]) -> None:
    base, head = pair
    change = read({"a.py": base}, {"a.py": head}) if base != head else None
    folded = {hunk for fold in change.folds if fold.kind == "formatted" for hunk in fold.hunks} if change else set()
    if change is not None and folded:
        assert compiled(_with(base, head, change, folded)) == compiled(base)


def test_the_other_way_to_tell_can_fail() -> None:
    assert compiled("x = f(a,b)\n") == compiled("x = f(\n  a, b)\n") != compiled("x = f(b, a)\n")


def _with(base: str, head: str, change: Change, folded: set[HunkId]) -> str:
    """Put the folded hunks into the base by their positions."""
    old, new = base.split("\n"), head.split("\n")
    for hunk in sorted(change.files[0].hunks, key=lambda hunk: -hunk.old_start):
        if hunk.id in folded:
            start, begin = hunk.old_start - (hunk.old_lines > 0), hunk.new_start - (hunk.new_lines > 0)
            old[start : start + hunk.old_lines] = new[begin : begin + hunk.new_lines]
    return "\n".join(old)


def compiled(text: str) -> object:
    return _bare(compile(text, "x", "exec", dont_inherit=True))


def _bare(code: types.CodeType) -> tuple[object, ...]:
    """Give what a code object does, without where it stands."""
    constants = tuple(_bare(one) if isinstance(one, types.CodeType) else one for one in code.co_consts)
    return (code.co_code, constants, code.co_names, code.co_varnames, code.co_name)
