"""JUnit's XML, the format most test runners can write: read within bounds, and without anything a document can define.

There is no standard of it; what is read is what Ant, Surefire, Jest, Vitest and pytest agree on: `testcase` with
`classname` (or `file`) and `name`, and inside it `failure`, `error` or `skipped`.
"""

from __future__ import annotations

from typing import Final
from xml.parsers import expat

from casework.domain.evidence import Case, CaseOutcome

MOST_BYTES: Final = 16 * 1024 * 1024
_MOST_CASES: Final = 50_000
_DEEPEST: Final = 64
_OUTCOMES: Final[dict[str, CaseOutcome]] = {"failure": "failed", "error": "error", "skipped": "skipped"}


class NotJUnit(Exception):
    """The document is none, or none that is read; the text says why."""


class _Reader:
    """What the parser calls."""

    def __init__(self) -> None:
        self.cases: list[Case] = []
        self._depth = 0
        self._case: dict[str, str] | None = None
        self._outcome: CaseOutcome = "passed"
        self._why = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise NotJUnit("it is nested too deeply")
        if self._depth == 1 and name not in ("testsuites", "testsuite"):
            raise NotJUnit(f"it begins with <{name[:40]}>")
        if name == "testcase":
            self._case, self._outcome, self._why = attributes, "passed", ""
            if len(self.cases) >= _MOST_CASES:
                raise NotJUnit(f"it has more than {_MOST_CASES} tests")
        elif name in _OUTCOMES and self._case is not None:
            self._outcome = _OUTCOMES[name]
            self._why = next(iter(attributes.get("message", "").strip().splitlines()), "")[:300]

    def end(self, name: str) -> None:
        self._depth -= 1
        if name == "testcase" and self._case is not None:
            owner = self._case.get("file") or self._case.get("classname", "")
            title = f"{owner}::{self._case.get('name', '')}" if owner else self._case.get("name", "")
            self.cases.append(Case(id=title[:1000], outcome=self._outcome, why=self._why))
            self._case = None


def read_junit(raw: bytes) -> tuple[Case, ...]:
    """Read one document.

    Raises:
        NotJUnit: too large, not well-formed, with a document type or entities of its own, or something else altogether.
    """
    if len(raw) > MOST_BYTES:
        raise NotJUnit("it has more than 16 MiB")
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.ExternalEntityRefHandler = _refuse
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        raise NotJUnit(f"it is not well-formed ({error})") from error
    return tuple(reader.cases)


def _refuse(*_: object) -> int:
    raise NotJUnit("it declares a document type or entities, which no report needs")
