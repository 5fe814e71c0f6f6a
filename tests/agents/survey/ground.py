"""Small projects with an environment of their own, which holds pytest and nothing else."""

from __future__ import annotations

import base64
import difflib
import os
import sys
import venv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Final

from casework.agents.survey.perform import survey
from casework.domain.ids import CommitId, HunkId
from casework.domain.survey import HunkMark
from casework.ports.survey import FileBefore, HunkPlace, SurveyAsked, SurveyOrder

_PYTEST: Final = ("pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments", "py")
BEFORE: Final = {
    "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["."]\n',
    "dur.py": """UNITS = {"s": 1, "m": 60}


def parse(text):
    number, unit = text[:-1], text[-1]
    if unit == "h":
        return int(number) * 60
    return int(number) * UNITS[unit]


def double(text):
    return parse(text) * 2


def half(text):
    return parse(text) // 2
""",
    "tests/test_dur.py": """from dur import double, half, parse


def test_seconds():
    assert parse("5s") == 5


def test_double():
    assert double("2m") == 240


def test_half():
    assert half("4s") == 2
""",
}
HOURS: Final = ("int(number) * 60", "int(number) * 3600")
"""A change that no test notices, and that has a witness."""
HALF: Final = ("parse(text) // 2", "int(parse(text) / 2)")
"""A change that no test notices because there is nothing to notice, for what is tried."""
DOUBLE: Final = ("return parse(text) * 2", "return parse(text) + parse(text) + 0")


def make_environment(path: Path) -> str:
    """Make one in a tenth of a second, its packages those of ours; give its Python."""
    venv.create(path, with_pip=False, symlinks=True)
    (packages,) = path.glob("lib/python3*/site-packages")
    for name in _PYTEST:
        spec = find_spec(name)
        assert spec is not None, f"{name} is part of pytest"
        assert spec.origin is not None, f"{name} lies in a file"
        origin = Path(spec.origin)
        part = origin.parent if origin.name == "__init__.py" else origin
        (packages / part.name).symlink_to(part)
    return str(path / "bin" / "python")


@dataclass(slots=True)
class Project:
    """Two states of some files, and what a survey of them said."""

    path: Path
    python: str
    marks: dict[str, HunkMark] = field(default_factory=dict)
    comment: str = ""

    def survey(
        self,
        before: Mapping[str, str | bytes],
        after: Mapping[str, str | bytes],
        *,
        budget_s: float = 60.0,
        known: tuple[HunkMark, ...] = (),
        began_s: float | None = None,
        written: Mapping[str, bytes] = MappingProxyType({}),
        watch: Callable[[], None] = lambda: None,
    ) -> dict[str, HunkMark]:
        """Survey the way from one state to the other; give the marks by `path:line` of each hunk."""
        order = self.order(before, after, budget_s=budget_s, known=known, began_s=began_s, written=written)

        def tell(marks: list[HunkMark]) -> None:
            self.marks.update({mark.hunk: mark for mark in marks})

        environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        self.comment = survey(
            self.path, order, environment, watch=watch, tell=tell, step=lambda _what: lambda _outcome: None
        )
        return self.marks

    def order(
        self,
        before: Mapping[str, str | bytes],
        after: Mapping[str, str | bytes],
        *,
        budget_s: float = 60.0,
        known: tuple[HunkMark, ...] = (),
        began_s: float | None = None,
        written: Mapping[str, bytes] = MappingProxyType({}),
    ) -> SurveyOrder:
        """Write the later state, and give the order to survey the way to it."""
        for name, content in after.items():
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_bytes(_bytes(content))
        return SurveyOrder(
            asked=SurveyAsked(base=CommitId("b" * 40), head=CommitId("c" * 40), budget_s=budget_s),
            files=tuple(_file(name, before, after) for name in after if before.get(name) != after[name]),
            interpreter=self.python,
            environment="",
            known=known,
            began_s=began_s,
            written=tuple((path, base64.b64encode(data).decode()) for path, data in written.items()),
        )

    def read(self, name: str) -> str:
        """Give a file as it is now."""
        return (self.path / name).read_text("utf-8")


def changed(*edits: tuple[str, str], path: str = "dur.py") -> dict[str, str]:
    """Give the files with some words replaced."""
    text = BEFORE[path]
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return {**BEFORE, path: text}


def _bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode()


def _file(name: str, before: Mapping[str, str | bytes], after: Mapping[str, str | bytes]) -> FileBefore:
    old, new = _bytes(before.get(name, b"")), _bytes(after[name])
    a, b = old.split(b"\n"), new.split(b"\n")
    hunks = []
    for what, i, j, k, m in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if what != "equal":
            start, begin = (i + 1 if j > i else i), (k + 1 if m > k else k)
            place = HunkPlace(
                id=HunkId(f"{name}:{k + 1}"), old_start=start, old_lines=j - i, new_start=begin, new_lines=m - k
            )
            hunks.append(place)
    status = "modified" if name in before else "added"
    text = base64.b64encode(old).decode() if name in before else None
    return FileBefore(path=name, status=status, old=text, hunks=tuple(hunks), messages=('Let "1h" be an hour',))


OURS: Final = sys.executable
