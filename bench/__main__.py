"""Holds every contest, or those whose names are given, and prints the table."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

from bench.contest import Outcome, table

CONTESTS: Final = ("attach", "cold_start", "events", "actions", "memory")


def main(wanted: Sequence[str]) -> int:
    """Hold contests; 1 when one is lost."""
    if unknown := set(wanted) - set(CONTESTS):
        sys.stderr.write(f"No such contest: {', '.join(sorted(unknown))}. There are {', '.join(CONTESTS)}.\n")
        return 2
    outcomes: list[Outcome] = []
    for name in wanted or CONTESTS:
        contests: Callable[[Path], Sequence[Outcome]] = import_module(f"bench.{name}").contests
        with tempfile.TemporaryDirectory(prefix="cw-bench-") as scratch:
            outcomes += contests(Path(scratch))
        sys.stderr.write(f"{name}: done\n")
    sys.stdout.write(table(outcomes))
    return 0 if all(outcome.holds for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
