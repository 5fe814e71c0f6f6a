"""What a killed editor had been told, and what must therefore be there: every verdict, reason, text and question."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.kill.checker import Damage
from tests.kill.reviewer import WORDS

SECOND_NS: Final = 1_000_000_000

Decision = tuple[str, str]
"""What was decided, and why."""


@dataclass(slots=True)
class Place:
    """One hunk, as the editors left it. What was sent and not acknowledged may have come to be or not."""

    decisions: list[Decision] = field(default_factory=lambda: [("none", "")])
    """The last that was acknowledged, and what was sent behind it."""
    texts: list[tuple[str, int]] = field(default_factory=lambda: [("", 0)])
    """The draft, letter by letter, from the last that was acknowledged, with the times at which they were typed."""
    sent: list[str] = field(default_factory=list)
    """Comments that were acknowledged, in order."""
    on_the_way: list[str] = field(default_factory=list)
    """Comments that were sent and not acknowledged."""


@dataclass(slots=True)
class Known:
    """Everything the editors' log says."""

    places: dict[str, Place]
    open_question: tuple[str, str] | None = None
    """Id and text of the last question that was seen and that nobody has begun to answer."""
    answered: list[str] = field(default_factory=list)
    """Questions whose answer was acknowledged."""
    deeds: int = 0
    """What was acknowledged, letters included."""
    killed_ns: int = 0
    """When the editor was killed."""

    def read(self, log: Path) -> None:
        """Read the log from its beginning."""
        for line in log.read_text("utf-8").splitlines():
            said = json.loads(line)
            self.deeds += said["how"] == "acknowledged"
            self._take(said, done=said["how"] == "acknowledged")

    def _take(self, said: Mapping[str, Any], *, done: bool) -> None:
        place = self.places[said["hunk"]] if "hunk" in said else None
        match said["do"], place:
            case "judge", Place():
                decision = (said["decision"], said["reason"])
                place.decisions = [decision] if done else [*place.decisions, decision]
            case "type", Place():
                text = (said["text"], said["at_ns"])
                place.texts = [text] if done else [*place.texts, text]
            case "send", Place():
                place.texts = [("", said["at_ns"])] if done else [*place.texts, ("", said["at_ns"])]
                place.on_the_way = [text for text in place.on_the_way if text != said["text"]]
                (place.sent if done else place.on_the_way).append(said["text"])
            case "find", Place():
                place.decisions = [(said["decision"], said["reason"])]
                place.texts = [(said["text"], said["at_ns"])]
                place.sent, place.on_the_way = said["comments"], []
            case "see", None:
                self.open_question = (said["question"], said["text"])
            case "answer", None:
                self.open_question = None
                self.answered += [said["question"]] if done else []
            case other:
                raise AssertionError(f"not in the log's language: {other}")


def check(known: Known, view: Mapping[str, Any], drafts: Sequence[Mapping[str, Any]], card: Mapping[str, Any]) -> float:
    """Compare what is there with what was acknowledged; how far behind the furthest draft is, in seconds.

    Raises:
        Damage: something is lost, is twice, or stands in another place.
    """
    hunks = {hunk["id"]: hunk for file in view["files"] for hunk in file["hunks"]}
    if hunks.keys() != known.places.keys():
        raise Damage(f"the hunks are {list(hunks)}")
    kept = {one["place"]: one for one in drafts}
    if unknown := kept.keys() - {f"comment/{hunk}" for hunk in hunks}:
        raise Damage(f"there are drafts at {unknown}")
    for name, place in known.places.items():
        _check_verdict(name, place, hunks[name])
        _check_comments(name, place, hunks[name])
    if known.open_question is not None:
        asked = [(one["id"], one["text"]) for one in card["questions"]]
        if asked != [known.open_question]:
            raise Damage(f"{known.open_question} was open, and {asked} is; the task is {card['status']}")
    return max(_behind(known, name, place, kept.get(f"comment/{name}")) for name, place in known.places.items())


def _check_verdict(name: str, place: Place, hunk: Mapping[str, Any]) -> None:
    found = (hunk["decision"], hunk["reason"])
    if found not in place.decisions:
        raise Damage(f"hunk {name} is {found}, and it was {place.decisions}")
    if place.decisions[0][0] != "none" and len(place.decisions) == 1 and not hunk["seen"]:
        raise Damage(f"hunk {name} was decided and is not read")


def _check_comments(name: str, place: Place, hunk: Mapping[str, Any]) -> None:
    found = [one["text"].strip() for one in hunk["comments"]]
    for text in place.sent:
        if found.count(text.strip()) != 1:
            raise Damage(f"{text!r} was sent to hunk {name} once, and stands there {found.count(text.strip())} times")
    for text in found:
        may_be = [one.strip() for one in (*place.sent, *place.on_the_way)]
        if found.count(text) > 1 or text not in may_be:
            raise Damage(f"nobody sent {text!r} to hunk {name}, or once only: {found}")


def _behind(known: Known, name: str, place: Place, draft: Mapping[str, Any] | None) -> float:
    """Say how long before the end the first letter was typed that the draft does not have."""
    text, column = (draft["text"], draft["column"]) if draft is not None else ("", 0)
    if column != len(text):
        raise Damage(f"the cursor of the draft at {name} stands at {column} in {text!r}")
    texts = [one for one, _ in place.texts]
    if text not in texts:
        raise Damage(f"the draft at {name} is {text!r}, and it was {texts}")
    later = place.texts[texts.index(text) + 1 :]
    return (known.killed_ns - later[0][1]) / SECOND_NS if later else 0.0


def found(view: Mapping[str, Any], drafts: Sequence[Mapping[str, Any]]) -> str:
    """Give lines for the log that say how it is: what was on its way has arrived by now, or never will."""
    kept = {one["place"]: one["text"] for one in drafts}
    lines = [
        {
            "do": "find",
            "how": "found",
            "at_ns": time.monotonic_ns(),
            "hunk": hunk["id"],
            "decision": hunk["decision"],
            "reason": hunk["reason"],
            "text": kept.get(f"comment/{hunk['id']}", ""),
            "comments": [one["text"] for one in hunk["comments"]],
        }
        for file in view["files"]
        for hunk in file["hunks"]
    ]
    return "".join(f"{json.dumps(line)}\n" for line in lines)


def asking(times: int) -> dict[str, Any]:
    """Give the script of a run that asks so many questions, one after the other."""
    steps = [step for n in range(times) for step in ({"do": "ask", "text": f"Go on with {n}?"}, {"do": "turn"})]
    return {"steps": [*steps, {"do": "finish", "comment": WORDS}]}
