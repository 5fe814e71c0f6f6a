"""Where a story is told: real folders, real git, the real command line and the real daemon, as an ordinary user."""

from __future__ import annotations

import difflib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pytest

from tests.repositories import Repository
from tests.scenarios.ordinary import User
from tests.scenarios.placeholders import Placeholders
from tests.scenarios.story import Section, Story

PATIENCE_S: Final = 60
_HASH: Final = re.compile(r"\bhash ([0-9a-f]{12})\b")
_HUNK: Final = re.compile(r"^ +\[.\] ([0-9a-f]{16}) ", re.MULTILINE)
_BINARIES: Final = Path(sys.executable).parent


class Stage:
    """One story's world: what is on disk, who acts, and what was seen so far."""

    def __init__(self, world: Path, user: User, story: Story) -> None:
        self.world = world
        self.user = user
        self.top = world / "shop"
        self.here = self.top
        self.names: dict[str, str] = {"top": str(self.top)}
        """What a line may name: `$top` (the repository), `$shown` (the hash seen last), `$shown_1`, `$hunk_1` ..."""
        self.hashes: list[str] = []
        places = {str(self.top): "<shop>", str(world): "<world>", str(_BINARIES): "<bin>"}
        self.placeholders = Placeholders(places, user.name)
        self._small = "small state disk" in story.options
        self._before: dict[str, list[str]] = {}

    # ---- setting ----------------------------------------------------------------------------------------------------

    def set_up(self, story: Story) -> None:
        """Make what stands before the story."""
        self.top.mkdir()
        if "no repository" not in story.options:
            Repository.new(self.top)
        self.user.give(self.world)
        for section in story.setting:
            self._set(section)
        self.user.give(self.world)
        if "another owner" in story.options:
            if os.geteuid() != 0:
                pytest.skip("only root may give a repository to somebody else")
            User(1).give(self.top)
        self._before = self._files()

    def _set(self, section: Section) -> None:
        match section.name:
            case "file":
                Repository(self.top).write({section.of: section.body})
            case "commit":
                self.user.give(self.top)
                self._must('git add -A && git commit -q --allow-empty -m "$SUBJECT"', SUBJECT=section.of)
            case "shell":
                self.user.give(self.world)
                self._must(f"set -e\n{section.body}")
            case "aside":
                (self.world / section.of).write_text(section.body)
            case "script":
                (self.world / section.of).write_text(json.dumps(_script(section)))
            case _:
                pass

    def _must(self, text: str, **names: str) -> None:
        done = self.run(text, names)
        assert done.returncode == 0, f"the setting failed: {text}\n{done.stdout}{done.stderr}"

    @contextmanager
    def disks(self) -> Iterator[None]:
        """Give the state folder a small disk of its own where the story asks for it."""
        if not self._small:
            yield
            return
        state = self.world / "state"
        mount = [
            "mount",
            "-t",
            "tmpfs",
            "-o",
            f"size=4m,mode=700,uid={self.user.id},gid={self.user.id}",
            "state",
            str(state),
        ]
        if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True, timeout=10).returncode != 0:
            pytest.skip("only root may mount a small disk, and not everywhere")
        try:
            yield
        finally:
            subprocess.run(["umount", "--lazy", str(state)], check=True, timeout=10)

    # ---- acting -----------------------------------------------------------------------------------------------------

    def run(self, text: str, names: Mapping[str, str] = MappingProxyType({})) -> subprocess.CompletedProcess[str]:
        """Run a line of sh as the user."""
        environment = (
            os.environ | {"PATH": f"{_BINARIES}:{os.environ['PATH']}", "COLUMNS": "200"} | self.names | dict(names)
        )
        return subprocess.run(
            [*self.user.begins, "sh", "-c", text],
            cwd=self.here, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            errors="surrogateescape", check=False, timeout=PATIENCE_S,
        )  # fmt: skip

    def shell(self, text: str) -> list[str]:
        """Run one of the story's lines, and give what is seen of it."""
        if text.startswith("cd "):
            self.top = self.here = (self.here / text.removeprefix("cd ")).resolve()
            self._before = self._files()
            return []
        done = self.run(text)
        self.notice(done.stdout)
        seen = [*done.stdout.splitlines(), *(f"! {line}" for line in done.stderr.splitlines())]
        if done.returncode:
            seen.append(f"[{done.returncode}]")
        return self.as_written(seen)

    def notice(self, text: str) -> None:
        """Remember what a human remembers of what they were shown."""
        for found in _HASH.findall(text):
            if found not in self.hashes:
                self.hashes.append(found)
                self.names[f"shown_{len(self.hashes)}"] = found
            self.names["shown"] = found
        hunks = _HUNK.findall(text)
        if hunks:
            self.names |= {f"hunk_{n}": hunk for n, hunk in enumerate(hunks, 1)}

    def as_written(self, lines: list[str]) -> list[str]:
        """Give lines as they stand in a story."""
        return self.placeholders("\n".join(lines)).split("\n") if lines else []

    def stop(self) -> None:
        """End the daemon, whatever it does."""
        self.run("casework daemon stop --force")

    # ---- what is in the end -----------------------------------------------------------------------------------------

    def journal(self) -> list[str]:
        """Give the kinds of all events, task by task, in their order."""
        if not self._is_repository():
            return []
        done = self.run(f"casework journal --json --limit 1000 -C '{self.top}'")
        if done.returncode:
            return self.as_written([f"! {line}" for line in done.stderr.splitlines()])
        rows: list[dict[str, Any]] = json.loads(done.stdout)["rows"]
        tasks: dict[int | None, list[str]] = {}
        for row in rows:
            tasks.setdefault(row["task"], []).append(row["kind"])
        lines = []
        for task in sorted(tasks, key=lambda number: number or 0):
            lines += [f"task {task}" if task else "repository", *_folded(tasks[task])]
        return lines

    def repository(self) -> list[str]:
        """Give branches with their commits, the state of the index, and what differs from the beginning."""
        lines = []
        if self._is_repository():
            lines = [*self._branches(), *self._status()]
        after = self._files()
        for name in sorted({*self._before, *after}):
            then, now = self._before.get(name), after.get(name)
            if then != now:
                what = "gone" if now is None else "new" if then is None else "changed"
                lines += [f"{what} {name}", *_difference(then or [], now or [])]
        return self.as_written(lines)

    def _is_repository(self) -> bool:
        return any((self.top / name).exists() for name in (".git", "HEAD"))

    def _git(self, *words: str) -> list[str]:
        done = subprocess.run(
            [*self.user.begins, "git", "-c", "safe.directory=*", "--no-optional-locks", *words],
            cwd=self.top, capture_output=True, text=True, errors="replace", check=False, timeout=PATIENCE_S,
        )  # fmt: skip
        return done.stdout.splitlines() if done.returncode == 0 else []

    def _branches(self) -> list[str]:
        head = self._git("symbolic-ref", "--short", "HEAD")
        lines = [f"HEAD is {head[0] if head else 'detached'}"]
        names = self._git("for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes")
        for name in names if head else ["HEAD", *names]:
            lines += [name, *(f"  {line}" for line in self._git("log", "--format=%s (%an)", name, "--"))]
        return lines

    def _status(self) -> list[str]:
        if (self.top / "HEAD").exists():
            return []  # bare
        changes = self._git("status", "--porcelain")
        staged = self._git("diff", "--cached", "--unified=0")
        return [
            *(["status", *(f"  {line}" for line in changes)] if changes else []),
            *(["staged", *_only_changes(staged)] if staged else []),
        ]

    def _files(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        if (self.top / "HEAD").exists():
            return found  # bare: no files of anybody's
        for above, folders, names in os.walk(self.top):
            folders[:] = [name for name in folders if name != ".git"]
            for at in (Path(above, name) for name in names):
                text = str(at.readlink()) if at.is_symlink() else at.read_bytes().decode("utf-8", "backslashreplace")
                found[str(at.relative_to(self.top))] = text.split("\n")
        return found

    def complaints(self) -> list[str]:
        """Give every traceback of the daemon's logs: a story in which one stands is not told to its end."""
        logs = self.world / "state" / "casework" / "log"
        return [
            f"{log.name}: {text[text.find('Traceback') :][:3000]}"
            for log in (sorted(logs.glob("*.log*")) if logs.exists() else [])
            for text in [log.read_text("utf-8", "replace")]
            if "Traceback" in text
        ]

    def sweep(self) -> None:
        """Remove what only its maker may remove."""
        for folder in (self.world, *self.world.iterdir()):
            folder.chmod(0o700)
        shutil.rmtree(self.top, ignore_errors=True)


def _folded(kinds: list[str]) -> Iterator[str]:
    line = ""
    for kind in kinds:
        if line and len(line) + len(kind) > 110:
            yield f"  {line}"
            line = ""
        line += f" {kind}" if line else kind
    yield f"  {line}"


def _difference(then: list[str], now: list[str]) -> list[str]:
    return _only_changes(list(difflib.unified_diff(then, now, n=0, lineterm="")))


def _only_changes(diff: list[str]) -> list[str]:
    return [f"  {line}" for line in diff if line[:1] in ("+", "-") and not line.startswith(("+++", "---"))]


def _script(section: Section) -> dict[str, Any]:
    """Give the steps of a scripted agent; `run` begins the steps of the next run."""
    runs: list[list[Any]] = [[]]
    for line in section.body.splitlines():
        if line == "run":
            runs.append([])
        elif line:
            runs[-1].append(json.loads(line))
    return {"runs": [{"steps": steps} for steps in runs]} if len(runs) > 1 else {"steps": runs[0]}
