"""Rules for commands: which fit a command line, and which could be made of it.

Only a simple command (`code/shell.py`) fits a rule. Of an installer whose arguments are names of packages a wider rule
can be made; of all others only the one that repeats them word by word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from casework.code.shell import NotSimple, read_command
from casework.domain.actions import Grants
from casework.domain.redaction import redact
from casework.domain.rules import CommandShape, RuleShape, rule_text

_INSTALLERS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "bun": (("add",), ("install",)),
    "cargo": (("add",), ("fetch",)),
    "composer": (("require",),),
    "gem": (("install",),),
    "go": (("get",), ("mod", "download")),
    "npm": (("add",), ("ci",), ("i",), ("install",)),
    "pip": (("download",), ("install",)),
    "pip3": (("download",), ("install",)),
    "pnpm": (("add",), ("install",)),
    "poetry": (("add",), ("install",), ("lock",)),
    "uv": (("add",), ("lock",), ("pip", "install"), ("sync",)),
    "yarn": (("add",), ("install",)),
}
"""Programs that install packages, and behind which words names of packages stand. Behind any other word of theirs a
file of the project may say what is run (`yarn build`)."""
_NAME: Final = re.compile(
    r"(?:@[A-Za-z0-9][\w.-]*/)?[A-Za-z0-9][\w.-]*(?:\[[\w,.-]+\])?(?:(?:@|==|>=|<=|~=|!=)[\w.*+-]+)?", re.ASCII
)
"""A package's name, perhaps with extras and a version: no option, no path, no address, no `owner/repository`."""
_FILE: Final = re.compile(r".*\.(?:whl|zip|egg|gem|txt|toml|cfg|json|py|js|mjs|t?gz|tar|bz2|xz|tbz2?|txz)", re.I)
"""Names that a program would first look for among the files."""


def fits(shape: CommandShape, command: str, grants: Grants) -> bool:
    """Tell whether a command does nothing but what a rule says."""
    read = read_command(command)
    if isinstance(read, NotSimple) or _unruly(read.words):
        return False
    begin, rest = read.words[: len(shape.words)], read.words[len(shape.words) :]
    if begin != shape.words or (rest and not (shape.names and all(_is_name(word) for word in rest))):
        return False
    return set(grants.hosts) <= set(shape.hosts) and set(grants.writable) <= set(shape.outside) and not grants.readable


def shapes_of(command: str, grants: Grants) -> tuple[tuple[RuleShape, ...], str]:
    """Give the rules that could be made of a command, the narrowest first; or none, and the sentence that says why."""
    read = read_command(command)
    why = read.why if isinstance(read, NotSimple) else _unruly(read.words)
    if why or isinstance(read, NotSimple):
        return (), f"No rule can be made of it, because {why}."
    exact = CommandShape(words=read.words, hosts=grants.hosts, outside=grants.writable)
    if redact(command) != command or redact(rule_text(exact)) != rule_text(exact):
        return (), "No rule can be made of it, because something in it looks like a secret, and rules are written down."
    verb = _verb(read.words)
    rest = read.words[len(verb) :]
    if not verb or not rest or not all(_is_name(word) for word in rest) or grants.writable:
        return (exact,), ""
    return (exact, CommandShape(words=verb, names=True, hosts=grants.hosts)), ""


def _unruly(words: tuple[str, ...]) -> str:
    return (
        f"`{' '.join(words[:2])}` may run what a file of the project says"
        if words[0] in _INSTALLERS and not _verb(words)
        else ""
    )


def _verb(words: tuple[str, ...]) -> tuple[str, ...]:
    """Give the program with its installing words; empty where it is none of them."""
    known = _INSTALLERS.get(words[0], ())
    return next(((words[0], *verb) for verb in known if words[1 : 1 + len(verb)] == verb), ())


def _is_name(word: str) -> bool:
    return _NAME.fullmatch(word) is not None and _FILE.fullmatch(word) is None
