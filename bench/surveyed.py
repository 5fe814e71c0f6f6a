"""`python -m bench.surveyed CLONE...`: has `casework try` survey each clone, and looks at what it said without it.

Each clone has an environment with pytest in `.venv`. The range is chosen by rule, before anything is known: it begins
before the twelfth newest commit, merges left out, that changes Python of the clone's package. What each row means is
said in docs/explanation/survey.md.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.repository import git
from bench.reverts import Claim, Copy, Verdict, look_again
from bench.world import CASEWORK, World, world

COMMITS: Final = 12
_HEAD: Final = (
    "| library, range | hunks of code | guarded | unguarded | not looked at | suite on the head | the survey | "
    "the command | "
    "unguarded, and the whole suite is green | guarded, and the named test is red | tests proposed, and they hold |\n"
    "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
)
_MEASURED: Final = ("the ", "without it ", "no test ")
"""How a reason begins why a hunk of code was not looked at; all the others were left out by reading."""


@dataclass(slots=True)
class Surveyed:
    """What came out for one clone."""

    name: str
    base: str
    head: str
    claims: list[Claim]
    comment: str
    tests: bytes
    seconds: float
    budget_s: float

    @property
    def sentences(self) -> list[str]:
        """What was said of each proposed test."""
        return [line for line in self.comment.splitlines() if line.startswith("- `") and "nothing else would" in line]

    @property
    def survey_s(self) -> str:
        """What the survey itself took, by its own clock; the command opens a review and hands in beside it."""
        found = re.search(r"; (\d+) s in all, of ", self.comment)
        return found[1] if found is not None else "?"

    def count(self, guard: str) -> int:
        """Give how many hunks are so."""
        return sum(one.guard == guard for one in self.claims)


def range_of(clone: Path, packages: Sequence[str]) -> tuple[str, str]:
    """Give base and head by the rule."""
    head = git(clone, "rev-parse", "HEAD").decode().strip()
    paths = [f":(glob){package}/**/*.py" if (clone / package).is_dir() else package for package in packages]
    found = git(clone, "rev-list", "--no-merges", f"--max-count={COMMITS}", "HEAD", "--", *paths).decode().split()
    return git(clone, "rev-parse", f"{found[-1]}^").decode().strip(), head


def packages_of(clone: Path) -> list[str]:
    """Give the folders of the clone's packages, or its modules where it has none."""
    aside = {"tests", "test", "docs", "doc", "examples", "benchmarks", "bench", "scripts"}
    places = [clone / "src", clone] if (clone / "src").is_dir() else [clone]
    for place in places:
        found = sorted(one.parent for one in place.glob("*/__init__.py") if one.parent.name not in aside)
        found = found or sorted(one for one in place.glob("*.py") if one.name != "setup.py")
        if found:
            return [str(one.relative_to(clone)) for one in found]
    raise SystemExit(f"{clone.name}: no package and no module was found")


def survey(made: World, clone: Path, budget_s: float, since: str | None) -> Surveyed:
    """Have `casework try` open and survey the range; measure it from the command's start to its end."""
    base, head = range_of(clone, packages_of(clone))
    if since is not None:
        base = git(clone, "rev-parse", f"{since}^{{commit}}").decode().strip()
    began = time.monotonic()
    words = ("try", str(clone), "--trust", "--budget", f"{budget_s:g}", "--since", base)
    text = _casework(made, clone, *words)
    seconds = time.monotonic() - began
    review, number = re.search(r"^review (\d+)", text, re.MULTILINE), re.search(r"^survey (\d+)", text, re.MULTILINE)
    if review is None or number is None:
        raise SystemExit(f"{clone.name}: no survey came of it:\n{text}")
    view = json.loads(_casework(made, clone, "review", "show", review[1], "--json"))
    task = json.loads(_casework(made, clone, "task", "show", number[1], "--json"))
    status = task["card"]["status"]
    if status in ("failed", "stopped"):
        raise SystemExit(f"{clone.name}: {task['reason']}")
    tests = _casework(made, clone, "review", "diff", number[1]).encode() if status == "in_review" else b""
    return Surveyed(clone.name, base, head, _claims(view), task["comment"], tests, seconds, budget_s)


def _casework(made: World, clone: Path, *words: str) -> str:
    done = subprocess.run(
        [CASEWORK, *words], cwd=clone, env=made.environment, capture_output=True, text=True, check=False, timeout=4000
    )
    if done.returncode != 0:
        raise SystemExit(f"{clone.name}: casework {' '.join(words)}: {done.stderr}")
    return done.stdout


def _claims(view: dict[str, Any]) -> list[Claim]:
    return [
        Claim(file["path"], hunk["old_start"], hunk["new_start"], hunk["guard"], hunk["guard_why"])
        for file in view["files"]
        for hunk in file["hunks"]
        if hunk["guard"] is not None
    ]


def _is_code(one: Claim) -> bool:
    return one.guard != "not_looked_at" or one.why.startswith(_MEASURED)


def row(found: Surveyed, copy: Copy, verdict: Verdict) -> str:
    """Give a row of the table."""
    code = [one for one in found.claims if _is_code(one)]
    wrong = {kind: sum(f"called {kind}" in one for one in verdict.wrong) for kind in ("unguarded", "guarded")}
    failed = len(verdict.wrong) - sum(wrong.values())
    cells = [
        f"{found.name} `{found.base[:7]}..{found.head[:7]}`",
        f"{len(code)} of {len(found.claims)}",
        str(found.count("guarded")),
        str(found.count("unguarded")),
        str(sum(one.guard == "not_looked_at" for one in code)),
        f"{min(copy.seconds):.1f} s",
        f"{found.survey_s} s of {found.budget_s:g}",
        f"{found.seconds:.0f} s",
        f"{verdict.unguarded - wrong['unguarded']} of {verdict.unguarded}",
        f"{verdict.guarded - wrong['guarded']} of {verdict.guarded}",
        f"{verdict.proposed - failed} of {verdict.proposed}",
    ]
    return f"| {' | '.join(cells)} |"


def main() -> int:
    """Print the table, what was proposed, and what does not hold."""
    asked = argparse.ArgumentParser(prog="python -m bench.surveyed", description=__doc__)
    asked.add_argument("clones", nargs="+", type=Path)
    asked.add_argument("--budget", type=float, default=45.0, help="seconds for each")
    asked.add_argument("--since", help="begin there, instead of by the rule")
    given = asked.parse_args()
    rows, said, wrong = [], [], 0
    for clone in given.clones:
        with world() as made:
            found = survey(made, clone.resolve(), given.budget, given.since)
        with tempfile.TemporaryDirectory(prefix="cw-reverts-") as folder:
            copy = Copy.make(clone.resolve(), Path(folder) / clone.resolve().name, found.base, found.head)
            verdict = look_again(copy, found.claims, found.tests, found.sentences)
        wrong += len(verdict.wrong)
        rows.append(row(found, copy, verdict))
        said += [f"\n{found.name}\n{found.comment}", *(f"WRONG: {one}" for one in verdict.wrong)]
        said += [f"{one.guard}: {one.place}: {one.why}" for one in found.claims if _is_code(one)]
        print(rows[-1], flush=True)
    print("\n".join(["", _HEAD, *rows, *said]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
