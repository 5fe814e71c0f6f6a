"""Real git repositories, ordinary and odd, for any test: made by git itself, in a folder the test gives.

    repository = Repository.new(world / "project")
    repository.commit("first", {"a.txt": "one\n", b"caf\xe9": b"\xff"})
    repository.write({"a.txt": "two\n"})

Paths are text or bytes, contents too; contents that are None are deleted. Nothing here knows Casework.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

Name = str | bytes
Files = Mapping[Name, "Content"]


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link as a file's content."""

    to: Name


@dataclass(frozen=True, slots=True)
class Program:
    """A file with the execute bit."""

    text: str | bytes


Content = str | bytes | Link | Program | None

_ENVIRONMENT: Final = {
    "GIT_AUTHOR_NAME": "Ada Author",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada Author",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository on disk."""

    path: Path

    @classmethod
    def new(cls, path: Path, *options: str, branch: str = "main") -> Repository:
        """Make an empty repository with a name and a mail; `options` go to `git init` (`--bare`, ...)."""
        path.mkdir(parents=True, exist_ok=True)
        made = cls(path)
        made.git("init", "-q", "-b", branch, *options)
        made.git("config", "user.name", "Ada Author")
        made.git("config", "user.email", "ada@example.org")
        return made

    def git(self, *args: Name, stdin: bytes = b"", check: bool = True, timeout_s: float = 60) -> bytes:
        """Run the user's git here and give its output."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        done = subprocess.run(
            ["git", *args], cwd=self.path, env=environment | _ENVIRONMENT, input=stdin,
            capture_output=True, check=False, timeout=timeout_s,
        )  # fmt: skip
        assert not check or done.returncode == 0, f"git {args} failed: {done.stderr.decode(errors='replace')}"
        return done.stdout

    def text(self, *args: Name) -> str:
        """Run git and give its output as text, without the last newline."""
        return self.git(*args).decode().removesuffix("\n")

    def write(self, files: Files) -> None:
        """Write files into the working tree, folders made, what stood there replaced; None deletes."""
        for name, content in files.items():
            target = self.at(name)
            if target.is_dir() and not target.is_symlink():
                shutil.rmtree(target)
            else:
                target.unlink(missing_ok=True)
            if content is not None:
                target.parent.mkdir(parents=True, exist_ok=True)
                _put(target, content)

    def at(self, name: Name) -> Path:
        """Give the place of a file in the working tree."""
        return self.path / os.fsdecode(name)

    def commit(self, message: str, files: Files | None = None, *, author: str | None = None) -> str:
        """Write files, add all that is not ignored, commit (empty too), and give the commit's id."""
        self.write(files or {})
        self.git("add", "-A")
        by = [f"--author={author}"] if author else []
        self.git("commit", "-q", "--allow-empty", "-m", message, *by)
        return self.id("HEAD")

    def id(self, revision: str) -> str:
        """Give the full id of a revision."""
        return self.text("rev-parse", "--verify", revision)

    def tree(self, revision: str) -> str:
        """Give the tree of a commit."""
        return self.id(f"{revision}^{{tree}}")

    def hunks(self, *args: str) -> int:
        """Count the hunks of `git diff ARGS`, independently of Casework: lines that begin with `@@ `."""
        return sum(line.startswith(b"@@ ") for line in self.git("diff", *args).split(b"\n"))

    def picture(self) -> dict[str, object]:
        """Everything of the user's that must not change: each file's bytes, mode and stamp, index, HEAD and branches.

        Refs of Casework and its folder in the git directory are not part of it.
        """
        files: dict[str, tuple[int, int, bytes]] = {}
        for above, folders, names in os.walk(self.path):
            folders[:] = [name for name in folders if name != ".git"]
            for at in [Path(above, name) for name in names]:
                seen = at.lstat()
                data = os.fsencode(at.readlink()) if stat.S_ISLNK(seen.st_mode) else at.read_bytes()
                files[str(at.relative_to(self.path))] = (seen.st_mode, seen.st_mtime_ns, data)
        index = self.path / ".git" / "index"
        refs = self.text("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return {
            "files": files,
            "index": index.read_bytes() if index.exists() else None,
            "index stamp": index.stat().st_mtime_ns if index.exists() else None,
            "head": (self.path / ".git" / "HEAD").read_bytes(),
            "refs": [line for line in refs if not line.startswith("refs/casework/")],
            "config": (self.path / ".git" / "config").read_bytes(),
        }


def _put(target: Path, content: str | bytes | Link | Program) -> None:
    match content:
        case Link(to):
            target.symlink_to(os.fsdecode(to))
        case Program(text):
            _put(target, text)
            target.chmod(0o755)
        case str():
            target.write_bytes(content.encode())
        case bytes():
            target.write_bytes(content)


def numbered(count: int, *, but: Mapping[int, str] | None = None, end: str = "\n") -> str:
    """Give `count` lines, `line 1` and on, some of them replaced: enough text for several hunks."""
    return "".join(f"{(but or {}).get(n, f'line {n}')}{end}" for n in range(1, count + 1))


# What a name can be; git stores them all, and none may be mistaken for an option, a header or another name.
ODD_NAMES: Final[tuple[bytes, ...]] = (
    b"plain",
    b"with space",
    b"-rf",
    b"--help",
    b" leading",
    b"trailing ",
    b"new\nline",
    b"line\n@@ -1 +1 @@\ndiff --git a/x b/x",
    b"tab\there",
    b'quo"te',
    b"back\\slash",
    b"caf\xc3\xa9",
    b"caf\xe9",
    b"\xff\xfe\xfd",
    b"carriage\r",
    b"folder\r/inside",
    b"folder/file",
    b":(glob)*",
    b"*",
    b"a => b",
    b"{x,y}",
    b"~",
    b"@{u}",
    b"bell\x07",
    b"deep/er/and\ndeeper/file",
    b"aux.c",
    b"100644 blob",
)

ODD_CONTENTS: Final[Mapping[Name, bytes]] = {
    "empty": b"",
    "no newline at end": b"one\ntwo",
    "crlf": b"one\r\ntwo\r\n",
    "mixed ends": b"one\r\ntwo\nthree\rfour\n",
    "bom": b"\xef\xbb\xbfone\n",
    "latin-1": b"caf\xe9\n",
    "utf-16": "one\ntwo\n".encode("utf-16"),
    "binary": bytes(range(256)) * 4,
    "looks like a patch": b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\ndiff --git a/y b/y\n",
    "only newlines": b"\n" * 50,
    "form feeds and other line ends": "a\fb\vc\x1cd\x85e\u2028f\n".encode(),
    "a very long line": b"x" * 300_000,
}


def ordinary(path: Path) -> Repository:
    """Two commits on main, a branch `feature` with two more, five files, nothing unusual."""
    made = Repository.new(path)
    made.commit("First", {"README.md": "# Project\n", "src/app.py": numbered(60), "src/lib/core.py": numbered(30)})
    made.commit("Second", {"src/app.py": numbered(60, but={3: "three"}), "tests/test_app.py": numbered(10)})
    made.git("checkout", "-q", "-b", "feature")
    made.commit("Speak up", {"src/app.py": numbered(60, but={3: "three", 30: "THIRTY"})})
    made.commit("Shout\n\nLouder than before.", {"src/app.py": numbered(60, but={3: "3", 30: "THIRTY", 55: "55!"})})
    made.git("checkout", "-q", "main")
    return made


def odd_names(path: Path) -> Repository:
    """Every odd name, committed, then changed."""
    made = Repository.new(path)
    made.commit("Odd names", {name: numbered(20) for name in ODD_NAMES})
    made.commit("Changed", {name: numbered(20, but={2: "two", 18: "eighteen"}) for name in ODD_NAMES})
    return made


def odd_contents(path: Path) -> Repository:
    """Every odd content, committed, then changed at its beginning and its end."""
    made = Repository.new(path)
    made.git("config", "core.autocrlf", "false")
    made.commit("Odd contents", ODD_CONTENTS)
    made.commit("Changed", {name: b"new\n" + data + b"\nend" for name, data in ODD_CONTENTS.items()})
    return made


def every_status(path: Path) -> Repository:
    """One commit that adds, edits, deletes, renames, changes modes and kinds, all at once."""
    made = Repository.new(path)
    made.commit(
        "Before",
        {
            "edited": numbered(40),
            "deleted": "nothing like the others\n",
            "renamed-from": numbered(50),
            "renamed-pure-from": numbered(50, but={1: "pure"}),
            "mode": "x\n",
            "mode-and-edit": numbered(20),
            "file-to-link": "target",
            "link-to-file": Link("edited"),
            "binary": b"\0" * 100,
            "folder/inside": "x\n",
            "file-to-folder": "x\n",
            "renamed-with-mode-from": numbered(30, but={1: "with mode"}),
        },
    )
    made.write({"folder/inside": None, "file-to-folder": None})
    (path / "folder").rmdir()
    made.commit(
        "After",
        {
            "edited": numbered(40, but={2: "two", 20: "twenty", 39: "thirty-nine"}),
            "deleted": None,
            "renamed-from": None,
            "renamed-to": numbered(50, but={5: "five", 45: "forty-five"}),
            "renamed-pure-from": None,
            "moved/renamed-pure-to": numbered(50, but={1: "pure"}),
            "mode": Program("x\n"),
            "mode-and-edit": Program(numbered(20, but={1: "one", 20: "twenty"})),
            "file-to-link": Link("target"),
            "link-to-file": "edited\n",
            "binary": b"\0" * 101,
            "added": numbered(3),
            "added-empty": "",
            "folder": "a file now\n",
            "file-to-folder/inside": "y\n",
            "renamed-with-mode-from": None,
            "renamed-with-mode-to": Program(numbered(30, but={1: "with mode", 15: "fifteen"})),
        },
    )
    return made


def shallow(path: Path, depth: int = 1) -> Repository:
    """A clone of `ordinary` that has only the last commits."""
    origin = ordinary(path.with_name(path.name + "-origin"))
    origin.git("clone", "-q", f"--depth={depth}", f"file://{origin.path}", str(path))
    made = Repository(path)
    made.git("config", "user.name", "Ada Author")
    made.git("config", "user.email", "ada@example.org")
    return made


def with_submodule(path: Path) -> Repository:
    """A repository whose submodule has commits of its own; the last commit moves it."""
    inner = ordinary(path.with_name(path.name + "-inner"))
    made = Repository.new(path)
    made.commit("Before", {"a": "a\n"})
    made.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", f"file://{inner.path}", "sub")
    made.commit("Add the submodule")
    Repository(path / "sub").git("checkout", "-q", "HEAD^")
    made.commit("Move the submodule back")
    return made


def unborn(path: Path) -> Repository:
    """No commit yet."""
    return Repository.new(path)


def bare(path: Path) -> Repository:
    """A bare clone of `ordinary`."""
    origin = ordinary(path.with_name(path.name + "-origin"))
    origin.git("clone", "-q", "--bare", str(origin.path), str(path))
    return Repository(path)


def unmerged(path: Path) -> Repository:
    """A merge stopped at a conflict."""
    made = Repository.new(path)
    made.commit("Before", {"a": "before\n"})
    made.git("checkout", "-q", "-b", "other")
    made.commit("Theirs", {"a": "theirs\n"})
    made.git("checkout", "-q", "main")
    made.commit("Ours", {"a": "ours\n"})
    made.git("merge", "-q", "other", check=False)
    return made


def sha256(path: Path) -> Repository:
    """Objects named by sha256."""
    made = Repository.new(path, "--object-format=sha256")
    made.commit("First", {"a": numbered(40), "b/c": "c\n"})
    made.commit("Second", {"a": numbered(40, but={2: "two", 38: "x"}), "b/c": "cc\n", "b/d": "d\n"})
    return made


def hostile(path: Path, tell: Path) -> Repository:
    """Everything a repository can configure to have git run a program; each program would write into `tell`."""
    made = Repository.new(path)
    made.commit(
        "First", {"a.txt": numbered(30), "b.bin": b"\0", ".gitattributes": "* filter=evil diff=evil merge=evil\n"}
    )
    made.commit("Second", {"a.txt": numbered(30, but={3: "x", 28: "y"})})
    tell.mkdir(parents=True, exist_ok=True)

    def program(name: str) -> str:
        script = path / ".git" / f"evil-{name}"
        script.write_text(f"#!/bin/sh\ntouch '{tell}/{name}'\ncat\n")
        script.chmod(0o755)
        return str(script)

    for key in (
        "core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.askPass", "core.alternateRefsCommand",
        "filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "diff.evil.command", "diff.evil.textconv",
        "diff.external", "merge.evil.driver", "gpg.program", "credential.helper", "trailer.x.command",
        "uploadpack.packObjectsHook", "interactive.diffFilter", "sequence.editor",
    ):  # fmt: skip
        made.git("config", key, program(key))
    made.git("config", "filter.evil.required", "true")
    made.git("config", "commit.gpgSign", "true")
    hooks = path / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in (
        "post-checkout", "post-index-change", "reference-transaction", "pre-commit", "post-commit",
        "fsmonitor-watchman", "commit-msg", "prepare-commit-msg", "pre-auto-gc", "post-rewrite",
        "post-merge", "pre-push", "update",
    ):  # fmt: skip
        (hooks / name).write_text(f"#!/bin/sh\ntouch '{tell}/hook-{name}'\n")
        (hooks / name).chmod(0o755)
    return made


READABLE: Final[Mapping[str, Callable[[Path], Repository]]] = {
    "ordinary": ordinary,
    "odd names": odd_names,
    "odd contents": odd_contents,
    "every status": every_status,
    "shallow": shallow,
    "submodule": with_submodule,
    "sha256": sha256,
}
"""Repositories of which the last commit can be reviewed, by name."""
