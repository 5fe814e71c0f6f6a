"""The project's own commands, found from its files alone: what its people type to test and check it.

Read as TOML, INI, JSON and makefiles are written; nothing is executed, and recipes are not looked into. Workflows of
CI are not read: they are YAML, for which Casework carries no parser, and most of what they run is not meant for a desk.
"""

from __future__ import annotations

import configparser
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, Literal

from casework.domain.frozen import Frozen

Purpose = Literal["tests", "types", "lint", "everything"]
_MOST_BYTES: Final = 1024 * 1024
_NPM_DEFAULT: Final = "no test specified"
_SCRIPTS: Final[Mapping[str, Purpose]] = {
    "test": "tests",
    "tests": "tests",
    "typecheck": "types",
    "type-check": "types",
    "types": "types",
    "lint": "lint",
    "check": "everything",
    "ci": "everything",
}
"""Names of scripts and targets that say what they are for."""
_TARGET: Final = re.compile(r"^(?P<names>[A-Za-z0-9_.][A-Za-z0-9_./ -]*?)\s*::?(?!=)")
"""A rule of a makefile (POSIX make, "Target Rules"): names at the start of a line, a colon that is no assignment."""
_MAKEFILES: Final = ("GNUmakefile", "makefile", "Makefile")
"""In make's own order; the first one is the one it reads."""
_LOCKS: Final = (("pnpm-lock.yaml", "pnpm"), ("yarn.lock", "yarn"), ("bun.lock", "bun"), ("bun.lockb", "bun"))


class FoundCommand(Frozen):
    """One command of the project's own."""

    command: str
    """As it is typed in the top folder."""
    purpose: Purpose
    found_in: str
    """`pyproject.toml, [tool.pytest.ini_options]`, for people."""
    file: str
    """The file that says so, relative; what decides the command."""


class FoundCommands(Frozen):
    """Everything that was found, best first, and what could not be read."""

    commands: tuple[FoundCommand, ...] = ()
    unread: tuple[str, ...] = ()
    """Sentences."""

    def first(self, purpose: Purpose) -> FoundCommand | None:
        """Give the best command for a purpose."""
        return next((found for found in self.commands if found.purpose == purpose), None)


def find_commands(top: str | Path) -> FoundCommands:
    """Find the commands of the project at `top`. Never raises for what lies there."""
    reading = _Reading(Path(top))
    found: dict[str, FoundCommand] = {}
    for finder in _FINDERS:
        for command in finder(reading):
            found.setdefault(command.command, command)
    return FoundCommands(commands=tuple(found.values()), unread=tuple(reading.unread))


class _Reading:
    """Reads the few files at the top of a project, and remembers which ones it could not."""

    def __init__(self, top: Path) -> None:
        self._top = top
        self.unread: dict[str, None] = {}  # sentences, each once: several finders read the same file

    def has(self, name: str) -> bool:
        return (self._top / name).is_file()

    def text(self, name: str) -> str | None:
        path = self._top / name
        try:
            if not path.is_file():
                return None
            with path.open("rb") as file:
                raw = file.read(_MOST_BYTES + 1)
        except OSError as error:
            self.unread[f"{name} can't be read ({error.strerror}), so its commands are not known."] = None
            return None
        if len(raw) > _MOST_BYTES:
            self.unread[f"{name} has more than 1 MiB, so it was not read for commands."] = None
            return None
        return raw.decode("utf-8", "replace")

    def parsed(self, name: str, parse: Callable[[str], object]) -> Mapping[str, object]:
        text = self.text(name)
        if text is None:
            return {}
        try:
            found = parse(text)
        except (ValueError, configparser.Error, RecursionError) as error:
            self.unread[f"{name} can't be parsed ({str(error).splitlines()[0]}), so its commands are not known."] = None
            return {}
        return found if isinstance(found, dict) else {}

    def sections(self, name: str) -> set[str]:
        def parse(text: str) -> object:
            reader = configparser.RawConfigParser(strict=False)
            reader.read_string(text)
            return dict.fromkeys(reader.sections())

        return set(self.parsed(name, parse))

    def has_tests(self) -> str:
        """Name the folder of a test module that pytest would collect, the usual places only; empty for none."""
        for folder in ("tests", "test", "."):
            place = self._top / folder
            for pattern in ("test_*.py", "*_test.py", "*/test_*.py") if folder != "." else ("test_*.py",):
                if next(place.glob(pattern), None) is not None:
                    return folder
        return ""


def _toml(text: str) -> object:
    import tomllib  # the first board needs none

    return tomllib.loads(text)


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _pytest(reading: _Reading) -> Iterator[FoundCommand]:
    tool = _table(reading.parsed("pyproject.toml", _toml).get("tool"))
    section = next((name for name in ("pytest", "pytest.ini_options") if _at(tool, name) is not None), "")
    place = ""
    if section:
        place = f"pyproject.toml, [tool.{section}]"
    else:
        for name, title in (("pytest.ini", "pytest"), (".pytest.ini", "pytest"), ("tox.ini", "pytest")):
            if title in reading.sections(name):
                place = f"{name}, [{title}]"
                break
    if not place and "tool:pytest" in reading.sections("setup.cfg"):
        place = "setup.cfg, [tool:pytest]"
    if not place and (reading.has("conftest.py") or reading.has("tests/conftest.py")):
        place = "conftest.py" if reading.has("conftest.py") else "tests/conftest.py"
    if not place and (folder := reading.has_tests()):
        place = f"test modules in {folder}/" if folder != "." else "test modules beside the sources"
    if place:
        yield FoundCommand(command="pytest", purpose="tests", found_in=place, file=place.partition(",")[0])


def _at(tool: Mapping[str, object], dotted: str) -> object | None:
    found: object = tool
    for part in dotted.split("."):
        found = _table(found).get(part)
    # `[tool.pytest]` is there as a mere parent of `[tool.pytest.ini_options]` too
    return None if dotted == "pytest" and isinstance(found, dict) and set(found) == {"ini_options"} else found


def _makefile(reading: _Reading) -> Iterator[FoundCommand]:
    for name in _MAKEFILES:
        text = reading.text(name)
        if text is None:
            continue
        targets: dict[str, None] = {}
        for line in text.splitlines():
            rule = _TARGET.match(line)
            if rule is not None:
                targets.update(dict.fromkeys(rule["names"].split()))
        for target in targets:
            if target in _SCRIPTS:
                yield FoundCommand(
                    command=f"make {target}", purpose=_SCRIPTS[target], found_in=f"{name}, target {target}", file=name
                )
        return


def _package(reading: _Reading) -> Iterator[FoundCommand]:
    scripts = _table(reading.parsed("package.json", json.loads).get("scripts"))
    runner = next((program for lock, program in _LOCKS if reading.has(lock)), "npm")
    for name, script in scripts.items():
        if name in _SCRIPTS and isinstance(script, str) and _NPM_DEFAULT not in script:
            command = f"{runner} test" if name == "test" and runner != "bun" else f"{runner} run {name}"
            yield FoundCommand(
                command=command, purpose=_SCRIPTS[name], found_in=f"package.json, script {name}", file="package.json"
            )


def _python_tools(reading: _Reading) -> Iterator[FoundCommand]:
    tool = _table(reading.parsed("pyproject.toml", _toml).get("tool"))
    tools: tuple[tuple[str, str, Purpose, tuple[str, ...]], ...] = (
        ("mypy", "mypy", "types", ("mypy.ini", ".mypy.ini")),
        ("pyright", "pyright", "types", ("pyrightconfig.json",)),
        ("ruff", "ruff check", "lint", ("ruff.toml", ".ruff.toml")),
    )
    for name, command, purpose, files in tools:
        if name in tool:
            file, found_in = "pyproject.toml", f"pyproject.toml, [tool.{name}]"
        else:
            file = found_in = next((file for file in files if reading.has(file)), "")
        if file:
            yield FoundCommand(command=command, purpose=purpose, found_in=found_in, file=file)


def _runners(reading: _Reading) -> Iterator[FoundCommand]:
    """Tox and nox come last: they make environments of their own, for which a box has no network."""
    tool = _table(reading.parsed("pyproject.toml", _toml).get("tool"))
    if "tox" in tool:
        yield FoundCommand(
            command="tox", purpose="everything", found_in="pyproject.toml, [tool.tox]", file="pyproject.toml"
        )
    elif any(title == "tox" or title.startswith("testenv") for title in reading.sections("tox.ini")):
        yield FoundCommand(command="tox", purpose="everything", found_in="tox.ini", file="tox.ini")
    elif reading.has("tox.toml"):
        yield FoundCommand(command="tox", purpose="everything", found_in="tox.toml", file="tox.toml")
    if reading.has("noxfile.py"):
        yield FoundCommand(command="nox", purpose="everything", found_in="noxfile.py", file="noxfile.py")


_FINDERS: Final[tuple[Callable[[_Reading], Iterator[FoundCommand]], ...]] = (
    _pytest,
    _package,
    _makefile,
    _python_tools,
    _runners,
)
