"""Reads a Markdown page into the blocks that are to run.

How a page is written so that it runs:

- ` ```console `: a line that begins with `$ ` is a command, the lines under it are what it prints (standard output and
  error together). `...` in a line stands for any text, a line of only `...` for any lines. A command without lines
  under it only has to end with 0; `# ends with N` behind a command allows another end. The blocks of a page run one
  after another, in one repository.
- ` ```python ` runs as a program, ` ```json ` and ` ```toml ` are parsed. `<!-- is a: casework.module.Model -->` above
  a `json` block has it accepted by that model too.
- ` ```text `, ` ```diff ` and ` ```mermaid ` are pictures.
- `<!-- before: COMMAND -->` runs a command that the reader need not see.
- Any other block, or one that can't run here, has `<!-- not run: WHY -->` above it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_COMMENT: Final = re.compile(r"<!--\s*(not run|is a|before):\s*(.*?)\s*-->", re.DOTALL)
_FENCE: Final = re.compile(r"^(?P<indent> *)(?P<fence>`{3,}|~{3,})(?P<language>[^\s`]*)[^`\n]*$")

RUNS: Final = frozenset({"console", "python", "json", "toml"})
PICTURES: Final = frozenset({"text", "diff", "mermaid"})


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a page, with what the comments above it say."""

    line: int
    language: str
    text: str
    not_run: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a `console` block, what it prints, and how it ends."""

    line: int
    text: str
    prints: tuple[str, ...] = ()
    ends_with: int = 0


def blocks(page: str) -> Iterator[Block | Command]:
    """Give the blocks of a page, and between them the commands that the reader need not see."""
    notes: dict[str, str] = {}
    lines = iter(enumerate(page.splitlines(), start=1))
    for number, line in lines:
        if "<!--" in line:
            comment = line
            while "-->" not in comment:
                comment += "\n" + next(lines)[1]
            for kind, text in _COMMENT.findall(comment):
                if kind == "before":
                    yield Command(number, text)
                else:
                    notes[kind] = text
        elif fence := _FENCE.match(line):
            text = "\n".join(_inside(lines, fence["fence"], len(fence["indent"])))
            yield Block(number, fence["language"], text, notes.get("not run", ""), notes.get("is a", ""))
            notes = {}
        elif line.strip():
            notes = {}


def _inside(lines: Iterator[tuple[int, str]], fence: str, indent: int) -> Iterator[str]:
    for _, line in lines:
        if line.strip() == fence:
            return
        yield line[indent:] if not line[:indent].strip() else line
    raise ValueError("a block of the page has no end")


def commands(block: Block) -> Iterator[Command]:
    """Give the commands of a `console` block."""
    found: list[tuple[int, str, list[str]]] = []
    for number, line in enumerate(block.text.splitlines(), start=block.line + 1):
        if line.startswith("$ "):
            found.append((number, line[2:], []))
        elif found:
            found[-1][2].append(line)
        else:
            raise ValueError(f"line {number}: a console block begins with a command, `$ ...`")
    for number, text, prints in found:
        text, _, end = text.partition("# ends with ")
        yield Command(number, text.rstrip(), tuple(prints), int(end or 0))


def is_printed(expected: tuple[str, ...], found: str) -> bool:
    """Whether `found` is what the page says; a page that says nothing accepts anything."""
    pattern = "".join(
        r"(?:.*\n)*?"
        if line.strip() == "..."
        else r"[^\n]*".join(map(re.escape, line.rstrip().split("..."))) + r"[ \t]*\n"
        for line in expected
    )
    return not expected or re.fullmatch(pattern, found.rstrip("\n") + "\n") is not None
