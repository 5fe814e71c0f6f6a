"""Moved blocks are one decision, and nothing else passes for one."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.code.folding.reading import folds, read

PAY = '''def pay(card, amount):
    """Take the money."""
    if amount <= 0:
        raise ValueError(amount)

    return card.take(amount)
'''
REST = "".join(f"\n\ndef f{n}(x):\n    return x + {n}\n" for n in range(6))
OTHER = "".join(f"\n\ndef g{n}(x):\n    return x * {n}\n" for n in range(6))
A, B = "import os\n" + REST + "\n\n" + PAY, "import sys\n" + OTHER
A_WITHOUT, B_WITH = "import os\n" + REST, "import sys\n" + OTHER + "\n\n" + PAY


def test_a_function_that_went_to_another_file_is_one_decision() -> None:
    assert folds({"a.py": A, "b.py": B}, {"a.py": A_WITHOUT, "b.py": B_WITH}) == [
        ("moved", "moved 6 lines from a.py to b.py, unchanged", 2)
    ]


def test_a_function_that_went_elsewhere_in_its_file_is_one_decision() -> None:
    head = "import os\n\n\n" + PAY + REST
    assert folds({"a.py": A}, {"a.py": head}) == [("moved", "moved 6 lines within a.py, unchanged", 2)]


def test_a_method_moves_within_its_class() -> None:
    method = "    def pay(self):\n        check(self)\n        return 1\n"
    rest = "".join(f"\n    def f{n}(self):\n        return {n}\n" for n in range(6))
    base, head = f"class Card:\n    x = 1\n\n{method}{rest}", f"class Card:\n    x = 1\n{rest}\n{method}"
    assert folds({"a.py": base}, {"a.py": head}) == [("moved", "moved 3 lines within a.py, unchanged", 2)]


def test_two_moves_that_share_a_hunk_are_one_decision() -> None:
    second = PAY.replace("pay", "refund")
    base = {"a.py": A + "\n\n" + second, "b.py": B, "c.py": "import re\n" + OTHER}
    head = {"a.py": A_WITHOUT, "b.py": B_WITH, "c.py": "import re\n" + OTHER + "\n\n" + second}
    assert folds(base, head) == []  # what went is one block, what came are two


@pytest.mark.parametrize(
    ("base", "head"),
    [
        pytest.param(PAY, PAY.replace("<= 0", "< 0"), id="one character"),
        pytest.param(PAY, PAY.replace("card.take", "c\u0430rd.take"), id="a letter that looks the same"),
        pytest.param(PAY, PAY.replace("Take the", "Take\u200b the"), id="a hidden character"),
        pytest.param(PAY, PAY.replace("    return", "        return"), id="one line goes inside"),
        pytest.param("@app.route('/')\n" + PAY, "@app.route('/')\n" + PAY, id="a decorator that registers"),
        pytest.param(PAY.replace("amount", "a"), PAY.replace("amount", "b"), id="another name"),
    ],
)
def test_what_only_looks_like_a_move_is_read(base: str, head: str) -> None:
    one = {"a.py": "import os\n" + REST + "\n\n" + base, "b.py": B}
    assert folds(one, {"a.py": A_WITHOUT, "b.py": "import sys\n" + OTHER + "\n\n" + head}) == []


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(
            "import sys\n" + OTHER + "\n\nTEXT = '''\n\n" + PAY.replace("'''", '"""') + "'''\n", id="in a string"
        ),
        pytest.param("from x import *\n" + OTHER + "\n\n" + PAY, id="beside a star"),
        pytest.param("import sys\n" + OTHER + "\n\n" + PAY + "\n\ndel pay\n", id="taken away again"),
        pytest.param(
            "import sys\n" + OTHER + "\n\nif sys.argv:\n    pass\n\n\n" + PAY + "    x()\n", id="with one line more"
        ),
    ],
)
def test_a_place_that_gives_the_lines_another_meaning_is_no_move(target: str) -> None:
    assert folds({"a.py": A, "b.py": B}, {"a.py": A_WITHOUT, "b.py": target}) == []


def test_a_definition_that_wins_over_a_namesake_is_read() -> None:
    namesake = "import sys\n\n\ndef pay(card):\n    pass\n" + OTHER
    assert folds({"a.py": A, "b.py": namesake}, {"a.py": A_WITHOUT, "b.py": namesake + "\n\n" + PAY}) == []


def test_lines_that_run_where_they_stand_do_not_move() -> None:
    check = "    if not user.may(card):\n        log(user)\n        raise Refused(user)\n"
    body = "".join(f"    step{n}(card)\n" for n in range(12))
    base, head = f"def pay(user, card):\n{check}{body}", f"def pay(user, card):\n{body}{check}"
    assert folds({"a.py": base}, {"a.py": head}) == []


def test_a_test_is_never_only_moved() -> None:
    one = {"tests/test_a.py": A, "tests/old.py": B}
    assert folds(one, {"tests/test_a.py": A_WITHOUT, "tests/old.py": B_WITH}) == []


def test_what_steers_tools_is_never_only_moved() -> None:
    assert folds({"a.py": A, "setup.py": B}, {"a.py": A_WITHOUT, "setup.py": B_WITH}) == []


def test_a_whole_file_that_is_taken_apart_is_read_where_it_changed() -> None:
    assert folds({"a.py": PAY, "b.py": B}, {"b.py": B_WITH}) == [
        ("moved", "moved 6 lines from a.py to b.py, unchanged", 2)
    ]


GO = "func Pay(card Card) error {\n\tif card.Gone() {\n\t\treturn errGone\n\t}\n\treturn nil\n}\n"
GO_REST = "".join(f"\nfunc F{n}() int {{\n\treturn {n}\n}}\n" for n in range(6))
C = "static int pay(int card)\n{\n\tif (card < 0)\n\t\treturn -1;\n\treturn 0;\n}\n"


def test_a_function_with_braces_moves_at_the_top() -> None:
    base = {"a.go": "package a\n" + GO_REST + "\n" + GO, "b.go": "package a\n" + GO_REST.replace("F", "G")}
    head = {"a.go": "package a\n" + GO_REST, "b.go": "package a\n" + GO_REST.replace("F", "G") + "\n" + GO}
    assert folds(base, head) == [("moved", "moved 6 lines from a.go to b.go, unchanged", 2)]


@pytest.mark.parametrize(
    ("path", "block", "before", "behind"),
    [
        pytest.param("x.go", GO, "/*\n", "*/\n", id="into a comment"),
        pytest.param("x.go", GO, "var s = `\n", "`\n", id="into a string"),
        pytest.param("x.c", C.replace(")\n{", ") {"), "#if 0\n", "#endif\n", id="into a condition"),
        pytest.param(
            "x.js", "function pay(c) {\n  check(c);\n  return c;\n}\n", "if (x) {\n", "}\n", id="into a branch"
        ),
        pytest.param("x.js", "run('x', () => {\n  check(c);\n  return c;\n})\n", "\n", "\n", id="a call"),
        pytest.param(
            "x.js", "function pay(c) {\n  check(c);\n  return c;\n}\n", 'a = /"/; /* "\n', "// */\n", id="a pattern"
        ),
        pytest.param(
            "x.md", "Never do this\nwithout asking\nsomebody first.\n", "<!--\n", "-->\n", id="into a comment of prose"
        ),
        pytest.param("x.yml", "a:\n  b: 1\n  c: 2\n  d: 3\n", "\n", "\n", id="where nothing is known"),
    ],
)
def test_a_block_that_moves_into_something_else_is_read(path: str, block: str, before: str, behind: str) -> None:
    sign = "//" if path[-1] in "gocs" else "#"
    fill = "".join(f"{sign} {n}\n" for n in range(12))
    there = f"{before}{sign} kept\n"
    assert folds({path: there + behind + fill + block}, {path: there + block + behind + fill}) == []


@pytest.mark.parametrize(
    ("path", "block"),
    [
        ("x.go", GO),
        ("x.c", C.replace(")\n{", ") {")),
        ("x.js", "function pay(c) {\n  check(c);\n  return c;\n}\n"),
        ("x.ts", "export class Card {\n  a = `x`;\n  b = 1 / 2;\n}\n"),
        ("x.rs", "/// Pays.\n#[inline]\npub fn pay<'a>(c: &'a Card) -> char {\n    '\"'\n}\n"),
        ("X.java", 'final class Card {\n  String a = "}";\n  int b;\n}\n'),
        ("x.md", "Never do this\nwithout asking\nsomebody first.\n"),
    ],
)
def test_the_same_blocks_move_where_they_mean_the_same(path: str, block: str) -> None:
    fill = "".join(f"{'#' if path == 'x.md' else '//'} {n}\n" for n in range(12))
    lines = block.count("\n")
    assert folds({path: fill + block}, {path: block + fill}) == [
        ("moved", f"moved {lines} lines within {path}, unchanged", 2)
    ]


def test_prose_moves() -> None:
    words = "Never do this\nwithout asking\nsomebody first.\n"
    fill = "".join(f"Line {n}.\n" for n in range(12))
    assert folds({"x.md": words + fill}, {"x.md": fill + words}) == [
        ("moved", "moved 3 lines within x.md, unchanged", 2)
    ]


# ---- no fold hides a change: told by counting lines ----------------------------------------------------------------

_BLOCKS = (
    *(f"def p{n}(a):\n    b = a + {n}\n    c = b\n    return c\n\n\n" for n in range(5)),
    "def p0(a):\n    b = a + 0\n    c = b\n    return b\n\n\n",
    "x = 1\n",
    "@mark\ndef q(a):\n    b = a\n    c = b\n    return c\n\n\n",
    "class P:\n    def p1(a):\n        b = a\n        c = b\n        return c\n\n\n",
)
_texts = st.lists(st.sampled_from(_BLOCKS), max_size=6).map("".join)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.tuples(_texts, _texts), st.tuples(_texts, _texts))
def test_what_is_folded_as_moved_takes_away_what_it_brings(base: tuple[str, str], head: tuple[str, str]) -> None:
    before, after = (dict(zip(("a.py", "b.py"), side, strict=True)) for side in (base, head))
    if before == after:
        return
    change = read(before, after)
    places = change.places
    for fold in change.folds:
        if fold.kind != "moved":
            continue
        lines: dict[str, Counter[str]] = {"-": Counter(), "+": Counter()}
        for name in fold.hunks:
            file, hunk = places[name]
            assert hunk is not None
            old = before[file.path].split("\n")[max(hunk.old_start - 1, 0) :][: hunk.old_lines]
            new = after[file.path].split("\n")[max(hunk.new_start - 1, 0) :][: hunk.new_lines]
            lines["-"] += Counter(line for line in old if line)
            lines["+"] += Counter(line for line in new if line)
        assert lines["-"] == lines["+"]
