"""What is landed and killed: a user in the middle of their work, a review, and one last act of the human."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from casework.cli.connection import Daemon
from casework.domain.errors import Refused
from tests.landing.grounds import busy
from tests.repositories import Content, Name, Repository, numbered

CLASHES: Final = "plain.txt"
"""The file in which a user who saves in a bad moment touches the very line that is to land."""
FEATURE: Final = {"kind": "branch", "name": "feature", "into": "main"}


@dataclass(frozen=True)
class Story:
    """One way to land, or to take back."""

    name: str
    make: Callable[[Path], Repository]
    review: Mapping[str, str]
    mode: str
    rejects: tuple[str, ...] = ()
    """Paths whose hunks are rejected."""
    undo: bool = False
    """Whether what is killed is the undo, of a landing that was left in peace."""
    trailer: bool = True
    """Whether the commit carries the landing's id."""
    after: str = "main"
    """The branch that holds the result; a pattern."""
    rest: str = "drop"
    """What becomes of what does not land."""
    steps: tuple[Mapping[str, object], ...] = ()
    """Of a change that an agent's run makes: what it does. The next run, with the rest, adds one file."""

    def to_the_brink(self, client: Daemon, top: Path) -> int:
        """Do everything but the last act; the review's number."""
        where = str(top)
        view = self._run(client, where) if self.steps else client.ask("casework/review/open", where, **self.review)
        number: int = view["number"]
        for path in self.rejects:
            hunks = [hunk["id"] for file in view["files"] if file["path"] == path for hunk in file["hunks"]]
            client.ask("casework/review/decide", where, number=number, hunks=hunks, decision="rejected")
        if self.mode in ("commit", "fast_forward", "files"):
            self._be_shown_again(client, where, number)
        if self.undo:
            self._approve(client, where, number)
            client.ask("casework/task/wait", where, number=number, statuses=["landed"], timeout_s=30)
        if self.undo and self.goes_back:
            client.ask("casework/task/wait", where, number=number, statuses=["waiting"], timeout_s=30)
        return number

    def _run(self, client: Daemon, where: str) -> dict[str, Any]:
        """Have an agent make the change; the view of its review."""
        number = client.ask("casework/task/add", where, title="Change it")["card"]["number"]
        done = {"do": "finish", "comment": "Done."}
        again: dict[str, object] = {"do": "write", "path": "rest.txt", "content": "the rest, better\n"}
        if self.undo:  # which comes while that run is under way
            again = {"do": "ask", "text": "Better how?"}
        script = json.dumps({"runs": [{"steps": [*self.steps, done]}, {"steps": [again, done]}]})
        client.ask("casework/task/start", where, number=number, agent="scripted", script=script)
        client.ask("casework/task/wait", where, number=number, statuses=["in_review", "failed"], timeout_s=30)
        return client.ask("casework/review/show", where, number=number)

    @property
    def goes_back(self) -> bool:
        """Whether the rest starts a next run, whose rows come in no certain order among those of the landing."""
        return self.rest == "back"

    def last_act(self, client: Daemon, top: Path, number: int) -> None:
        """Approve what was shown, or undo it.

        Raises:
            Trouble: the daemon was killed before it answered.
        """
        if self.undo:
            client.ask("casework/review/undo", str(top), number=number)
        else:
            self._approve(client, str(top), number)

    def _approve(self, client: Daemon, where: str, number: int) -> None:
        view = client.ask("casework/review/show", where, number=number)
        shown = next(one["shown"] for one in view["approvals"] if one["rest"] == self.rest)
        verdict = {"verdict": "approve", "shown": shown, "mode": self.mode, "rest": self.rest}
        client.ask("casework/review/answer", where, number=number, **verdict)

    def _be_shown_again(self, client: Daemon, where: str, number: int) -> None:
        """Approve in vain: the user's own edits are merged in, so the result must be looked at first."""
        with pytest.raises(Refused) as refused:
            self._approve(client, where, number)
        assert refused.value.code == "shown_again", refused.value.sentence


def small(path: Path) -> Repository:
    """A user on main with an edit of their own, and a branch that changes, adds and removes a file each."""
    user = Repository.new(path)
    user.commit("Before", {"plain.txt": numbered(30), "gone.txt": "bye\n", "other.txt": numbered(10)})
    user.git("checkout", "-q", "-b", "feature")
    user.commit("Change it", {"plain.txt": numbered(30, but={3: "THREE"}), "gone.txt": None, "new/deep/file": "new\n"})
    user.git("checkout", "-q", "main")
    user.write({"plain.txt": numbered(30, but={20: "staged"}), "untracked": "u\n"})
    user.git("add", "plain.txt")
    user.write({"plain.txt": numbered(30, but={20: "staged", 27: "mine"}), "other.txt": "mine\n"})
    return user


def crowded(path: Path) -> Repository:
    """A busy user, a change of every kind, and sixty files more, so that every part of the landing takes its time."""
    made = busy(path)
    user = made.repository
    many: dict[Name, Content] = {f"many/{n:03}.txt": numbered(40) for n in range(60)}
    user.git("stash", "-q")
    user.write(many)
    user.git("add", "many")
    user.git("commit", "-q", "-m", "Many")
    user.git("checkout", "-q", "--detach")
    user.git("cherry-pick", made.accepted)
    user.write({name: numbered(40, but={9: "nine"}) for name in many})
    user.git("commit", "-q", "-m", "More", "many")
    user.git("branch", "feature")
    user.git("checkout", "-q", "main")
    user.git("stash", "pop", "-q", "--index")
    user.at("plain.txt").chmod(0o600)
    return user


def at_work(path: Path) -> Repository:
    """A user whose own edits are the change: some are staged, some are not to land, one file is untracked."""
    user = Repository.new(path)
    user.commit("Before", {"a.txt": numbered(40), "b.txt": numbered(30), "gone.txt": "bye\n", "c.txt": "c\n"})
    user.write({"a.txt": numbered(40, but={3: "three", 35: "staged"}), "c.txt": "staged\n"})
    user.git("add", "a.txt", "c.txt")
    user.write({"a.txt": numbered(40, but={3: "three", 20: "twenty", 35: "staged"}), "gone.txt": None})
    user.write({"b.txt": numbered(30, but={9: "mine alone"}), "untracked": "u\n"})
    return user


EDITS: Final = (
    {"do": "edit", "path": "plain.txt", "old": "line 3\n", "new": "THREE\n"},
    {"do": "delete", "path": "gone.txt"},
    {"do": "write", "path": "new/deep/file", "content": "new\n"},
    {"do": "write", "path": "rest.txt", "content": "the rest\n"},
)
STORIES: Final[Mapping[str, Story]] = {
    story.name: story
    for story in (
        Story("commit", small, FEATURE, "commit"),
        Story("fast-forward", small, FEATURE, "fast_forward", trailer=False),
        Story("branch", small, FEATURE, "branch", after="casework/*"),
        Story("files", small, FEATURE, "files", trailer=False),
        Story("working tree", at_work, {"kind": "working_tree"}, "working_tree", rejects=("b.txt",)),
        Story("the rest back", small, {}, "commit", rejects=("rest.txt",), rest="back", steps=EDITS),
        Story("the rest as a task", small, {}, "commit", rejects=("rest.txt",), rest="follow_up", steps=EDITS),
        Story("undo of a part", small, {}, "commit", rejects=("rest.txt",), rest="back", steps=EDITS, undo=True),
        Story("undo", small, FEATURE, "commit", undo=True),
        Story("undo of a working tree", at_work, {"kind": "working_tree"}, "working_tree", rejects=("b.txt",),
              undo=True),
        Story("undo of files", small, FEATURE, "files", undo=True, trailer=False),
        Story("undo of a branch", small, FEATURE, "branch", undo=True, after="casework/*"),
    )
}  # fmt: skip

CROWDED: Final = Story("crowded", crowded, FEATURE, "commit")


@dataclass
class Copies:
    """Fresh copies of one story's repository, with an index that knows the copies."""

    story: Story
    folder: Path
    _original: Repository = field(init=False)
    _number: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        self._original = self.story.make(self.folder / "original")

    def fresh(self) -> Repository:
        """Give the next one."""
        self._number += 1
        to = self.folder / f"{self._number:04}"
        subprocess.run(["cp", "-a", str(self._original.path), str(to)], check=True, timeout=60)
        made = Repository(to)
        made.git("update-index", "-q", "--refresh", check=False)
        return made


def save_in_a_bad_moment(repository: Repository) -> None:
    """Save over the very line that was to land, on whatever version stands there."""
    at = repository.at(CLASHES)
    lines = at.read_text().splitlines(keepends=True)
    assert lines[2] in ("line 3\n", "THREE\n")
    lines[2] = "mine, in a bad moment\n"
    mode = at.stat().st_mode
    at.write_text("".join(lines))
    at.chmod(mode)


def remove(repository: Repository) -> None:
    """Remove it from disk."""
    shutil.rmtree(repository.path, ignore_errors=True)
