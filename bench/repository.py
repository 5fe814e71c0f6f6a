"""Repositories to measure on, made anew below a scratch folder: a small one, and one of 50,000 files.

Their names, mails and contents are fixed, so that two runs measure the same.
"""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

MANY: Final = 50_000
CHANGED: Final = 200
_PER_FOLDER: Final = 100

ENVIRONMENT: Final[Mapping[str, str]] = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_TERMINAL_PROMPT": "0",
}


def git(folder: Path, *arguments: str, stdin: bytes = b"", index: Path | None = None) -> bytes:
    """Run git in `folder` and give what it prints."""
    environment = os.environ | ENVIRONMENT | ({"GIT_INDEX_FILE": str(index)} if index else {})
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=environment, input=stdin, capture_output=True, check=True, timeout=300
    ).stdout


def begin(folder: Path) -> None:
    """Make an empty repository of somebody with a name."""
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    git(folder, "config", "user.name", "Ada")
    git(folder, "config", "user.email", "ada@example.org")


def path_of(number: int) -> str:
    """The name of one of the many files."""
    return (
        f"part{number // (_PER_FOLDER * 20):02}/module{number // _PER_FOLDER % 20:02}/file{number % _PER_FOLDER:02}.py"
    )


def lines_of(number: int, version: int) -> bytes:
    """The content of one of the many files: some 60 lines, three of which depend on the version."""
    chance = random.Random(number)
    lines = [f"value_{line} = {chance.randrange(10**12)}" for line in range(60)]
    if version:
        for line in (5, 30, 55):
            lines[line] = f"value_{line} = {version}{number}"
    return ("\n".join(lines) + "\n").encode()


def make_large(folder: Path) -> Path:
    """A repository of 50,000 files on branch `main`, checked out, as somebody has it who has worked in it for a while.

    Git reads every file that is as young as the index at every look, until it has written the index in a later second.
    """
    begin(folder)
    git(folder, "fast-import", "--quiet", stdin=b"".join(_stream()))
    git(folder, "reset", "-q", "--hard", "main")
    written = int((folder / ".git" / "index").stat().st_mtime)
    while int(time.time()) <= written:
        time.sleep(0.05)
    git(folder, "update-index", "-q", "--refresh", "--force-write-index")
    return folder


def _stream() -> Iterator[bytes]:
    message = b"Begin\n"
    yield b"commit refs/heads/main\ncommitter Ada <ada@example.org> 1700000000 +0000\ndata %d\n%b" % (
        len(message),
        message,
    )
    for number in range(MANY):
        content = lines_of(number, 0)
        yield b"M 100644 inline %b\ndata %d\n%b" % (path_of(number).encode(), len(content), content)


def change_files(folder: Path, version: int) -> Sequence[str]:
    """Write a new version of 200 files, spread over the whole; give their paths."""
    paths = []
    for number in range(0, MANY, MANY // CHANGED):
        (folder / path_of(number)).write_bytes(lines_of(number, version))
        paths.append(path_of(number))
    return paths


def make_small(folder: Path, commits: int = 12) -> Path:
    """A repository of some commits over a few files, checked out on `main`."""
    begin(folder)
    for number in range(commits):
        for file in range(number, number + 3):
            (folder / f"file{file % 5}.py").write_bytes(lines_of(file % 5, number))
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", f"Change {number}")
    return folder
