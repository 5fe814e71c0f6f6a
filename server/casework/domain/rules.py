"""Rules of the user's: what an agent may do, beyond what its box allows, without being asked again.

A rule names what it allows literally and never a prefix of it. Rules stand in the user's journal, never in a
repository. Not here: whether one fits an action (the room `permissions`), and what follows from that (`core/gate.py`).
"""

from __future__ import annotations

from typing import Annotated, Literal, NewType

from pydantic import Field

from casework.domain.actions import Grants
from casework.domain.frozen import Frozen

RuleId = NewType("RuleId", str)


class CommandShape(Frozen):
    """One simple command, word by word, with what its box is opened to while it runs."""

    kind: Literal["command"] = "command"
    words: tuple[str, ...]
    names: bool = False
    """Whether plain names of packages may follow the words, however many: no options, paths or addresses."""
    hosts: tuple[str, ...] = ()
    """`host:port`, exact: the most it may reach."""
    outside: tuple[str, ...] = ()
    """The most it may write although the box keeps that closed: absolute, or relative to the worktree's top."""


class HostShape(Frozen):
    """Fetching from one host."""

    kind: Literal["host"] = "host"
    host: str
    """`host:port`, exact."""


class PathShape(Frozen):
    """Reading or writing one file."""

    kind: Literal["path"] = "path"
    path: str
    """Relative to the worktree's top for a protected file in it, else absolute; links are resolved."""
    writable: bool = False


RuleShape = Annotated[CommandShape | HostShape | PathShape, Field(discriminator="kind")]


class Rule(Frozen):
    """One rule."""

    id: RuleId
    repository: str
    """The repository's identity; empty for every one."""
    shape: RuleShape


class Wanted(Frozen):
    """What a question about an action is about."""

    digest: str
    """Of the action, without the agent's words: the same action is asked about once."""
    grants: Grants
    """By what its box would be wider."""
    shapes: tuple[RuleShape, ...] = ()
    """Rules that the human may make of it, the narrowest first."""


def rule_text(shape: RuleShape) -> str:
    """Say what a rule of this shape allows, as people read it."""
    match shape:
        case CommandShape():
            command = " ".join(_quoted(word) for word in shape.words) + (" *" if shape.names else "")
            reach = f", reaching {', '.join(shape.hosts)}" if shape.hosts else ""
            write = f", writing {', '.join(shape.outside)}" if shape.outside else ""
            return f"`{command}`{reach}{write}"
        case HostShape():
            return f"fetching from {shape.host}"
        case PathShape():
            return f"{'writing' if shape.writable else 'reading'} {shape.path}"


def _quoted(word: str) -> str:
    plain = word and all(letter.isalnum() or letter in "_./:@%+,=-" for letter in word)
    return word if plain else "'" + word.replace("'", "'\"'\"'") + "'"
