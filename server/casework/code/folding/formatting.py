"""Which hunks change the form of a text and nothing that it says.

Python: the tree and the comments are those of before, hunk by hunk and all together. Languages with braces: lines only
moved to the left or right, or empty ones came and went, outside of strings. JSON: the same tokens. Nothing else: where
white space may mean something (YAML, Makefiles, Markdown, shell), no hunk is one of form.
"""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from casework.code.folding.braces import Around, Language, around_lines, language_of
from casework.code.folding.parts import Line, Part, Texts, extension
from casework.code.python.source import parse
from casework.domain.ids import HunkId

MOST_PARSED: Final = 1024 * 1024
"""Characters of Python that are parsed for one change: the parser lets nothing else run meanwhile, so it is bounded."""
_FORM: Final = re.compile(r"[\s'\"(),\\]+")
_PLAIN_SPACE: Final = frozenset("\t\n")
_JSON: Final = re.compile(r"\"(?:\\.|[^\"\\\n])*\"|[{}\[\],:]|[^\s{}\[\],:\"]+|(\s+)")
_ENCODING: Final = re.compile(r"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_COMMENT: Final = re.compile(r"//|/\*|\*|.*\*/$")
_NO_MEANING: Final = frozenset({tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING})


@dataclass(slots=True)
class Budget:
    """How much may still be parsed."""

    left: int = MOST_PARSED
    spent: bool = False
    """Whether something was not looked at for it."""

    def take(self, text: str) -> bool:
        """Tell whether a text may be parsed."""
        if len(text) > self.left:
            self.spent = True
            return False
        self.left -= len(text)
        return True


def formatted(parts: Sequence[Part], texts: Texts, budget: Budget) -> set[HunkId]:
    """Give the hunks of one modified file that change nothing but its form."""
    path = parts[0].file.path
    if parts[0].file.status != "modified" or path not in texts.base or path not in texts.head:
        return set()
    base, head = texts.base[path], texts.head[path]
    likely = [part for part in parts if _same_letters(part)]
    if not likely:
        return set()
    if extension(path) in (".py", ".pyi"):
        return _python(likely, base, head, budget)
    if extension(path) == ".json":
        whole = len(parts) == len(parts[0].file.hunks) and _json(base) is not None and _json(base) == _json(head)
        return {part.hunk.id for part in parts} if whole else set()
    language = language_of(path)
    return _braces(likely, base, head, language) if language is not None else set()


def _same_letters(part: Part) -> bool:
    """Look quickly whether both sides could say the same: what is neither form nor a control must be there twice."""
    sides = ["".join(line.text for line in part.lines if line.sign == sign) for sign in "-+"]
    if any(not letter.isprintable() and letter not in _PLAIN_SPACE for side in sides for letter in set(side)):
        return False
    return _FORM.sub("", sides[0]) == _FORM.sub("", sides[1])


# ---- Python --------------------------------------------------------------------------------------------------------


def _python(parts: Sequence[Part], base: str, head: str, budget: Budget) -> set[HunkId]:
    before = _meaning(base, budget)
    if before is None:
        return set()
    every = {part.hunk.id for part in parts}
    if len(parts) == len(parts[0].file.hunks) and _meaning(head, budget) == before:
        return every
    alone = [part for part in parts if _meaning(_applied(base, [part]), budget) == before]
    together = _meaning(_applied(base, alone), budget) == before if len(alone) > 1 else bool(alone)
    return {part.hunk.id for part in alone} if together else set()


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a module says: its tree, its comments with their places among its words, and its odd letters."""

    tree: str
    comments: tuple[tuple[int, bool, str], ...]
    odd: Counter[str] = field(default_factory=Counter)


def _meaning(text: str, budget: Budget) -> _Meaning | None:
    """Read a module; None where it is none, or too much was parsed."""
    if not budget.take(text) or _other_encoding(text):
        return None
    tree = parse(text)
    if tree is None:
        return None
    try:
        comments = tuple(_comments(text)) if "#" in text else ()
        return _Meaning(ast.dump(tree), comments, Counter(letter for letter in text if ord(letter) > 126))
    except (tokenize.TokenError, SyntaxError, RecursionError, MemoryError):
        return None


def _other_encoding(text: str) -> bool:
    """Tell whether Python would read other letters than these (PEP 263)."""
    found = (_ENCODING.match(line) for line in text.split("\n", 2)[:2])
    return any(one is not None and one[1].lower() not in ("utf-8", "utf8", "ascii") for one in found)


def _comments(text: str) -> Iterable[tuple[int, bool, str]]:
    """Give each comment: how many names and numbers precede it, whether code does in its own line, and its words."""
    words, code_on = 0, -1
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield words, token.start[0] == code_on, token.string.rstrip(" \t")
        elif token.type not in _NO_MEANING:
            code_on = token.end[0]
            words += token.type in (tokenize.NAME, tokenize.NUMBER)


def _applied(base: str, parts: Iterable[Part]) -> str:
    """Give the base with these hunks and no others; lines end with a newline and nothing else."""
    lines = base.split("\n")
    for part in sorted(parts, key=lambda part: part.hunk.old_start, reverse=True):
        hunk = part.hunk
        start = hunk.old_start - 1 if hunk.old_lines else hunk.old_start
        lines[start : start + hunk.old_lines] = [line.text for line in part.lines if line.sign != "-"]
    return "\n".join(lines)


# ---- languages with braces, and JSON -------------------------------------------------------------------------------


def _braces(parts: Sequence[Part], base: str, head: str, language: Language) -> set[HunkId]:
    before, after = around_lines(base, language), around_lines(head, language)
    if before is None or after is None:
        return set()
    return {part.hunk.id for part in parts if _only_shifted(part, before, after)}


def _only_shifted(part: Part, before: Sequence[Around], after: Sequence[Around]) -> bool:
    """Tell whether lines only got other blanks at their ends, or empty ones came and went; none of them in a string."""
    if any(line.text.rstrip(" \t").endswith("\\") for line in part.lines):  # it goes on in the next line
        return False
    for sign, around in (("-", before), ("+", after)):
        if any(_in_string(line, around) for line in part.lines if line.sign == sign):
            return False
    old = [line.text.strip(" \t") for line in part.lines if line.sign != "+"]
    new = [line.text.strip(" \t") for line in part.lines if line.sign != "-"]
    comments = any(_COMMENT.match(line) for line in (*old, *new))
    if old == new:
        # In Go a comment at the very left may be an order to the compiler.
        return not comments or extension(part.file.path) != ".go"
    # An empty line may part a comment from what it is about, and some comments are orders.
    return not comments and [line for line in old if line] == [line for line in new if line]


def _in_string(line: Line, around: Sequence[Around]) -> bool:
    """Tell whether a line begins or ends in a string."""
    here = around[line.number - 1 : line.number + 1]
    return not here or any(one.where == "string" for one in here)


def _json(text: str) -> list[str] | None:
    """Give the tokens of JSON; None where it is none, as where it has comments."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return None
    tokens, at = [], 0
    while at < len(text):
        found = _JSON.match(text, at)
        if found is None or (found[1] is not None and found[1].strip(" \t\n")):
            return None
        if found[1] is None:
            tokens.append(found[0])
        at = found.end()
    return tokens
