"""The tools' side of a toolbox: one process per run, in the run's box, that reads, searches, edits and runs commands.

Started by its path, `python -I -S toolbox_process.py ROOT [--clear NAME]`, with nothing but the standard library and
three small modules of ours, so that it is there in some 30 ms. Each line of standard input is an order, each line of
standard output its outcome. Files are reached below ROOT only, never through links (`confined`); commands are run as
they are: keeping those in is the box's.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from casework.agents.confined import Worktree
from casework.domain.errors import Refused
from casework.domain.repopath import quote

OUTPUT_LIMIT: Final = 30_000
"""Characters of what a tool gives the model."""
LINE_LIMIT: Final = 1000
"""Characters of one line that is shown."""
MATCHES: Final = 100
SEARCH_S: Final = 15
"""Seconds for one search."""
_SEARCHED_BYTES: Final = 2 * 1024 * 1024
"""Of a file; larger ones are left out of a search."""
_NAMES: Final = 400
_NOTE_LIMIT: Final = 16 * 1024
_LEFT_OUT: Final = frozenset({".git", "__pycache__", "node_modules", ".venv", "venv", ".tox", ".mypy_cache"})
_LINGER_S: Final = 0.3
"""For what a command left running to give its last output."""


class _TooLong(Exception):
    pass


class Toolbox:
    """The four tools below one folder; each gives text, and raises `Refused` or `OSError` for what can't be."""

    def __init__(self, root: str, spare: str) -> None:
        self._root = root
        self._files = Worktree(root)
        self._spare = os.fsencode(spare)

    def clear(self) -> None:
        """Remove what an interrupted edit may have left beside its file."""
        for folder, _, names in os.walk(self._root):
            if os.fsdecode(self._spare) in names:
                path = os.path.relpath(os.path.join(folder, os.fsdecode(self._spare)), self._root)  # noqa: PTH118
                with suppress(OSError, Refused):
                    self._files.delete(os.fsencode(path))

    def read(self, path: str, start: int, lines: int) -> str:
        """Give lines of a file, or the names in a folder."""
        wanted = self._path(path)
        if self._files.is_folder(wanted):
            return self._names(wanted)
        content = self._files.read(wanted)
        if b"\0" in content[:8192]:
            raise Refused(f"{quote(wanted)} is no text ({len(content)} bytes)")
        everything = content.decode("utf-8", "replace").removesuffix("\n").split("\n")
        chosen = [line[:LINE_LIMIT] for line in everything[start - 1 : start - 1 + lines]]
        text = _bounded("\n".join(chosen))
        end = start - 1 + len(chosen)
        rest = f"\n[lines {start} to {end} of {len(everything)}]" if start > 1 or end < len(everything) else ""
        return text + rest

    def search(self, pattern: str, path: str, glob: str) -> str:
        """Give the lines below a folder that match, as `path:line: text`."""
        try:
            wanted = re.compile(pattern)
        except re.error as wrong:
            raise Refused(f"that is no regular expression: {wrong}") from None
        found: list[str] = []
        signal.signal(signal.SIGALRM, _too_long)
        signal.alarm(SEARCH_S)
        try:
            for name in self._below(self._path(path)):
                if not glob or fnmatch.fnmatch(name, glob) or fnmatch.fnmatch(name.rpartition("/")[2], glob):
                    found += self._matches(name, wanted, MATCHES - len(found))
                if len(found) >= MATCHES:
                    return _bounded("\n".join([*found, f"[the first {MATCHES}; say it more narrowly]"]))
        except _TooLong:
            found.append(f"[stopped after {SEARCH_S} s; say it more narrowly]")
        finally:
            signal.alarm(0)
        return _bounded("\n".join(found) or "[no line matches]")

    def edit(self, path: str, old: str, new: str) -> str:
        """Replace the one place, or make the file."""
        wanted = self._path(path)
        if not old:
            return self._make(wanted, new)
        before = self._files.read(wanted).decode("utf-8", "surrogateescape")
        if old not in before and "\r\n" in before and "\r" not in old:
            old, new = old.replace("\n", "\r\n"), new.replace("\n", "\r\n")
        count = before.count(old)
        if count != 1:
            raise Refused(f"old occurs {count} times in {quote(wanted)}; nothing was changed")
        after = before.replace(old, new, 1)
        if after.count("[redacted: ") > before.count("[redacted: "):
            raise Refused("a [redacted: ...] mark would be written in place of a secret; nothing was changed")
        self._files.write(wanted, after.encode("utf-8", "surrogateescape"), spare=self._spare)
        return f"{quote(wanted)}: line {before[: before.index(old)].count(chr(10)) + 1}"

    def shell(self, command: str, timeout_s: int) -> str:
        """Run a command line; give its output and how it ended."""
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            cwd=self._root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        output, late = _listen(process, timeout_s)
        if late:
            return f"{output}\n[ended after {timeout_s} s, its time limit]"
        return f"{output}\n[exit code {process.returncode}]"

    def notes(self, path: str, names: list[str]) -> list[list[str]]:
        """Give the notes for agents in the folders above a path, the top's first: their places and texts."""
        parts = self._path(path).split(b"/")[:-1]
        found = []
        for depth in range(len(parts) + 1):
            for name in names:
                place = b"/".join([*parts[:depth], name.encode()])
                with suppress(OSError, Refused):
                    text = self._files.read(place)[:_NOTE_LIMIT].decode("utf-8", "replace")
                    found.append([quote(place), text])
                    break
        return found

    # ---- inside -----------------------------------------------------------------------------------------------------

    def _path(self, path: str) -> bytes:
        """Give a path below the root; an absolute one that leads there is taken too."""
        plain = os.path.relpath(path, self._root) if path.startswith(self._root.rstrip("/") + "/") else path
        return os.fsencode(os.path.normpath(plain)) if plain.rstrip("/") not in ("", ".") else b""

    def _names(self, path: bytes) -> str:
        prefix = path + b"/" if path else b""
        names = [
            quote(name) + "/" * is_folder
            for name, is_folder in self._files.names(path)
            if not (is_folder and self._is_empty(prefix + name))
        ]
        more = f"\n[and {len(names) - _NAMES} more]" if len(names) > _NAMES else ""
        return _bounded("\n".join(names[:_NAMES]) + more) or "[empty]"

    def _is_empty(self, path: bytes, depth: int = 3) -> bool:
        """Tell whether a folder holds no file: to git there is none, and a box has one in a protected path's place."""
        with suppress(OSError, Refused):
            return depth > 0 and all(
                is_folder and self._is_empty(path + b"/" + name, depth - 1)
                for name, is_folder in self._files.names(path)
            )
        return False

    def _below(self, path: bytes) -> Iterator[str]:
        if path and not self._files.is_folder(path):
            self._files.read(path)  # or say why it can't be
            yield os.fsdecode(path)
            return
        for folder, inner, names in os.walk(os.path.join(os.fsencode(self._root), path)):  # noqa: PTH118 - bytes
            inner[:] = sorted(name for name in inner if os.fsdecode(name) not in _LEFT_OUT)
            for name in sorted(names):
                yield os.fsdecode(os.path.relpath(os.path.join(folder, name), os.fsencode(self._root)))  # noqa: PTH118

    def _matches(self, name: str, wanted: re.Pattern[str], most: int) -> list[str]:
        found: list[str] = []
        with suppress(OSError, Refused):
            if os.lstat(os.path.join(self._root, name)).st_size > _SEARCHED_BYTES:  # noqa: PTH118
                return []
            content = self._files.read(os.fsencode(name))
            if b"\0" in content[:8192]:
                return []
            shown = quote(os.fsencode(name))
            for n, line in enumerate(content.decode("utf-8", "replace").split("\n"), 1):
                if wanted.search(line):
                    found.append(f"{shown}:{n}: {line.strip()[:200]}")
                    if len(found) >= most:
                        break
        return found

    def _make(self, path: bytes, content: str) -> str:
        try:
            self._files.read(path)
        except FileNotFoundError:
            if "[redacted: " in content:
                raise Refused(
                    "a [redacted: ...] mark would be written in place of a secret; nothing was made"
                ) from None
            self._files.write(path, content.encode("utf-8", "surrogateescape"), spare=self._spare)
            return f"{quote(path)}: made, {content.count(chr(10))} lines"
        raise Refused(f"{quote(path)} is there already; to change it, say what is replaced")


def _too_long(_number: int, _frame: object) -> None:
    raise _TooLong


def _listen(process: subprocess.Popen[bytes], timeout_s: float) -> tuple[str, bool]:
    """Read until the command has ended, keep the beginning and the end; gives the output and whether it was ended."""
    assert process.stdout is not None, "it was asked for"
    pipe = process.stdout.fileno()
    os.set_blocking(pipe, False)
    head, tail, total = bytearray(), bytearray(), 0
    end = time.monotonic() + timeout_s
    late, ended_at = False, 0.0
    while True:
        now = time.monotonic()
        if process.poll() is not None and not ended_at:
            ended_at = now
        if (ended_at and now > ended_at + _LINGER_S) or now > end:
            break
        if not select.select([pipe], [], [], 0.01 if ended_at else min(0.05, max(0.0, end - now)))[0]:
            continue
        chunk = os.read(pipe, 65536)
        if not chunk:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, end - time.monotonic()))
            break
        total += len(chunk)
        room = OUTPUT_LIMIT // 3 - len(head)
        head += chunk[: max(0, room)]
        tail = (tail + chunk[max(0, room) :])[-OUTPUT_LIMIT * 2 // 3 :]
    if process.poll() is None:
        late = True
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    process.stdout.close()
    left = total - len(head) - len(tail)
    between = f"\n[{left} bytes left out]\n".encode() if left else b""
    return (bytes(head) + between + bytes(tail)).decode("utf-8", "replace"), late


def _bounded(text: str) -> str:
    if len(text) <= OUTPUT_LIMIT:
        return text
    return f"{text[:OUTPUT_LIMIT]}\n[{len(text) - OUTPUT_LIMIT} characters left out]"


def _answer(tools: dict[str, Callable[..., Any]], order: dict[str, Any]) -> dict[str, Any]:
    tool = order.pop("tool")
    try:
        return {"text": tools[tool](**order), "is_error": False}
    except Refused as no:
        return {"text": f"{no.sentence}.", "is_error": True}
    except OSError as error:
        return {"text": f"{error.strerror or 'the system said no'}.", "is_error": True}
    except (ValueError, MemoryError, RecursionError) as error:
        return {"text": f"That can't be done ({type(error).__name__}).", "is_error": True}


def main(arguments: list[str]) -> None:
    """Serve orders until the input closes; one with `near` is answered with the notes near its path as well."""
    root, spare, *more = arguments
    box = Toolbox(root, spare)
    if more == ["--clear"]:
        box.clear()
    tools: dict[str, Callable[..., Any]] = {
        "read": box.read,
        "search": box.search,
        "edit": box.edit,
        "shell": box.shell,
    }
    sys.stdout.write("{}\n")
    sys.stdout.flush()
    for line in sys.stdin:
        order = json.loads(line)
        near = order.pop("near", None)
        answer = _answer(tools, order)
        if near is not None and not answer["is_error"]:
            answer["notes"] = _answer({"notes": box.notes}, {"tool": "notes", **near})
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
