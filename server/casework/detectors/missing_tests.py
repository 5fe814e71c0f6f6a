"""Behaviour that changed while no test did.

Quiet rather than noisy: it says nothing when any test is part of the change, when the project has no tests at all, when
only private functions, comments, types or names changed, or when a module can't be read. That some older test would
notice is possible; who has trusted the repository can let the survey find out.
"""

from __future__ import annotations

from typing import Final

from casework.code.definitions import Definition, read_module
from casework.domain.anchor import Anchor
from casework.domain.change import Change, FileChange
from casework.domain.reading import is_test
from casework.ports.detector import Finding, Seen

_NAMED: Final = 8
"""Functions that the finding names."""
_NO_BEHAVIOUR: Final = frozenset({"setup.py", "conftest.py", "conf.py", "noxfile.py", "tasks.py", "fabfile.py"})


class MissingTests:
    """Proposes one task for a change, at the module whose behaviour changed most."""

    name = "missing-tests"

    def wants(self, file: FileChange) -> bool:
        """Only Python modules that are there afterwards and are no tests."""
        return (
            file.status != "deleted"
            and file.path.endswith(".py")
            and not is_test(file.path)
            and file.path.rpartition("/")[2] not in _NO_BEHAVIOUR
        )

    def asks_for_project(self, change: Change) -> bool:
        """Only where it could find something: whether there are tests is seen in the whole."""
        return not any(is_test(file.path) for file in change.files) and any(self.wants(file) for file in change.files)

    def look(self, seen: Seen) -> Finding | None:
        """Say which public functions changed what they do."""
        if any(is_test(file.path) for file in seen.change.files) or not any(_is_a_test(path) for path in seen.project):
            return None
        changed = {
            file.path: found
            for file in seen.change.files
            if self.wants(file) and (found := changed_behaviour(seen.before.get(file.path), seen.after.get(file.path)))
        }
        if not changed:
            return None
        path = max(changed, key=lambda one: len(changed[one]))
        functions = changed[path]
        first = functions[0]
        lines = seen.after[path].decode("utf-8", "replace").splitlines()
        return Finding(
            kind="missing-tests",
            title=f"Cover {_and_more(first.name, len(functions) - 1)} in {path}",
            why=_why(path, changed),
            anchor=Anchor(path=path, line=first.line, snippet=lines[first.line - 1][:500]),
            mark=" ".join(f"{one.name}={one.body}" for one in functions),
        )


def changed_behaviour(before: bytes | None, after: bytes | None) -> list[Definition]:
    """Give the public functions whose bodies are new or other than before; none where either side can't be read."""
    now = read_module(after) if after is not None else None
    then = read_module(before) if before is not None else None
    if now is None or (before is not None and then is None):
        return []
    known = {one.name: one.body for one in then.definitions} if then is not None else {}
    return [one for one in now.definitions if one.is_public and one.does and known.get(one.name) != one.body]


def _is_a_test(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py") or name == "tests.py")


def _and_more(name: str, more: int) -> str:
    return f"{name} and {more} more" if more else name


def _why(path: str, changed: dict[str, list[Definition]]) -> str:
    named = [f"{one.name} in {where}" for where in (path, *(w for w in changed if w != path)) for one in changed[where]]
    rest = len(named) - _NAMED
    what = ", ".join(named[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
    return (
        f"The change says anew what these do, and touches no test: {what}. "
        "Whether an older test would notice is not known from here: nothing was run."
    )
