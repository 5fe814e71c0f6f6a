"""The three kinds of failure, and nothing else.

`Refused`: a rule says no, with a sentence for a human. `Trouble`: the world failed (disk, git, a process);
the core turns it into an event or a sentence. Anything else is a bug and propagates to a border.
"""

from __future__ import annotations


class CaseworkError(Exception):
    """Casework could not do what was asked."""

    def __init__(self, sentence: str | None = None) -> None:
        self.sentence = sentence or (self.__doc__ or "").strip()
        super().__init__(self.sentence)


class Refused(CaseworkError):
    """A rule of Casework says no.

    The sentence says what happened, what it means for the task and the next step. `code` is a stable,
    machine-readable word (`stale_review`, `unknown_task`, ...) that clients may branch on.
    """

    def __init__(self, sentence: str | None = None, *, code: str = "refused") -> None:
        super().__init__(sentence)
        self.code = code


class Trouble(CaseworkError):
    """The world failed: a disk, a program, a repository.

    `code` is a stable, machine-readable word (`disk_full`, `git_failed`, ...).
    """

    def __init__(self, sentence: str | None = None, *, code: str = "trouble") -> None:
        super().__init__(sentence)
        self.code = code
