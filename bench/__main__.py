"""Holds every contest, or those whose names are given, and prints the table."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

from bench.contest import Outcome, table

CONTESTS: Final = ("attach", "cold_start", "events", "actions", "memory", "large")

PAGE: Final = Path(__file__).parents[1] / "docs" / "reference" / "benchmarks.md"
_TEXT: Final = """\
<!-- Written by `make bench WRITE=1`. -->
# Benchmarks

Figures say little about a machine that does other things too; ratios of figures taken in turn in one run say more. Each
row compares Casework with the simplest thing that does the same: five rounds, taken in turn, the medians and all five.
Repeat it with `make bench`.

Taken on: {machine}.

{table}"""


def main(arguments: Sequence[str]) -> int:
    """Hold contests; 1 when one is lost. `--write` puts the table of all of them into the documentation."""
    wanted = [name for name in arguments if name != "--write"]
    if unknown := set(wanted) - set(CONTESTS):
        sys.stderr.write(f"No such contest: {', '.join(sorted(unknown))}. There are {', '.join(CONTESTS)}.\n")
        return 2
    outcomes: list[Outcome] = []
    for name in wanted or CONTESTS:
        contests: Callable[[Path], Sequence[Outcome]] = import_module(f"bench.{name}").contests
        with tempfile.TemporaryDirectory(prefix="cw-bench-", ignore_cleanup_errors=True) as scratch:
            outcomes += contests(Path(scratch))
        sys.stderr.write(f"{name}: done\n")
    sys.stdout.write(table(outcomes))
    if "--write" in arguments and not wanted:
        PAGE.write_text(_TEXT.format(machine=_machine(), table=table(outcomes)), encoding="utf-8")
    return 0 if all(outcome.holds for outcome in outcomes) else 1


def _machine() -> str:
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True, timeout=10).stdout.split()[2]
    return f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, git {git}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
