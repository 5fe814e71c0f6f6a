"""What holds for every test: a world of its own, the slow ones last, and no process left behind.

Fixtures of one room live in the conftest of its folder, not here.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import psutil
import pytest

from tests.waiting import wait_until

# In every environment that a test gives to a process: how we know whose process it is.
MARK: Final = "CASEWORK_TEST_MARK"

# The cheapest first, so that a mistake shows early; what is not named runs between them.
_FIRST: Final = ("domain", "ports", "core", "store")
_LAST: Final = ("contracts", "scenarios", "lsp", "cli", "daemon", "e2e", "editors")

_INHERITED: Final = (
    "GIT_",
    "XDG_",
    "CASEWORK_",
    "PYTEST_ADDOPTS",
    "PYTHONPATH",
    "SSH_",
    "EDITOR",
    "VISUAL",
    "PAGER",
    "LC_",
    "LANG",
)

_GIVEN: Final = {
    "GIT_AUTHOR_NAME": "Ada Author",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada Author",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C.UTF-8",
    "NO_COLOR": "1",
    "TERM": "dumb",
    "TZ": "UTC",
}

_FOLDERS: Final = {
    "HOME": "home",
    "XDG_CACHE_HOME": "cache",
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
    "XDG_RUNTIME_DIR": "run",
    "XDG_STATE_HOME": "state",
}

_processes_begun = 0


def _count_process(event: str, _arguments: object) -> None:
    global _processes_begun
    if event in ("subprocess.Popen", "os.fork", "os.posix_spawn", "os.forkpty", "os.system"):
        _processes_begun += 1


sys.addaudithook(_count_process)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the random order inside a room, and put the rooms in order; what starts a daemon comes after all else."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> tuple[bool, int]:
    room = item.path.relative_to(Path(__file__).parent).parts[0]
    if room in _FIRST:
        return False, _FIRST.index(room)
    if room in _LAST:
        return item.get_closest_marker("e2e") is not None, len(_FIRST) + 1 + _LAST.index(room)
    return item.get_closest_marker("e2e") is not None, len(_FIRST)


@pytest.fixture(scope="session", autouse=True)
def _session_world() -> Iterator[None]:
    """Give fixtures that live longer than one test a world too; it ends with the session."""
    with pytest.MonkeyPatch.context() as patch, _world(patch):
        yield


@pytest.fixture(autouse=True)
def world(_session_world: None) -> Iterator[Path]:
    """A home, and folders for state, settings, caches and sockets, that are this test's own.

    The path is short, because a socket's path has at most 104 bytes on macOS. A process that the test started and
    that outlives it is ended, and the test fails.
    """
    with pytest.MonkeyPatch.context() as patch, _world(patch) as folder:
        yield folder


@contextmanager
def _world(patch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with everything a program looks for below the home, and an environment that leads there."""
    mark = secrets.token_hex(8)
    processes_before = _processes_begun
    folder = Path(tempfile.mkdtemp(prefix="cw-", dir="/tmp"))
    for name in [name for name in os.environ if name.startswith(_INHERITED)]:
        patch.delenv(name)
    for name, value in {**_GIVEN, MARK: mark}.items():
        patch.setenv(name, value)
    for name, below in _FOLDERS.items():
        (folder / below).mkdir(mode=0o700)
        patch.setenv(name, str(folder / below))
    try:
        yield folder
    finally:
        left = _end_processes_of(mark) if _processes_begun != processes_before else []
        shutil.rmtree(folder, ignore_errors=True)
    assert not left, "processes outlived their test: " + "; ".join(left)


def _end_processes_of(mark: str) -> list[str]:
    """Wait a little for the processes that carry `mark`; end what is left, and say what it was."""
    try:
        wait_until(lambda: not _processes_of(mark), description="the test's processes ended", timeout_s=3)
    except AssertionError:
        left = _processes_of(mark)
        said = [f"{process.pid} {_command_of(process)}" for process in left]
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, timeout=5)
        return said
    return []


def _processes_of(mark: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        with suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == mark:
                found.append(process)
    return found


def _command_of(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return " ".join(process.cmdline())[:200]
    return "(gone)"
