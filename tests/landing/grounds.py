"""Repositories with a user in the middle of their work, and a change that is to land there."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from casework.domain.events import LandingMode
from casework.domain.ids import CommitId, LandingId, TaskId
from casework.ports.landing import Announcement, Landed, LandingPlan, LandingRequest, TakenBack
from casework.workspace.git import Git
from casework.workspace.landing.lander import GitLander
from tests.landing.looking import Look, look
from tests.repositories import Files, Link, Program, Repository, numbered


@dataclass
class Ground:
    """One repository, and a change on `base`."""

    repository: Repository
    base: str
    accepted: str
    lander: GitLander = field(init=False)

    def __post_init__(self) -> None:
        self.lander = GitLander(Git.open(self.repository.path), lock_wait_s=0.2, recovery_wait_s=0.5)

    def request(
        self,
        mode: LandingMode = "commit",
        *,
        target: str | None = "refs/heads/main",
        landing: str = "",
        trusted: bool = False,
        snapshot: str | None = None,
        message: str = "Change it\n",
        branch_name: str | None = None,
        protected: tuple[str, ...] = (),
        co_authors: tuple[str, ...] = (),
    ) -> LandingRequest:
        """Ask for the change to be landed."""
        return LandingRequest(
            landing=LandingId(landing or str(uuid.uuid4())),
            task=TaskId("task-1"),
            number=7,
            mode=mode,
            base=CommitId(self.base),
            accepted=CommitId(self.accepted),
            snapshot=CommitId(snapshot) if snapshot else None,
            target=target,
            message=message,
            trusted=trusted,
            branch_name=branch_name,
            protected=protected,
            co_authors=co_authors,
        )

    def land(self, request: LandingRequest | None = None) -> tuple[Announcement, Landed]:
        """Land it, through the journal's form of the announcement."""
        announcement = self.prepare(self.lander.plan(request or self.request()))
        ended = self.lander.enter(announcement)
        assert isinstance(ended, Landed), ended
        assert self.lander.finish(announcement) == ()
        return announcement, ended

    def prepare(self, plan: LandingPlan) -> Announcement:
        """Prepare, and send the announcement through JSON as the journal does."""
        announcement = self.lander.prepare(LandingPlan.model_validate_json(plan.model_dump_json()))
        return Announcement.model_validate_json(announcement.model_dump_json())

    def take_back(self, announcement: Announcement) -> Landed:
        """Undo a landing."""
        plan = self.lander.plan_undo(announcement, LandingId(str(uuid.uuid4())))
        undo = self.prepare(plan)
        ended = self.lander.enter(undo)
        assert isinstance(ended, Landed), ended
        self.lander.finish(undo)
        return ended

    def fails(self, announcement: Announcement) -> TakenBack:
        """Enter, expecting that it is taken back."""
        ended = self.lander.enter(announcement)
        assert isinstance(ended, TakenBack), ended
        return ended

    def look(self) -> Look:
        """Look at the repository."""
        return look(self.repository)

    def copy(self, to: Path) -> Ground:
        """Give a copy of everything, with an index that knows the copies."""
        subprocess.run(["cp", "-a", str(self.repository.path), str(to)], check=True, timeout=60)
        copied = Ground(Repository(to), self.base, self.accepted)
        copied.repository.git("update-index", "-q", "--refresh", check=False)
        return copied

    def remove(self) -> None:
        """Remove it from disk."""
        shutil.rmtree(self.repository.path, ignore_errors=True)


def ground(path: Path, before: Files, after: Files, *, settings: dict[str, str] | None = None) -> Ground:
    """Make a repository with `before` committed on main, and a change to `after` beside it; None deletes."""
    repository = Repository.new(path)
    for name, value in (settings or {}).items():
        repository.git("config", name, value)
    base = repository.commit("Before", before)
    repository.git("checkout", "-q", "--detach")
    accepted = repository.commit("The change", after)
    repository.git("checkout", "-q", "main")
    return Ground(repository, base, accepted)


def busy(path: Path) -> Ground:
    """A user with staged, unstaged and untracked work, and a change of every kind that merges with it."""
    made = ground(
        path,
        {
            "plain.txt": numbered(30),
            "edited.txt": numbered(30),
            "staged.txt": numbered(30),
            "both.txt": numbered(40),
            "gone.txt": "bye\n",
            "folder/last one": "x\n",
            "program": "run\n",
            "link": Link("plain.txt"),
            "other.txt": numbered(10),
            "crlf.txt": numbered(10, end="\r\n"),
            ".gitattributes": "crlf.txt eol=crlf\n",
            ".gitignore": "*.ignored\n",
        },
        {
            "plain.txt": numbered(30, but={3: "THREE"}),
            "edited.txt": numbered(30, but={3: "THREE"}),
            "staged.txt": numbered(30, but={3: "THREE"}),
            "both.txt": numbered(40, but={3: "THREE"}),
            "gone.txt": None,
            "folder/last one": None,
            "program": Program("run\n"),
            "link": Link("edited.txt"),
            "crlf.txt": numbered(10, but={2: "TWO"}, end="\r\n"),
            "new/deep/\xe4 file": "new\n",
            b"new/\xff\nodd": b"\x00\x01",
        },
    )
    user = made.repository
    user.write({"edited.txt": numbered(30, but={27: "mine"}), "staged.txt": numbered(30, but={20: "staged"})})
    user.write({"both.txt": numbered(40, but={20: "staged"})})
    user.git("add", "staged.txt", "both.txt")
    user.write({"both.txt": numbered(40, but={20: "staged", 36: "unstaged"}), "other.txt": "mine\n"})
    user.write({"untracked": "u\n", "x.ignored": "i\n"})
    user.at("plain.txt").chmod(0o600)
    return made
