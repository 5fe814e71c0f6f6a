"""A plug-in of pytest that tells which tests get into which functions, what fails, and which files were imported.

It keeps to the order and choice it is given, and writes one JSON object per line. Recording costs one call per call of
a function: a library of tests for coverage would bring its own settings, and those of the project.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

with Path(os.environ["CASEWORK_SURVEY"]).open(encoding="utf-8") as _file:
    ORDER: dict[str, Any] = json.load(_file)
WATCHED = {os.path.join(ORDER["top"], path): path for path in ORDER["files"]}  # noqa: PTH118 - compared as text
RANK = {name: at for at, name in enumerate(ORDER["first"])}
ONLY = frozenset(ORDER["only"]) if ORDER["only"] is not None else None
LEFT_OUT = frozenset(ORDER["left_out"])
FILES = frozenset(ORDER["only_files"]) if ORDER["only_files"] is not None else None
WITHOUT = frozenset(ORDER["without_files"])

_pid = os.getpid()
_entered: set[tuple[str, int]] = set()
_wide: set[tuple[str, int]] = set()
_everything = False
_is_wide = True
_spawned = False
_opened: set[str] = set()
_began = _started = time.monotonic()
_collecting: dict[str, float] = {}
_took: dict[str, float] = {}
_cut: set[str] = set()
_ran: dict[str, float] = {}
_left_behind: set[str] = set()
_last_file: set[str] = set()


def _say(**what: Any) -> None:
    if os.getpid() == _pid:  # a forked child would say everything twice
        with Path(ORDER["out"]).open("a", encoding="utf-8") as out:
            out.write(json.dumps(what) + "\n")


def _enter(name: str, line: int) -> None:
    (_wide if _is_wide else _entered).add((WATCHED[name], line))


def _trace(frame: Any, _event: str, _argument: object) -> None:
    code = frame.f_code
    if code.co_filename in WATCHED:
        _enter(code.co_filename, code.co_firstlineno)


def _arm() -> None:
    """Begin to record, or begin again: a test may have switched it off."""
    if not ORDER["record"]:
        return
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is None:
        sys.settrace(_trace)
        threading.settrace(_trace)
        return
    if monitoring.get_tool(4) is None:
        monitoring.use_tool_id(4, "casework")

        def started(code: Any, _offset: int) -> Any:
            if code.co_filename in WATCHED:
                _enter(code.co_filename, code.co_firstlineno)
            return monitoring.DISABLE

        monitoring.register_callback(4, monitoring.events.PY_START, started)
        monitoring.set_events(4, monitoring.events.PY_START)
    monitoring.restart_events()


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    global _spawned
    if event in {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.system"}:
        _spawned = True
    elif event == "open" and isinstance(arguments[0], str) and arguments[0] in WATCHED and not _is_wide:
        _opened.add(WATCHED[arguments[0]])


if ORDER["record"]:
    sys.addaudithook(_hear)
_arm()


def _function(item: Any) -> str:
    """Name a test without its parameters: some are named anew each time."""
    name: str = item.nodeid.partition("[")[0]
    return name


def _below(path: object) -> str:
    """Give a path as it stands below the top, which a link may lead to."""
    return os.path.relpath(os.path.realpath(str(path)), os.path.realpath(ORDER["top"]))


def _is_left_out(path: object) -> Any:
    """Leave out the files that were not asked for, and folders without any that was; others say of the rest."""
    below = _below(path)
    if below in WITHOUT:
        return True
    if FILES is None or below in FILES or below == "." or Path(str(path)).name == "__init__.py":
        return None
    is_wanted = os.path.isdir(str(path)) and any(file.startswith(below + os.sep) for file in FILES)  # noqa: PTH112
    return None if is_wanted else True


@pytest.hookimpl(tryfirst=True)
def _choose(collection_path: Any) -> Any:
    return _is_left_out(collection_path)


@pytest.hookimpl(tryfirst=True)
def _choose_as_before_7(path: Any) -> Any:
    return _is_left_out(path)


pytest_ignore_collect: Any = _choose if hasattr(pytest, "version_tuple") else _choose_as_before_7
"""Chooses files before any is imported."""


def _is_file(collector: object) -> bool:
    """Tell whether it is a file of tests; before pytest 8 a package was one too."""
    return isinstance(collector, pytest.File) and not isinstance(collector, pytest.Package)


@pytest.hookimpl(tryfirst=True)
def pytest_make_collect_report(collector: Any) -> Any:
    """Import no more files once the time for that is over, if there is something to run."""
    if ORDER["collect_s"] is None or not _is_file(collector):
        return None
    if not _took or time.monotonic() - _started < ORDER["collect_s"]:
        return None
    _cut.add(collector.nodeid)
    return pytest.CollectReport(collector.nodeid, "passed", None, [])


def pytest_collectstart(collector: Any) -> None:
    """A file is imported."""
    if _is_file(collector):
        _collecting[collector.nodeid] = time.monotonic()


def pytest_collection_modifyitems(session: Any, config: Any, items: list[Any]) -> None:
    """Choose and order; everything that is not asked for is deselected."""
    del session
    chosen = [item for item in items if item.nodeid not in LEFT_OUT and (ONLY is None or _function(item) in ONLY)]
    chosen.sort(key=lambda item: RANK.get(item.nodeid.partition("::")[0], len(RANK)))
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen
    _last_file.update(item.nodeid.partition("::")[0] for item in chosen[-1:])
    count = len({_function(item) for item in chosen})
    _say(collected=count, at=time.monotonic() - _started, files=_took, cut=sorted(_cut))


def pytest_collectreport(report: Any) -> None:
    """Say what could not be collected."""
    began = _collecting.pop(report.nodeid, None)
    if began is not None and report.nodeid not in _cut:
        _took[report.nodeid] = time.monotonic() - began
    if report.failed:
        _say(uncollected=report.nodeid, why=str(report.longrepr)[-600:])


def pytest_runtest_logstart(nodeid: str, location: Any) -> None:
    """A test begins."""
    global _is_wide, _spawned, _began
    del location, nodeid
    _entered.clear()
    _opened.clear()
    _is_wide, _spawned, _began = False, False, time.monotonic()
    _arm()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: Any) -> None:
    """Leave the other tests of a file behind that took long, once half of the time is over: others wait."""
    if ORDER["file_s"] is None or time.monotonic() - _started < ORDER["half_s"]:
        return
    file = item.nodeid.partition("::")[0]
    if file not in _last_file and _ran.get(file, 0.0) > ORDER["file_s"]:
        _left_behind.add(item.nodeid)
        pytest.skip("casework: its file has had its time")


def pytest_fixture_setup(fixturedef: Any, request: Any) -> None:
    """What a fixture of several tests gets into, all of them get into."""
    global _is_wide
    del request
    _is_wide = fixturedef.scope != "function"


def pytest_runtest_call(item: Any) -> None:
    """From here on it is the test's own."""
    global _is_wide
    del item
    _is_wide = False


def pytest_runtest_logreport(report: Any) -> None:
    """Say what fails."""
    if report.failed:
        _say(failed=report.nodeid, when=report.when, why=str(report.longrepr)[-600:])


def pytest_runtest_logfinish(nodeid: str, location: Any) -> None:
    """A test is over."""
    global _is_wide
    del location
    took = time.monotonic() - _began
    file = nodeid.partition("::")[0]
    _ran[file] = _ran.get(file, 0.0) + took
    if sys.gettrace() is _trace:
        sys.settrace(None)
    if nodeid not in _left_behind:
        _say(test=nodeid, took=took, entered=sorted(_entered), opened=sorted(_opened), spawned=_spawned)
    _is_wide = True


def pytest_sessionfinish(session: Any, exitstatus: Any) -> None:
    """Say which files the watched modules came from: the proof that this tree was tested."""
    del session
    found = {}
    for name, path in ORDER["modules"].items():
        module = sys.modules.get(name)
        where = getattr(module, "__file__", None)
        if where:
            found[name] = os.path.realpath(where) == os.path.realpath(os.path.join(ORDER["top"], path))  # noqa: PTH118
    _say(ended=int(exitstatus), imported=found, wide=sorted(_wide), left_behind=len(_left_behind))
