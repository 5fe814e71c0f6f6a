"""The file format of a story: parsed strictly, written back the same. What the lines do is stage.py's and window.py's.

    Title, as one sentence

    Prose.

    -- options --
    ordinary user
    -- file pay/charge.py --          a file of the repository
    -- commit First --                `git add -A`, `git commit`
    -- shell --                       lines of sh that prepare more; each must succeed
    -- aside words.txt --             a file beside the repository, `../words.txt`
    -- script work.json --            the same from an agent's steps, one JSON object a line; `run` begins the next run
    -- story --
    # Prose between the lines.
    $ casework task list              a line of sh, in the repository
      what it prints
      ! what it says on stderr
      [1]                             its exit code, when it is not 0
    > actions pay/charge.py 2         what somebody does in a plain editor: window.py
      what is seen
    -- journal --                     the kinds of all events
    -- repository --                  what is in the end, and what differs from the beginning

What a line is followed by is what was expected; `--update-scenarios` writes it anew. Anything else is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

SectionName = Literal["options", "file", "commit", "shell", "aside", "script", "story", "journal", "repository"]

_HEADER: Final = re.compile(r"-- ([a-z]+)(?: (\S.*\S|\S))? --")
_NAMED: Final = frozenset({"file", "commit", "aside", "script"})
_BEFORE: Final[dict[str, SectionName]] = {
    "options": "options", "file": "file", "commit": "commit", "shell": "shell", "aside": "aside", "script": "script",
}  # fmt: skip
_ENDS: Final = ("story", "journal", "repository")
OPTIONS: Final = frozenset({"ordinary user", "another owner", "no repository", "small state disk", "needs a box"})
"""`ordinary user`: means nothing as root. `another owner`: the repository is somebody else's. `no repository`: the
folder is empty. `small state disk`: of 4 MB. `needs a box`: programs are run, which takes something that confines."""
_DEFECT: Final = "known defect: "
"""The beginning of an option that says why the story does not go as it is told yet."""

INDENT: Final = "  "


class NotAStory(Exception):
    """A line that means nothing, with its number."""


@dataclass(frozen=True, slots=True)
class Section:
    """Something that stands before the story."""

    name: SectionName
    of: str
    body: str
    line: int


@dataclass(slots=True)
class Step:
    """One line of the story; prose prints nothing."""

    kind: Literal["prose", "shell", "editor"]
    text: str
    line: int
    printed: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Story:
    """One file."""

    title: str
    prose: str
    setting: list[Section]
    steps: list[Step]
    journal: list[str]
    repository: list[str]

    @property
    def options(self) -> frozenset[str]:
        """What is special about it."""
        given = [section.body for section in self.setting if section.name == "options"]
        return frozenset(line for body in given for line in body.splitlines() if line)

    @property
    def defect(self) -> str:
        """Why it can't go as it is told yet; empty where it can."""
        return next((line.removeprefix(_DEFECT) for line in self.options if line.startswith(_DEFECT)), "")


def parse(text: str) -> Story:
    """Read a story.

    Raises:
        NotAStory: a line that means nothing, a section that is missing, doubled or out of order.
    """
    if not text.endswith("\n"):
        raise NotAStory("The last line does not end.")
    head, *sections = _sections(text)
    title, _, prose = head.body.partition("\n")
    if not title.strip() or title.startswith(" "):
        raise NotAStory("Line 1 is to be the title.")
    ends = [section for section in sections if section.name in _ENDS]
    if [section.name for section in ends] != list(_ENDS) or sections[-3:] != ends:
        raise NotAStory("The story, the journal and the repository come last, in this order, once each.")
    story = Story(
        title=title,
        prose=prose.strip("\n"),
        setting=sections[:-3],
        steps=list(_steps(ends[0])),
        journal=_plain(ends[1]),
        repository=_plain(ends[2]),
    )
    strange = [option for option in story.options - OPTIONS if not option.startswith(_DEFECT)]
    if strange:
        raise NotAStory(f"There is no option {min(strange)!r}.")
    return story


def _sections(text: str) -> Iterator[Section]:
    name, of, line, body = "options", "", 1, list[str]()
    first = True
    for number, each in enumerate(text.removesuffix("\n").split("\n"), 1):
        found = _HEADER.fullmatch(each)
        if found is None:
            if each.startswith("-- ") and each.endswith(" --"):
                raise NotAStory(f"Line {number} is no header of a section: {each}")
            body.append(each)
            continue
        yield _section("options" if first else name, of, body, line)
        first = False
        name, of, line, body = found[1], found[2] or "", number, []
    if first:
        raise NotAStory("There is no section.")
    yield _section(name, of, body, line)


def _section(name: str, of: str, body: list[str], line: int) -> Section:
    known: SectionName
    match name:
        case "story" | "journal" | "repository":
            known = name
        case _ if name in _BEFORE:
            known = _BEFORE[name]
        case _:
            raise NotAStory(f"Line {line}: there is no section {name!r}.")
    if (name in _NAMED) != bool(of):
        raise NotAStory(f"Line {line}: `{name}` {'needs' if name in _NAMED else 'has no'} name.")
    if name == "commit" and any(body):
        raise NotAStory(f"Line {line}: a commit has no text.")
    return Section(known, of, "".join(f"{each}\n" for each in body), line)


def _steps(section: Section) -> Iterator[Step]:
    step: Step | None = None
    blank = 0
    for number, line in enumerate(section.body.split("\n")[:-1], section.line + 1):
        if not line:
            blank += 1
            continue
        if line.startswith(INDENT) and step is not None and step.kind != "prose":
            step.printed += [""] * blank if step.printed else []
            if blank and not step.printed:
                raise NotAStory(f"Line {number}: what is printed stands directly below.")
            step.printed.append(line.removeprefix(INDENT))
        else:
            if step is not None:
                yield step
            step = _step(line, number)
        blank = 0
    if step is None:
        raise NotAStory("Nothing happens in the story.")
    yield step


def _step(line: str, number: int) -> Step:
    match line[:2]:
        case "# ":
            return Step("prose", line[2:], number)
        case "$ ":
            return Step("shell", line[2:], number)
        case "> ":
            return Step("editor", line[2:], number)
        case _:
            raise NotAStory(f"Line {number} means nothing: {line}")


def _plain(section: Section) -> list[str]:
    return [line for line in section.body.split("\n") if line]


def render(story: Story) -> str:
    """Write a story as `parse` reads it."""
    parts = [f"{story.title}\n\n"]
    if story.prose:
        parts.append(f"{story.prose}\n\n")
    parts += [
        f"-- {section.name}{f' {section.of}' if section.of else ''} --\n{section.body}" for section in story.setting
    ]
    parts.append("-- story --\n")
    before: Step | None = None
    for step in story.steps:
        if before is not None and before.kind != "prose":
            parts.append("\n")
        sign = {"prose": "#", "shell": "$", "editor": ">"}[step.kind]
        parts.append(f"{sign} {step.text}\n")
        parts += [f"{INDENT}{line}\n" if line else "\n" for line in trimmed(step.printed)]
        before = step
    parts += ["\n-- journal --\n", *(f"{line}\n" for line in story.journal)]
    parts += ["-- repository --\n", *(f"{line}\n" for line in story.repository)]
    return "".join(parts)


def trimmed(lines: list[str]) -> list[str]:
    """Leave out empty lines at both ends, and what nobody sees at the end of a line."""
    seen = [line.rstrip() for line in lines]
    while seen and not seen[0]:
        del seen[0]
    while seen and not seen[-1]:
        del seen[-1]
    return seen
