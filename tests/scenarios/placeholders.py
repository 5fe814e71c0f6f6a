"""What differs from one telling of a story to the next, as names that do not: ids, hashes, times, places, people.

The same thing keeps its name through a whole story, whole or cut short: `<id 2>` is always the same commit.
"""

from __future__ import annotations

import re
from typing import Final

_UUID: Final = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_ID: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:" + "|".join(f"[0-9a-f]{{{n}}}" for n in (64, 40, 16, 12, 10)) + ")(?![0-9A-Za-z])"
)
_TIME: Final = re.compile(r"\b20\d\d-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?: UTC|Z)?")
_STAMP: Final = re.compile(r"\b1[6-9]\d{14}\b")
_CLOCK: Final = re.compile(r"(?<=· )\d+:\d\d\b")
_MACHINE: Final = (
    (re.compile(r"\b\d+ MB free\b"), "<n> MB free"),
    (re.compile(r"(?<![\w.])0\.1\.0(?![\w.])"), "<version>"),
    (re.compile(r"\bPython \d[\w.]*, [A-Z]\w+"), "Python <version>, <system>"),
    (re.compile(r"\b\d[\w.]* at /\S+/git\b"), "<version> at <git>"),
    (re.compile(r"(?m)(?<=  sandbox     )\S.*$"), "<sandbox>"),
)
_PROCESS: Final = re.compile(r"\bprocess \d+\b")


class Placeholders:
    """The names of one telling."""

    def __init__(self, places: dict[str, str], user: str) -> None:
        self._places = dict(sorted(places.items(), key=lambda pair: -len(pair[0])))
        self._user = re.compile(rf"(?:(?<=human:)|(?<=\bby ))(?:{re.escape(user)})(?![\w/-])")
        self._ids: list[str] = []
        self._uuids: list[str] = []

    def __call__(self, text: str) -> str:
        """Give the text as it is written in a story."""
        for place, name in self._places.items():
            text = text.replace(place, name)
        text = _TIME.sub("<time>", text)
        text = _UUID.sub(lambda found: f"<uuid {_number(self._uuids, found[0])}>", text)
        text = _STAMP.sub("<time>", text)
        text = _ID.sub(lambda found: f"<id {self._id(found[0])}>", text)
        text = _CLOCK.sub("<clock>", text)
        for seen, name in _MACHINE:
            text = seen.sub(name, text)
        text = _PROCESS.sub("process <pid>", text)
        return self._user.sub("<user>", text)

    def _id(self, found: str) -> int:
        for number, known in enumerate(self._ids, 1):
            if known.startswith(found) or found.startswith(known):
                self._ids[number - 1] = max(known, found, key=len)
                return number
        self._ids.append(found)
        return len(self._ids)


def _number(known: list[str], found: str) -> int:
    if found not in known:
        known.append(found)
    return known.index(found) + 1
