"""What stands around each line of a language with braces: how deep it is, and whether it is in a comment or a string.

Read by a lexer that knows strings and comments and nothing else. Whatever it is not sure of (a pattern in JavaScript, a
string that does not end) makes the whole file unknown: then nothing of it is folded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, Literal

Where = Literal["code", "comment", "string"]


@dataclass(frozen=True, slots=True)
class Language:
    """What has to be known of one."""

    strings: re.Pattern[str]
    """A string or a character, whole."""
    nested_comments: bool = False
    preprocessor: bool = False
    patterns: bool = False
    """Whether a slash may begin a pattern."""
    lifetimes: bool = False
    """Whether a single quote may stand alone."""


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around the beginning of a line."""

    depth: int
    where: Where
    conditions: int = 0
    """How many `#if` are open."""


_PLAIN: Final = r"\"(?:\\[^\n]|[^\"\\\n])*\"|'(?:\\[^\n]|[^'\\\n])*'"
_C: Final = Language(re.compile(r"R\"(\w{0,16})\((?s:.*?)\)\1\"|" + _PLAIN), preprocessor=True)
_JAVA: Final = Language(re.compile(r"\"\"\"(?s:(?:\\.|.)*?)\"\"\"|" + _PLAIN))
_GO: Final = Language(re.compile(r"`[^`]*`|" + _PLAIN))
_RUST: Final = Language(
    re.compile(r"\bb?r(#{0,16})\"(?s:.*?)\"\1|\"(?s:(?:\\.|[^\"\\])*)\"|'(?:\\[^'\n]+|[^'\\\n])'"),
    nested_comments=True,
    lifetimes=True,
)
_SCRIPT: Final = Language(
    re.compile(r"`(?:\\(?s:.)|[^`\\$]|\$(?!\{)|\$\{[\w.\[\]()!?\s,+*-]*\})*`|" + _PLAIN), patterns=True
)
LANGUAGES: Final = {
    **dict.fromkeys((".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp"), _C),
    ".java": _JAVA,
    ".go": _GO,
    ".rs": _RUST,
    **dict.fromkeys((".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"), _SCRIPT),
}
_TOKEN: Final = re.compile(r"[^\"'`/{}\nRbr]+|.|\n", re.DOTALL)
_UNSURE: Final = re.compile(r"[\"'`{}/*]")
_OTHER_SIGNS: Final = ("<%", "%>", "<:", "??", "%:")
"""Other spellings of braces in C."""
_OTHER_COMMENTS: Final = ("<!--", "-->", "\u2028", "\u2029")
"""What else begins a comment in JavaScript, or ends one."""


def language_of(path: str) -> Language | None:
    """Tell by its name which language with braces a file is in."""
    return LANGUAGES.get(PurePosixPath(path).suffix)


def around_lines(text: str, language: Language) -> list[Around] | None:
    """Give what stands around the beginning of each line; None where that can't be told."""
    if language.preprocessor and any(sign in text for sign in _OTHER_SIGNS):
        return None
    if language.patterns and any(sign in text for sign in _OTHER_COMMENTS):
        return None
    return _Lexer(text, language).run()


class _Lexer:
    def __init__(self, text: str, language: Language) -> None:
        self._text, self._language = text, language
        self._found = [Around(0, "code")]
        self._depth = self._conditions = 0
        self._at = 0

    def run(self) -> list[Around] | None:
        text, language = self._text, self._language
        while self._at < len(text):
            two = text[self._at : self._at + 2]
            if two == "//":
                if not self._line_comment():
                    return None
            elif two == "/*":
                if not self._comment():
                    return None
            elif found := language.strings.match(text, self._at):
                self._skip(found.end(), "string")
            elif not self._sign(text[self._at]):
                return None
        return self._found if not self._depth and not self._conditions else None

    def _sign(self, sign: str) -> bool:
        """Take one plain token; tell whether it is understood."""
        text, language = self._text, self._language
        if sign in '"`' or (sign == "'" and not language.lifetimes):
            return False  # a string that does not end
        if sign == "/" and language.patterns:
            end = text.find("\n", self._at)
            if _UNSURE.search(text, self._at + 1, end if end >= 0 else len(text)):
                return False
        if sign == "{":
            self._depth += 1
        elif sign == "}":
            self._depth -= 1
            if self._depth < 0:
                return False
        elif sign == "\n":
            self._at += 1
            self._line("code")
            return self._condition() if language.preprocessor else True
        found = _TOKEN.match(text, self._at)
        end = found.end() if found is not None and sign not in "\"'`/{}Rbr" else self._at + 1
        self._skip(end, "code")
        return True

    def _condition(self) -> bool:
        found = re.compile(r"[ \t]*#[ \t]*(if|ifdef|ifndef|endif)\b").match(self._text, self._at)
        if found is not None:
            self._conditions += -1 if found[1] == "endif" else 1
        return self._conditions >= 0

    def _line_comment(self) -> bool:
        end = self._text.find("\n", self._at)
        end = end if end >= 0 else len(self._text)
        goes_on = self._language.preprocessor and self._text[self._at : end].rstrip().endswith("\\")
        self._at = end
        return not goes_on

    def _comment(self) -> bool:
        deep, at = 0, self._at
        for found in re.compile(r"/\*|\*/").finditer(self._text, at):
            if found[0] == "*/":
                deep -= 1
            elif not deep or self._language.nested_comments:
                deep += 1
            if deep == 0:
                self._skip(found.end(), "comment")
                return True
        return False

    def _skip(self, end: int, where: Where) -> None:
        """Go on at `end`; the lines that begin on the way begin in a comment, or in a string."""
        for _ in range(self._text.count("\n", self._at, end)):
            self._line(where)
        self._at = end

    def _line(self, where: Where) -> None:
        self._found.append(Around(self._depth, where, self._conditions))
