"""Telling what moves in a repository: files, HEAD and branches, the index.

One thread waits for the system's events (watchfiles, one watch for each folder worth it) and leaves what it saw in a
mailbox of bounded size; an async iterator empties it. A burst, or anything that may have been missed, becomes one
`LookAgain` after the last event, so that nothing is lost and nobody is flooded. Where the system has no watches left,
or a name is not UTF-8, folders are looked at every two seconds instead.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Final, Self

# The public functions of watchfiles can't open a new watch before the old one is closed.
from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

from casework.domain.repopath import quote
from casework.ports.watching import HeadMoved, IndexMoved, LookAgain, Moved, NowPolling, PathsMoved
from casework.workspace.folders import Folders, Looks, Places, folders_or_none, ignored_of, look, new_folders, roots
from casework.workspace.git import Git

logger = logging.getLogger(__name__)

_STEP_MS: Final = 5  # 0.4 % of a core when nothing moves; an event is told after 10 ms
_GROUP_MS: Final = 100
_QUIET_MS: Final = 60
_IDLE_MS: Final = 1000
_COARSE_NS: Final = 20_000_000  # how far the times that a disk gives may lag behind the clock
_LONGEST_BURST_S: Final = 2.0
_DELETED: Final = 3  # watchfiles.Change.deleted
_MOST_REMEMBERED: Final = 20_000
MOST_PATHS: Final = 1000
"""So many paths are told one by one; more are a burst."""


@dataclass(slots=True)
class _Mailbox:
    """What was seen and not yet told; it never holds more than `MOST_PATHS` paths."""

    loop: asyncio.AbstractEventLoop
    wake: asyncio.Event
    lock: threading.Lock = field(default_factory=threading.Lock)
    paths: set[str] = field(default_factory=set)
    others: dict[Moved, None] = field(default_factory=dict)

    def put(self, paths: Iterable[str], *others: Moved) -> None:
        with self.lock:
            self.paths.update(paths)
            self.others.update(dict.fromkeys(others))
            if len(self.paths) > MOST_PATHS or LookAgain() in self.others:
                self.paths.clear()
                self.others[LookAgain()] = None
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self.loop.call_soon_threadsafe(self.wake.set)

    def take(self) -> list[Moved]:
        with self.lock:
            found: list[Moved] = [*self.others]
            if self.paths:
                found.append(PathsMoved(frozenset(self.paths)))
            self.paths.clear()
            self.others.clear()
        return found


class Watcher:
    """Watches one repository from `__aenter__` to `__aexit__`, which waits for its thread to end."""

    def __init__(self, git: Git, *, poll_s: float = 2.0) -> None:
        self._places = Places(git, git.top)
        self._poll_s = poll_s
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._thread: threading.Thread | None = None
        self._mailbox: _Mailbox | None = None

    async def __aenter__(self) -> Self:
        """Start; every change from here on is told."""
        self._mailbox = _Mailbox(asyncio.get_running_loop(), asyncio.Event())
        watch = _Watch(self._places, self._mailbox, self._stop, self._ready, self._poll_s)
        name = f"watching {os.fsdecode(self._places.top or self._places.git.git_dir)!r}"
        self._thread = threading.Thread(target=watch.run, name=name, daemon=True)
        self._thread.start()
        await asyncio.to_thread(self._ready.wait)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, 30)
        if self._mailbox is not None:
            self._mailbox.wake.set()

    async def events(self) -> AsyncIterator[Moved]:
        """Give what moves, until the watcher is left; what came together and was not yet taken is told once."""
        mailbox = self._mailbox
        while mailbox is not None and not self._stop.is_set():
            await mailbox.wake.wait()
            mailbox.wake.clear()
            for moved in mailbox.take():
                yield moved


@dataclass(slots=True)
class _Watch:
    """What the thread does."""

    places: Places
    mailbox: _Mailbox
    stop: threading.Event
    ready: threading.Event
    poll_s: float
    _folders: Folders = field(default_factory=dict)
    _roots: tuple[tuple[int, int], ...] | None = None
    _notify: RustNotify | None = None
    _carried: set[bytes] = field(default_factory=set)
    """What the watch before this one saw last."""
    _ignored: dict[bytes, bool] = field(default_factory=dict)
    _polled: set[bytes] = field(default_factory=set)
    _looks: Looks = field(default_factory=dict)
    _next_look_s: float = 0.0
    _burst_since_s: float | None = None
    _said: bool = False

    def run(self) -> None:
        try:
            self._begin_anew()
            self.ready.set()
            while not self.stop.is_set():
                self._turn()
        except Exception:
            logger.exception("the watcher of a repository ended")
            said = "Casework no longer watches this repository because of a mistake of its own; its log says more. "
            self.mailbox.put((), NowPolling(said + "Restart it with `casework daemon stop`."), LookAgain())
        finally:
            self.ready.set()
            if self._notify is not None:
                self._notify.close()

    def _turn(self) -> None:
        """Wait for something to happen, and tell it."""
        quiet = self._wait(self._notify) if self._notify is not None else self.stop.wait(self.poll_s) is False
        if self._polled and time.monotonic() >= self._next_look_s:
            self._poll()
        carried, self._carried = self._carried, set()
        if carried:
            self._tell(carried)
        if roots(self.places) != self._roots:
            self._begin_anew()
            self.mailbox.put((), LookAgain())
        if self._burst_since_s is None:
            return
        if quiet:
            self._burst_since_s = None
            self._begin_anew()
            self.mailbox.put((), LookAgain())
        elif time.monotonic() - self._burst_since_s > _LONGEST_BURST_S:
            self._burst_since_s = time.monotonic()
            self.mailbox.put((), LookAgain())

    def _wait(self, notify: RustNotify) -> bool:
        """Tell what the system saw; True when it saw nothing."""
        waiting_ms = _QUIET_MS if self._burst_since_s is not None else min(_IDLE_MS, int(self.poll_s * 1000))
        try:
            found = notify.watch(_GROUP_MS, _STEP_MS, waiting_ms, self.stop)
        except WatchfilesRustInternalError:  # a name that is not UTF-8: what else was seen with it is lost
            self._begin_anew()
            self.mailbox.put((), LookAgain())
            return False
        if isinstance(found, set):
            moves = {(kind, os.fsencode(path)) for kind, path in found}
            if any(kind == _DELETED and path in self.places.roots for kind, path in moves):
                self._roots = None  # another may stand in its place already, even with the same inode
            self._tell({path for _, path in moves})
        return found == "timeout"

    def _tell(self, paths: set[bytes]) -> None:
        if len(paths) > MOST_PATHS or self._burst_since_s is not None:
            self._burst_since_s = self._burst_since_s or time.monotonic()
            return
        others: list[Moved] = []
        if any(self.places.is_index(path) for path in paths):
            self._ignored.clear()  # what is tracked is not ignored
            others.append(IndexMoved())
        if any(self.places.is_head(path) for path in paths):
            others.append(HeadMoved())
        folders = {path for path in paths if os.path.isdir(path) and not os.path.islink(path)}
        files = {path for path in paths - folders if not self.places.is_in_git(path)} | self._enter(folders)
        if any(os.path.basename(path) == b".gitignore" for path in files):
            self._begin_anew()
            others.append(LookAgain())
        names = self._wanted({name for path in files if (name := self.places.inside(path)) is not None})
        if names or others:
            self.mailbox.put(map(quote, names), *others)

    def _wanted(self, names: set[bytes]) -> set[bytes]:
        """Leave out what git ignores; each name is asked for once."""
        strange = [name for name in names if name not in self._ignored]
        if len(self._ignored) > _MOST_REMEMBERED:
            self._ignored.clear()
        ignored = ignored_of(self.places, strange)
        self._ignored.update({name: name in ignored for name in strange})
        return {name for name in names if not self._ignored.get(name, name in ignored)}

    def _enter(self, folders: set[bytes]) -> set[bytes]:
        """Watch new folders too, and give what was written into them before the watch began."""
        files: set[bytes] = set()
        entered: Folders = {}
        appeared = folders - self._folders.keys()
        while appeared:
            found = new_folders(self.places, appeared)
            added = {folder: found[folder] for folder in found.keys() - self._folders.keys()}
            if not added:
                break
            self._watch(self._folders | added)
            entered |= added
            entries = look(entered)  # all of them again: what a watch of a moment ago saw may be gone with it
            appeared = {
                path for path in entries if os.path.isdir(path) and not os.path.islink(path)
            } - self._folders.keys()
            files |= entries.keys() - appeared - self._folders.keys()
        if entered:
            self.mailbox.put((), LookAgain())  # the old watch may have been closed on events nobody had read yet
        return files

    def _begin_anew(self) -> None:
        """Find the folders, and watch exactly them, with those that appear meanwhile."""
        begun_ns = time.time_ns()
        folders = folders_or_none(self.places)
        while folders is None and not self.stop.is_set():
            self.ready.set()
            self.stop.wait(self.poll_s)
            begun_ns = time.time_ns()
            folders = folders_or_none(self.places)
            if folders is not None:
                self.mailbox.put((), LookAgain())
        self._ignored.clear()
        self._roots = roots(self.places)
        self._watch(folders or {})
        self._enter(self._made_since(begun_ns - _COARSE_NS))

    def _made_since(self, begun_ns: int) -> set[bytes]:
        """Folders made after their parent was looked into and before it was watched: no event tells of them."""
        found: set[bytes] = set()
        for folder in self._folders:
            with contextlib.suppress(OSError):
                if os.stat(folder).st_mtime_ns >= begun_ns:
                    with os.scandir(folder) as entries:
                        found |= {entry.path for entry in entries if entry.is_dir(follow_symlinks=False)}
        return found - self._folders.keys()

    def _watch(self, folders: Folders) -> None:
        """Open the new watches before the old ones close, so that no event falls between."""
        before, self._notify = self._notify, None
        self._folders = folders
        self._polled = {folder for folder, odd in folders.items() if odd}
        try:
            self._notify = _open_notify(folders.keys() - self._polled)
        except (OSError, WatchfilesRustInternalError) as error:
            self._polled = set(folders)
            self._say(error)
        self._looks, self._next_look_s = look(self._polled), time.monotonic() + self.poll_s
        if before is not None:
            with contextlib.suppress(WatchfilesRustInternalError):  # such a name is told of by the new watch too
                found = before.watch(1, 1, 1, None)
                self._carried |= {os.fsencode(path) for _, path in found} if isinstance(found, set) else set()
            before.close()

    def _poll(self) -> None:
        begun = time.monotonic()
        looks = look(self._polled)
        moved = {path for path in looks.keys() | self._looks.keys() if looks.get(path) != self._looks.get(path)}
        # Looking may cost a twentieth of the time, no more.
        self._looks, self._next_look_s = looks, time.monotonic() + max(self.poll_s, 19 * (time.monotonic() - begun))
        if moved:
            self._tell(moved)

    def _say(self, error: Exception) -> None:
        if not self._said:
            self._said = True
            said = (
                f"This system has no more watches for files ({error}), so Casework looks at this repository every "
                f"{self.poll_s:g} seconds. On Linux raise fs.inotify.max_user_watches and max_user_instances."
            )
            self.mailbox.put((), NowPolling(said))


def _open_notify(folders: set[bytes]) -> RustNotify:
    """Watch each folder by itself, not what is below. A folder may go while we look: its parent tells that."""
    for _ in range(5):
        with contextlib.suppress(FileNotFoundError):
            texts = [os.fsdecode(folder) for folder in folders if os.path.isdir(folder)]
            return RustNotify(texts, False, False, 0, False, True)
    raise OSError("folders come and go too fast")
