"""What a check's end, its record and its output come to, as one sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from casework.domain.evidence import BAD, Case, Colour, Seen, counted
from casework.ports.sandbox import Limits, Ran

from .record import Record

STATIC: Final = frozenset({"ruff", "mypy", "pyright", "flake8", "black", "isort", "eslint", "tsc", "prettier"})
"""Programs that read the files in front of them and run none: what they say is of the tree that lies there."""
_NETWORK: Final = re.compile(
    r"gaierror|name resolution|Name or service not known|Network is unreachable|ENETUNREACH|EAI_AGAIN|ENOTFOUND"
    r"|Could not resolve host|nodename nor servname"
)
_OUTSIDE: Final = re.compile(r"Read-only file system|EROFS|\[Errno 30\]")
_MISSING: Final = re.compile(r"ModuleNotFoundError: No module named '([^']+)'|Cannot find (?:module|package) '([^']+)'")
_NO_RUNNER: Final = re.compile(r"No module named '?(pytest|unittest|nox|tox|mypy|ruff)'?\s*$", re.MULTILINE)
_FEW: Final = 3


def read(ran: Ran, record: Record, cases: tuple[Case, ...], *, command: str, limits: Limits, environment: str) -> Seen:
    """Say what was seen. `cases` are those of the record, or of a report where there is no record of tests."""
    text = ran.output.decode("utf-8", "replace")
    colour, sentence = _ended(ran, limits, command)
    if not sentence:
        colour, sentence = _judged(ran, record, cases, text, command, environment)
    words = [word.rpartition("/")[2] for word in command.split()]
    static = bool(words) and words[0] in STATIC
    ran_own = bool(record.loaded) and (bool(record.sessions) or "pytest" not in words)
    return Seen(
        colour=colour,
        sentence=sentence[:2000],
        exit_code=ran.exit_code,
        seconds=round(ran.seconds, 3),
        cases=cases,
        loaded=record.loaded,
        elsewhere=record.elsewhere,
        proven=static
        or (ran_own and not record.broken and not record.elsewhere and all(f.same for f in record.loaded)),
    )


def _ended(ran: Ran, limits: Limits, command: str) -> tuple[Colour, str]:
    """Say how it was ended where it did not end by itself."""
    match ran.end:
        case "exited":
            return "not_checked", ""
        case "timed_out":
            return (
                "not_checked",
                f"`{command}` did not end within {limits.wall_s:.0f} s and was ended, so it says nothing.",
            )
        case "too_much_memory":
            said = f"used more than {limits.memory_bytes // 1024**2} MiB of memory"
        case "too_many_processes":
            said = f"started more than {limits.processes} processes"
        case "too_much_disk":
            said = f"wrote more than {limits.disk_bytes // 1024**2} MiB"
        case _:
            said = "was stopped"
    return "not_checked", f"`{command}` {said} and was ended, so it says nothing."


def _judged(
    ran: Ran, record: Record, cases: Sequence[Case], text: str, command: str, environment: str
) -> tuple[Colour, str]:
    red = [case for case in cases if case.outcome in BAD]
    counts = counted(cases)
    if red:
        return _red(red, counts, command, environment)
    if ran.exit_code == 0 and record.touched:
        return "not_checked", f"`{command}` ended well, but something in it wrote to its record, so it says nothing."
    if ran.exit_code == 0 and record.sessions and record.broken:
        return "not_checked", f"`{command}` ended well, but its record breaks off, so it says nothing."
    if ran.exit_code == 0:
        return "green", f"`{command}`: {counts or 'exit code 0'}."
    if ran.exit_code in (126, 127):
        return "not_checked", f"`{command}` could not be started: there is no such program ({environment})."
    runner = _NO_RUNNER.search(text)
    if runner is not None:
        return "not_checked", f"`{command}` could not be started: {runner[1]} is not installed ({environment})."
    if record.sessions and ran.exit_code == 5:
        return "not_checked", f"`{command}` found no tests."
    if record.sessions and ran.exit_code in (3, 4):
        return "not_checked", f"`{command}` could not be run by pytest: {_last_line(text)}"
    why = _excused([text], environment) if not counts else ""
    if why:
        return "not_checked", f"`{command}` can't be run here: {why}"
    return "red", f"`{command}`: exit code {ran.exit_code}{', ' + counts if counts else ''}. {_last_line(text)}".strip()


def _red(red: Sequence[Case], counts: str, command: str, environment: str) -> tuple[Colour, str]:
    excuses = [_excused([case.why], environment) for case in red]
    if all(excuses):
        return "not_checked", f"`{command}`: {counts}; all that failed, failed for want of something: {excuses[0]}"
    named = "; ".join(f"{case.id}{': ' + case.why if case.why else ''}" for case in red[:_FEW])
    more = f" and {len(red) - _FEW} more" if len(red) > _FEW else ""
    return "red", f"`{command}`: {counts}. {named}{more}."


def _excused(texts: Sequence[str], environment: str) -> str:
    """Say what was wanting where it was something of the world; empty where the failure is the code's own."""
    for text in texts:
        if _NETWORK.search(text):
            return "it needs a network, and a check has none."
        if _OUTSIDE.search(text):
            return "it writes outside of its folder, and a check may not."
        missing = _MISSING.search(text)
        if missing is not None:
            name = missing[1] or missing[2]
            return f"{name} is not installed ({environment}); install what the project needs, or name its environment."
    return ""


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "It said nothing."
