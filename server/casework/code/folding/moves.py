"""Blocks of lines that were taken away here and put there, unchanged.

The same lines at another place may mean something else. So a block counts as moved only where it is made of whole
definitions that stand in the same scope on both sides (the top of a file; in Python also the same class), or of prose;
a test counts never, because whether it still runs is not seen from its lines.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from casework.code.folding.braces import Around, around_lines, language_of
from casework.code.folding.formatting import Budget
from casework.code.folding.parts import Line, Part, Texts, extension, fold_of, many
from casework.code.python.source import parse
from casework.domain.change import Fold
from casework.domain.reading import is_test

_FEWEST_LINES: Final = 3
_WITH_A_WORD: Final = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".go", ".rs")
"""Of languages where every definition begins with a word that says so."""
_PROSE: Final = (".md", ".rst")
_FENCE: Final = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
_LONGEST_LINE: Final = 1000
_DEFINES: Final = re.compile(
    r"(?:(?:export|default|public|private|protected|static|final|abstract|async|pub(?:\([\w:]+\))?|unsafe|inline|const"
    r"|extern)\s+)*(?:function|class|interface|enum|type|struct|trait|impl|fn|func|record|union)\b(?!\s*[=(])"
)
_FUNCTION: Final = re.compile(
    r"(?!(?:if|for|while|switch|catch|do|else|return|try|new|throw)\b)[\w:<>,&*\[\]\s~]+\([^;{}]*\)[^;{}=]*\{"
)
"""In languages where a function has no word of its own and no statement stands at the top."""
_WITHOUT_EFFECT: Final = frozenset(
    {"staticmethod", "classmethod", "property", "cached_property", "dataclass", "cache", "lru_cache", "wraps", "final",
     "override", "abstractmethod", "contextmanager", "asynccontextmanager", "total_ordering", "unique"}
)  # fmt: skip
"""Decorators that register nothing anywhere, so that the order of what they decorate does not matter."""
_BEFORE: Final = re.compile(r"//|/\*|\*|@\w|#\[")
"""What may stand before a definition: a comment, an annotation, an attribute."""


@dataclass(frozen=True, slots=True)
class _Block:
    """One run of lines that a hunk takes away or brings, without the empty lines at its ends."""

    part: int
    path: str
    first: int
    lines: tuple[str, ...]

    @property
    def last(self) -> int:
        return self.first + len(self.lines) - 1


def moved(parts: Sequence[Part], texts: Texts, budget: Budget) -> list[Fold]:
    """Give the moves that explain whole hunks: every line of every hunk of a fold is in a block that was moved."""
    blocks: dict[str, dict[tuple[str, ...], list[_Block]]] = {"-": defaultdict(list), "+": defaultdict(list)}
    open_blocks: dict[int, int] = {}
    for at, part in enumerate(parts):
        if is_test(part.file.path) or is_test(part.file.old_path or part.file.path) or part.file.status == "renamed":
            continue
        runs = list(_runs(part.lines))
        open_blocks[at] = len(runs)
        for run in runs:
            if (block := _block(at, part.file.path, run)) is not None:
                blocks[run[0].sign][block.lines].append(block)
    scopes = _Scopes(texts, budget)
    pairs = []
    for lines, taken in blocks["-"].items():
        put = blocks["+"].get(lines, [])
        if len(taken) == len(put) == 1 and scopes.are_alike(taken[0], put[0]):
            pairs.append((taken[0], put[0]))
            open_blocks[taken[0].part] -= 1
            open_blocks[put[0].part] -= 1
    whole = (group for group in _groups(pairs) if not any(open_blocks[block.part] for block in group.blocks))
    return [_fold(parts, group) for group in whole]


def _runs(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Give the runs of lines of one sign, as long as they are."""
    run: list[Line] = []
    for line in lines:
        if run and line.sign != run[0].sign:
            yield run
            run = []
        if line.sign != " ":
            run.append(line)
    if run:
        yield run


def _block(part: int, path: str, run: Sequence[Line]) -> _Block | None:
    full = [at for at, line in enumerate(run) if line.text.strip(" \t")]
    if len(full) < _FEWEST_LINES:
        return None
    kept = run[full[0] : full[-1] + 1]
    return _Block(part, path, kept[0].number, tuple(line.text for line in kept))


# ---- what belongs together -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Group:
    taken: list[_Block]
    put: list[_Block]

    @property
    def blocks(self) -> list[_Block]:
        return [*self.taken, *self.put]


def _groups(pairs: Iterable[tuple[_Block, _Block]]) -> list[_Group]:
    """Put pairs together that share a hunk: a decision on one of them is a decision on all."""
    found: list[tuple[set[int], _Group]] = []
    for taken, put in pairs:
        mine, group = {taken.part, put.part}, _Group([taken], [put])
        for other in [one for one in found if one[0] & mine]:
            found.remove(other)
            mine |= other[0]
            group = _Group([*other[1].taken, *group.taken], [*other[1].put, *group.put])
        found.append((mine, group))
    return [group for _, group in found]


def _fold(parts: Sequence[Part], group: _Group) -> Fold:
    lines = sum(len(block.lines) for block in group.taken)
    sources = sorted({block.path for block in group.taken})
    targets = sorted({block.path for block in group.put})
    here = sources[0] if len(sources) == 1 else many(len(sources), "file")
    there = targets[0] if len(targets) == 1 else many(len(targets), "file")
    where = f"within {here}" if sources == targets and len(sources) == 1 else f"from {here} to {there}"
    hunks = {parts[block.part].hunk.id for block in group.blocks}
    return fold_of("moved", f"moved {many(lines, 'line')} {where}, unchanged", hunks)


# ---- whether a block is whole, and stands in the same scope --------------------------------------------------------


class _Scopes:
    """Looks at the files around blocks, each once."""

    def __init__(self, texts: Texts, budget: Budget) -> None:
        self._texts = texts
        self._budget = budget
        self._trees: dict[tuple[str, str], ast.Module | None] = {}
        self._around: dict[tuple[str, str], list[Around] | None] = {}

    def are_alike(self, taken: _Block, put: _Block) -> bool:
        """Tell whether a block of the base and one of the head are whole, and in scopes of the same kind."""
        ext = extension(taken.path)
        if ext != extension(put.path):
            return False
        if ext in _PROSE:
            return self._is_open_prose("base", taken) and self._is_open_prose("head", put)
        if ext in (".py", ".pyi"):
            scopes = [self._python("base", taken), self._python("head", put)]
            return scopes[0] is not None and scopes[0] == scopes[1]
        if not self._is_at_top("base", taken) or not self._is_at_top("head", put):
            return False
        return _is_whole(put.lines, functions=ext not in _WITH_A_WORD)

    def _text(self, side: str, path: str) -> str | None:
        texts: Mapping[str, str] = self._texts.base if side == "base" else self._texts.head
        return texts.get(path)

    def _is_open_prose(self, side: str, block: _Block) -> bool:
        """Tell whether prose stands where people see it as such: in no comment and in no fence."""
        text = self._text(side, block.path)
        if text is None or "<!--" in text or block.lines[0][:1] in (" ", "\t"):
            return False
        before = "\n".join(text.split("\n")[: block.first - 1])
        return len(_FENCE.findall(before)) % 2 == 0

    def _python(self, side: str, block: _Block) -> tuple[str, list[str]] | None:
        """Give the scope of a block of definitions that are whole and alone under their names, and what they say."""
        if (side, block.path) not in self._trees:
            text = self._text(side, block.path)
            can = text is not None and self._budget.take(text)
            self._trees[side, block.path] = parse(text) if can and text is not None else None
        tree = self._trees[side, block.path]
        return _definitions(tree, block) if tree is not None else None

    def _is_at_top(self, side: str, block: _Block) -> bool:
        key = (side, block.path)
        if key not in self._around:
            text, language = self._text(side, block.path), language_of(block.path)
            self._around[key] = around_lines(text, language) if text is not None and language is not None else None
        around = self._around[key]
        if around is None or block.last > len(around):
            return False
        inside = around[block.first - 1 : block.last]
        behind = around[block.last : block.last + 1]
        ends = not behind or (behind[0].where == "code" and not behind[0].depth and not behind[0].conditions)
        return ends and inside[0] == Around(0, "code") and not any(one.conditions for one in inside)


_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _definitions(tree: ast.Module, block: _Block) -> tuple[str, list[str]] | None:
    found = _scope(tree, "", block)
    if found is None:
        return None
    name, body = found
    inside = [node for node in body if block.first <= _first_line(node) and (node.end_lineno or 0) <= block.last]
    definitions = [node for node in inside if isinstance(node, _Definition)]
    if not definitions or len(definitions) != len(inside):
        return None
    covered = {line for node in inside for line in range(_first_line(node), (node.end_lineno or 0) + 1)}
    rest = [text.strip(" \t") for at, text in enumerate(block.lines, block.first) if at not in covered]
    if any(text and not text.startswith("#") for text in rest):
        return None
    bound = [one for node in body for one in _bound(node)]
    if "*" in bound or any(bound.count(node.name) != 1 or not _is_quiet(node) for node in definitions):
        return None
    return name, [ast.dump(node) for node in definitions]


def _scope(node: ast.Module | ast.ClassDef, name: str, block: _Block) -> tuple[str, list[ast.stmt]] | None:
    """Give the body that a block lies in without cutting any of its statements: of the module, or of a class."""
    for one in node.body:
        first, last = _first_line(one), one.end_lineno or 0
        if last < block.first or first > block.last or (block.first <= first and last <= block.last):
            continue
        if isinstance(one, ast.ClassDef) and first < block.first and block.last <= last and one.body:
            return _scope(one, f"{name}.{one.name}", block) if one.lineno < block.first else None
        return None
    return name, node.body


def _is_quiet(node: _Definition) -> bool:
    """Tell whether a definition does nothing but define, as far as its decorators say."""
    names = [one.func if isinstance(one, ast.Call) else one for one in node.decorator_list]
    return all(
        (isinstance(name, ast.Name) and name.id in _WITHOUT_EFFECT)
        or (isinstance(name, ast.Attribute) and name.attr in _WITHOUT_EFFECT)
        for name in names
    )


def _first_line(node: ast.stmt) -> int:
    decorators = node.decorator_list if isinstance(node, _Definition) else []
    return min([node.lineno, *(one.lineno for one in decorators)])


def _bound(node: ast.stmt) -> Iterator[str]:
    """Give the names that a statement may bind, those of its inner statements included."""
    if isinstance(node, _Definition):
        yield node.name
        return
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store | ast.Del):
            yield inner.id
        elif isinstance(inner, _Definition):
            yield inner.name
        elif isinstance(inner, ast.alias):
            yield (inner.asname or inner.name).partition(".")[0]


def _is_whole(lines: Sequence[str], *, functions: bool) -> bool:
    """Tell whether lines at the top of a file are whole definitions with braces, one after the other."""
    expects = True
    for line in lines:
        if not line.strip(" \t") or line[0] in " \t":
            continue
        if line.rstrip(" \t") in ("}", "};"):
            expects = True
        elif expects and _BEFORE.match(line):
            continue
        elif len(line) > _LONGEST_LINE:
            return False
        elif expects and (_DEFINES.match(line) or (functions and _FUNCTION.match(line))):
            expects = line.rstrip(" \t").endswith(("}", "};"))
        else:
            return False
    return expects
