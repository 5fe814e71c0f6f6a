"""Text from outside, shown so that nothing in it is hidden and nothing looks like something else."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from casework.domain.showing import hidden_in, may_hide, one_line, plainly, twins_in, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("caf\u00e9 \u65e5\u672c", "caf\u00e9 \u65e5\u672c"),
        ("a\u202eb", "a<U+202E>b"),
        ("\x1b[2J", "<U+001B>[2J"),
        ("x\u200by\ufeffz\u00adw", "x<U+200B>y<U+FEFF>z<U+00AD>w"),
        ("one\u2028two\x85three\u00a0four", "one<U+2028>two<U+0085>three<U+00A0>four"),
        ("\u3164\u2800\ufe0e\U000e0101", "<U+3164><U+2800><U+FE0E><U+E0101>"),
        ("\U000e0041\U000e007f\ud800", "<U+E0041><U+E007F><U+D800>"),
        ("a\tb\nc", "a\tb<U+000A>c"),
        ("\U0001f469\u200d\U0001f4bb \u2764\ufe0f", "\U0001f469\u200d\U0001f4bb \u2764\ufe0f"),
        ("a\u200db \u2764\ufe0f\ufe0f", "a<U+200D>b \u2764\ufe0f<U+FE0F>"),
    ],
)
def test_what_is_not_seen_is_shown_as_its_code_point(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_no_control_format_or_odd_blank_of_unicode_stays_hidden() -> None:
    left = {chr(code) for code in range(sys.maxunicode + 1)} - {" "}
    raw = [letter for letter in left if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp", "Zs")]
    assert len(raw) > 2200
    assert [letter for letter in raw if letter in visible(f"x{letter}x", keep="")] == []


def test_shown_text_is_shown_the_same_again() -> None:
    shown = visible("a\u202e\x1b\u200b")
    assert visible(shown) == shown


def test_many_lines_become_one() -> None:
    assert one_line(" a\n b\u2028c\r\nd ") == "a b c d"


def test_a_question_shows_marks_on_letters_too() -> None:
    assert plainly("rm\u0338 x") == "rm<U+0338> x"


def test_hidden_characters_of_a_line_are_named_with_their_place() -> None:
    assert list(hidden_in("\tif a\u202e:\x07")) == [
        (6, "U+202E (right-to-left override)"),
        (8, "U+0007 (control character)"),
    ]


@pytest.mark.parametrize(
    ("line", "odd"),
    [
        ("p\u0430ypal = 1", [(1, "p\u0430ypal", "p<U+0430>ypal")]),
        ("x \uff41\uff42", [(3, "\uff41\uff42", "<U+FF41><U+FF42>")]),
        ("\ufb01le", [(1, "\ufb01le", "<U+FB01>le")]),
        ("\u0441\u043e\u0440", []),
        ("\u041f\u0440\u0438\u0432\u0435\u0442 \u043c\u0438\u0440", []),
        ("\u03bcs \u0394x \u03c0r 1\u00aa x\u00b2 na\u00efve stra\u00dfe", []),
    ],
)
def test_words_that_look_like_others_are_found(line: str, odd: list[tuple[int, str, str]]) -> None:
    assert list(twins_in(line)) == odd


def test_a_word_of_another_script_is_odd_where_its_twin_is_near() -> None:
    assert list(twins_in("\u0441\u043e\u0440", {"cop"})) == [(1, "\u0441\u043e\u0440", "<U+0441><U+043E><U+0440>")]


def test_a_whole_text_is_known_to_hide_nothing() -> None:
    assert not may_hide("plain\n\ttext caf\u00e9 \u65e5\u672c\n" * 1000)
    assert may_hide("x" * 1000 + "\u200b")
    assert may_hide("p\u0430y")
