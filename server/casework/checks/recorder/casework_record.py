"""The record of a check, written from inside it: which files were run, and how each test went. PYTEST_DONT_REWRITE

It goes line by line into a pipe that we read: what was written can't be taken back, so that whoever forges can only add
to what is already against them. Runs in the project's Python, so it imports the standard library only, nothing of ours.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import json
import os
import stat
import sys

TYPE_CHECKING = False  # as type checkers know it, without the time that importing `typing` takes
if TYPE_CHECKING:
    from typing import Any

MOST = 4000
"""Bytes of a line; what is written at once to a pipe is never mixed with another's, up to PIPE_BUF (4096 on Linux)."""
_HIGH = 200  # where tests that count or close descriptors do not look


class _Line:
    """The pipe's end in this process."""

    def __init__(self) -> None:
        self.path = os.environ.get("CASEWORK_RECORD", "")
        self.top = os.environ.get("CASEWORK_TOP", "")
        self.only = [name for name in os.environ.get("CASEWORK_ONLY", "").split("\n") if name]
        self.handle = -1
        self.inode = 0
        self.opening = False
        self.known: set[str] = set()
        self.prefix = ""

    def open(self) -> None:
        self.opening = True
        try:
            low = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
            self.handle = fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, _HIGH)
            os.close(low)
            os.set_blocking(self.handle, True)
            self.inode = os.fstat(self.handle).st_ino
        except OSError:
            self.handle = -1
        finally:
            self.opening = False

    def write(self, **said: object) -> None:
        said["pid"] = os.getpid()
        line = json.dumps(said).encode() + b"\n"
        if len(line) > MOST:
            line = json.dumps({"t": "long", "pid": said["pid"]}).encode() + b"\n"
        for _ in range(2):
            try:
                seen = os.fstat(self.handle)
                if stat.S_ISFIFO(seen.st_mode) and seen.st_ino == self.inode:
                    os.write(self.handle, line)
                    return
            except OSError:
                pass
            self.open()  # somebody closed what was not theirs, and the number may belong to another file by now


_line = _Line()


def start() -> None:
    """Begin: from here on every file that is run in this process is told."""
    if not _line.path:
        return
    _line.open()
    _line.write(t="begin", argv=[str(word)[:200] for word in getattr(sys, "argv", [])[:3]])
    atexit.register(_end)
    sys.addaudithook(_heard)
    if _line.only:
        import casework_stand_ins  # type: ignore[import-not-found]  # it stands beside this file

        casework_stand_ins.stand_in(_line.top, _line.only)


def _end() -> None:
    _line.write(t="end")


def _heard(event: str, args: tuple[Any, ...]) -> None:
    """`exec` is raised for the code of every module that is loaded from a file (PEP 578); it can't be unhooked."""
    if event == "open" and not _line.opening and args and _is_record(args[0]):
        _line.write(t="touched")
        return
    if event != "exec" or not args:
        return
    name = getattr(args[0], "co_filename", "")
    if getattr(args[0], "co_name", "") != "<module>" or not name or name[0] == "<" or name in _line.known:
        return
    _line.known.add(name)
    try:
        _tell(os.path.abspath(name))  # noqa: PTH100
    except Exception:  # noqa: BLE001 - what records must never change how a project's code goes
        return


def _is_record(path: object) -> bool:
    """Whether somebody opens the record by its name: nobody but us has any business in it."""
    name = os.fsdecode(path) if isinstance(path, (str, bytes)) else str(path)
    if not name.endswith(os.path.basename(_line.path)):  # noqa: PTH119
        return False
    try:
        return os.path.samefile(name, _line.path)  # noqa: PTH121
    except OSError:
        return False


def _tell(path: str) -> None:
    real = os.path.realpath(path)
    blob = ""
    top = _line.top + os.sep
    if path.startswith(top) or real.startswith(top):
        try:
            with open(path, "rb") as file:  # noqa: PTH123
                data = file.read()
            blob = hashlib.sha256(data).hexdigest()
        except OSError:
            blob = "unreadable"
    _line.write(t="load", path=path, real=real if real != path else "", sha=blob)


def pytest_sessionstart(session: Any) -> None:
    """Pytest begins; ids of tests are told relative to our top folder, wherever its own root is."""
    root = str(getattr(session.config, "rootpath", "") or session.config.rootdir)
    prefix = os.path.relpath(root, _line.top) if _line.top else "."
    _line.prefix = "" if prefix == "." else prefix.replace(os.sep, "/") + "/"
    _line.write(t="session", worker=os.environ.get("PYTEST_XDIST_WORKER", ""))


def pytest_collection_modifyitems(config: Any, items: list[Any]) -> None:
    """Leave only the wanted files, where some are wanted."""
    if not _line.only:
        return
    wanted = [item for item in items if (_line.prefix + item.nodeid).split("::")[0] in _line.only]
    left = [item for item in items if item not in wanted]
    items[:] = wanted
    config.hook.pytest_deselected(items=left)


def pytest_runtest_makereport(item: Any, call: Any) -> None:
    """Tell what was raised, before anybody can make a report of it; gives no report itself."""
    raised = call.excinfo.typename if call.excinfo is not None else ""
    _line.write(t="call", id=_line.prefix + item.nodeid, when=call.when, raised=raised)


def pytest_runtest_logreport(report: Any) -> None:
    """Tell how a phase of a test went."""
    _line.write(
        t="test",
        id=_line.prefix + report.nodeid,
        when=report.when,
        outcome=report.outcome,
        xfail=hasattr(report, "wasxfail"),
        why=_why(report),
    )


def pytest_collectreport(report: Any) -> None:
    """Tell what could not be collected."""
    if report.failed:
        _line.write(t="collect", id=_line.prefix + report.nodeid, why=_why(report))


def pytest_sessionfinish(exitstatus: int) -> None:
    """Pytest ends."""
    _line.write(t="finish", status=int(exitstatus), worker=os.environ.get("PYTEST_XDIST_WORKER", ""))


def _why(report: Any) -> str:
    if report.outcome != "failed":
        return ""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = str(getattr(crash, "message", "") or report.longrepr or "")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("E ")]
    return (errors[-1][2:].strip() if errors and crash is None else lines[0] if lines else "")[:300]
