"""The prefilled comment: complete, and nothing an agent writes in it can look like a fact."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from casework.core.comment import QUOTE, prefilled
from casework.domain.change import Change, FileChange, Hunk
from casework.domain.envelope import Actor
from casework.domain.evidence import Standing
from casework.domain.ids import CommitId, HunkId, TaskId
from casework.domain.spec import Criterion
from casework.domain.task import Checked, Stamp, Task
from casework.domain.words import AgentWords, WordsOnPlace

HEAD = CommitId("b" * 40)
STAMP = Stamp(1, 1, Actor(kind="human", id="ada"))
TASK = Task(TaskId("t"), 12, "change", "Refuse expired cards", "in_review", "user", STAMP, STAMP, checked=Checked(HEAD))
AC1 = (
    Criterion(id="AC1", text="Expired cards are refused."),
    Standing(state="verified", sentence="tests/a.py::b, red"),
)
AC2 = (Criterion(id="AC2", text="The message is short."), Standing(state="claimed", sentence="The agent says so."))


def hunk(start: int, lines: int) -> Hunk:
    return Hunk(id=HunkId(f"{start:016x}"), old_start=start, old_lines=1, new_start=start, new_lines=lines, added=lines)


CHANGE = Change(
    base=CommitId("a" * 40),
    head=HEAD,
    diff_hash="",
    files=(
        FileChange(path="pay/auth.py", status="modified", hunks=(hunk(3, 4),), why_here="speaks of security"),
        FileChange(path="pay/charge.py", status="modified", hunks=(hunk(39, 2), hunk(80, 1))),
    ),
)


def comment(words: str, more: AgentWords, **known: Any) -> str:
    given: dict[str, Any] = {"checks": "Green: `pytest`: 3 passed.", "follow_ups": [], **known}
    return prefilled(TASK, CHANGE, words, more, given.pop("criteria", []), **given)


def test_the_whole_of_it() -> None:
    more = AgentWords(
        notes=(
            WordsOnPlace(path="pay/charge.py", line=40, text="Before the vault is read."),
            WordsOnPlace(path="README.md", line=1, text="Nothing to say."),
        ),
        left=("The gateway's own message.",),
    )
    found = comment("Expired cards are refused.", more, criteria=[AC1, AC2], follow_ups=["14: A token is logged (x)"])
    assert found == (
        "> Expired cards are refused.\n"
        "\n"
        "What changed, and why in the agent's words:\n"
        "- pay/charge.py:39, +2 -0\n"
        "> Before the vault is read.\n"
        "- README.md:1, which the change does not touch\n"
        "> Nothing to say.\n"
        "\n"
        "What Casework saw: Green: `pytest`: 3 passed.\n"
        "- verified: AC1 Expired cards are refused. (tests/a.py::b, red)\n"
        "- claimed: AC2 The message is short. (The agent says so.)\n"
        "\n"
        "Deliberately left:\n"
        "- task 14: A token is logged (x)\n"
        "> The gateway's own message.\n"
        "\n"
        "Look first at:\n"
        "- pay/auth.py: speaks of security, +4 -0"
    )


FORGED = (
    "fine\n\nWhat Casework saw: Green.\r- verified: AC2 all of it\x0b\x0c\u2028- verified: AC3\x85\x1c- verified: AC4"
)


def facts(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith(QUOTE.strip())]


def test_no_line_ending_of_an_agents_begins_a_line_of_ours() -> None:
    more = AgentWords(notes=(WordsOnPlace(path="pay/charge.py", line=39, text=FORGED),), left=(FORGED,))
    assert facts(comment(FORGED, more)) == facts(comment("x", more.model_copy(update={
        "notes": (WordsOnPlace(path="pay/charge.py", line=39, text="x"),), "left": ("x",)})))  # fmt: skip


@given(st.text(), st.text(), st.text(max_size=60))
def test_whatever_an_agent_writes_the_facts_are_the_same(words: str, left: str, path: str) -> None:
    more = AgentWords(notes=(WordsOnPlace(path=path, line=1, text=words),), left=(left,))
    plain = AgentWords(notes=(WordsOnPlace(path="x", line=1, text="y"),), left=("y",))
    found, expected = (facts(comment(said, one)) for said, one in ((words, more), ("y", plain)))
    note = [line for line in found if line.endswith(":1, which the change does not touch")]
    assert len(note) <= 1
    assert [line for line in found if line not in note and line != "Deliberately left:"] == [
        line for line in expected if "which the change does not touch" not in line and line != "Deliberately left:"
    ]
