"""How a repository is taken into the corpus: who makes it, and how a landing in it has to end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.landing.grounds import Ground, ground
from tests.repositories import Files, Repository, numbered

LINES: Final = numbered(30)
THREE: Final = numbered(30, but={3: "THREE"})
MINE: Final = numbered(30, but={27: "mine"})
CLASH: Final = numbered(30, but={3: "mine"})
A: Final[Files] = {"a": LINES}
A3: Final[Files] = {"a": THREE}


@dataclass(frozen=True)
class Odd:
    """`ends` is `lands`, or the code of the refusal."""

    make: Callable[[Path], Ground]
    ends: str = "lands"
    target: str | None = "refs/heads/main"
    undoes: bool = True
    """Whether undo gives every byte back."""
    lines_kept: bool = True
    """Whether `git diff` shows the same lines afterwards: not where the user's edits are the change's."""


TAKEN: Final[dict[str, Odd]] = {}


def odd(
    name: str, ends: str = "lands", *, target: str | None = "refs/heads/main", undoes: bool = True, same: bool = True
) -> Callable[[Callable[[Path], Ground]], Callable[[Path], Ground]]:
    """Take a builder into the corpus."""

    def take(make: Callable[[Path], Ground]) -> Callable[[Path], Ground]:
        assert name not in TAKEN
        TAKEN[name] = Odd(make, ends, target, undoes, same)
        return make

    return take


def simple(
    name: str,
    before: Files,
    after: Files,
    user: Callable[[Repository], object] = lambda _: None,
    *,
    ends: str = "lands",
    settings: dict[str, str] | None = None,
    undoes: bool = True,
    same: bool = True,
) -> None:
    """Take a repository whose user does something after the change was made."""

    def make(path: Path) -> Ground:
        made = ground(path, before, after, settings=settings)
        user(made.repository)
        made.repository.git("update-index", "-q", "--refresh", check=False)
        return made

    odd(name, ends, undoes=undoes, same=same)(make)


def writes(files: Files) -> Callable[[Repository], object]:
    """The user writes files."""
    return lambda repository: repository.write(files)


def stages(files: Files) -> Callable[[Repository], object]:
    """The user writes and stages files."""

    def act(repository: Repository) -> None:
        repository.write(files)
        repository.git("add", "-A", "-f", "--", *files)

    return act


def does(*command: str | bytes) -> Callable[[Repository], object]:
    """The user runs git."""
    return lambda repository: repository.git(*command, check=False)


def both(*acts: Callable[[Repository], object]) -> Callable[[Repository], object]:
    """The user does one thing after the other."""

    def act(repository: Repository) -> None:
        for each in acts:
            each(repository)

    return act


def crlf(text: str) -> bytes:
    """With CRLF for LF."""
    return text.replace("\n", "\r\n").encode()
