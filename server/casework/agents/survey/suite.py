"""The project's own tests: run once to see which test gets where, then again and again with one hunk taken back."""

from __future__ import annotations

import itertools
import json
import math
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from casework.agents.survey.ground import Done, Ground, Tree
from casework.domain.errors import Refused

_LOOK: Final = """
import importlib.util, json, sys
names = ("pytest", "xdist", "pytest_cov", "pytest_randomly", "hypothesis", "pytest_benchmark")
found = [name for name in names if importlib.util.find_spec(name)]
print(json.dumps({"version": list(sys.version_info[:2]), "found": found}))
"""
_FLAGS: Final = {
    "xdist": ("-n0",),
    "pytest_cov": ("--no-cov",),
    "pytest_randomly": ("-p", "no:randomly"),
    "hypothesis": ("--hypothesis-seed=0",),
    "pytest_benchmark": ("--benchmark-disable",),
}
"""What makes a run the same every time, of plug-ins that are there."""
_LOOK_S: Final = 20.0
PATIENCE: Final = 3.0
"""How many times as long as on the head the tests may take before they count as hanging."""
_PATIENCE_MORE_S: Final = 3.0
_IMPORTING: Final = 1.5
"""How many times as long as is given to importing files of tests the last of them, which can't be cut off, may take."""
_PYTHON_S: Final = 0.5
"""Python and pytest, until our plug-in is there, and the end."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One test on the head."""

    took: float
    entered: frozenset[tuple[str, int]]
    opened: frozenset[str]
    spawned: bool


@dataclass(slots=True)
class Baseline:
    """The suite on the head."""

    tests: dict[str, Seen] = field(default_factory=dict)
    red: dict[str, str] = field(default_factory=dict)
    """Tests that fail on the head already, with the end of why."""
    uncollected: dict[str, str] = field(default_factory=dict)
    wide: frozenset[tuple[str, int]] = frozenset()
    """What is entered while collecting, or by what several tests share."""
    imported: Mapping[str, bool] = field(default_factory=dict)
    """By module: whether it came from our tree. Empty where nobody saw the end."""
    complete: bool = False
    """Whether the whole suite was run to its end."""
    ended: bool = False
    seconds: float = 0.0
    startup_s: float = 0.3
    """What a run costs beside its tests: Python, pytest and finding every test of the longest of these runs."""
    bare_s: float = math.inf
    """The same without any file of tests."""
    files: dict[str, float] = field(default_factory=dict)
    """What importing each file of tests took, and finding the tests in it."""
    cut: frozenset[str] = frozenset()
    """Files that were not imported any more, since the time for that was over."""
    left_behind: int = 0
    """Tests that were not run, since their file had had its time."""
    output: str = ""

    def cost_s(self, tests: Collection[str]) -> float:
        """What a run of these tests takes on the head; more, where its files share what takes long to import."""
        files = sum(self.files.get(path, 0.0) for path in {name.partition("::")[0] for name in tests})
        return min(self.bare_s + files, self.startup_s) + sum(self.tests[name].took for name in tests)

    def most_s(self, tests: Collection[str]) -> float:
        """What it takes at most: as if every file were imported."""
        return self.startup_s + sum(self.tests[name].took for name in tests)

    def add(self, more: Baseline) -> None:
        """Add a run of other files."""
        self.tests |= more.tests
        self.red |= more.red
        self.uncollected |= more.uncollected
        self.wide |= more.wide
        self.imported = {
            **more.imported,
            **{name: ours and more.imported.get(name, True) for name, ours in self.imported.items()},
        }
        self.ended = more.ended
        self.seconds += more.seconds
        self.startup_s = max(self.startup_s, more.startup_s)
        self.bare_s = min(self.bare_s, more.bare_s)
        self.files |= more.files
        self.left_behind += more.left_behind
        self.output = more.output

    def reaching(self, path: str, spans: Collection[tuple[int, int]]) -> list[str]:
        """Give the green tests that get into functions between these lines, or could see the file another way."""

        def sees(test: Seen) -> bool:
            inside = any(where == path and any(a <= line <= b for a, b in spans) for where, line in test.entered)
            return inside or test.spawned or path in test.opened

        return [name for name, test in self.tests.items() if name not in self.red and sees(test)]

    def is_wide(self, path: str, spans: Collection[tuple[int, int]]) -> bool:
        """Tell whether it is entered outside of any single test."""
        return any(where == path and any(a <= line <= b for a, b in spans) for where, line in self.wide)


Verdict = Literal["green", "red", "hang", "broken", "elsewhere", "fewer"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The tests on another tree."""

    verdict: Verdict
    """`broken`: nothing could be collected, so nothing was tested. `elsewhere`: other files were imported.
    `fewer`: some of the tests were not there."""
    test: str = ""
    """The first red one."""
    uncollected: str = ""
    seconds: float = 0.0
    output: str = ""


class Suite:
    """Runs pytest of the project's own environment."""

    def __init__(self, ground: Ground, python: str, inside: Path, roots: Collection[str]) -> None:
        """`inside` holds the plug-in; `roots` are the folders, below the top, that modules are imported from."""
        self._ground = ground
        self._python = python
        self._inside = inside
        self._roots = tuple(roots)
        self._flags: tuple[str, ...] = ()
        self._names = itertools.count()

    def look(self, tree: Tree) -> None:
        """Look for pytest and its plug-ins.

        Raises:
            Refused: there is no Python, or no pytest in it.
        """
        done = self._ground.run((self._python, "-c", _LOOK), cwd=tree.top, wall_s=_LOOK_S)
        try:
            facts = json.loads(done.output.strip().splitlines()[-1])
        except (ValueError, IndexError):
            raise Refused(
                f"{self._python} could not be started as a Python, so nothing was surveyed. Make the project's "
                "environment anew, then try again.",
                code="no_environment",
            ) from None
        if "pytest" not in facts["found"]:
            raise Refused(
                f"There is no pytest in {self._python}, so nothing was surveyed. Make an environment with the "
                "project and its tests' dependencies in `.venv`, then try again.",
                code="no_pytest",
            )
        self._flags = tuple(flag for name in facts["found"] for flag in _FLAGS.get(name, ()))

    def environment(self, tree: Tree) -> dict[str, str]:
        """Give what makes this tree the one that is imported."""
        paths = [str(tree.top / root) for root in self._roots]
        return {"PYTHONPATH": ":".join([*paths, str(self._inside)]), "PYTHONHASHSEED": "0"}

    def baseline(
        self,
        tree: Tree,
        files: Collection[str],
        modules: Mapping[str, str],
        first: list[str],
        *,
        wall_s: float,
        collect_s: float,
        only_files: Collection[str] | None = None,
        without_files: Collection[str] = (),
    ) -> Baseline:
        """Run everything, seeing who gets into the functions of `files`; `modules` says where each must come from.

        Where no file of tests is imported after `collect_s` it is given up; where some are, only those are run. Of
        `only_files` none keeps the others from being run: once half of the time is over, one that has had its share
        is left behind.
        """
        order = {"record": True, "files": list(files), "modules": dict(modules), "first": first}
        order |= {
            "only_files": None if only_files is None else list(only_files),
            "without_files": list(without_files),
            "collect_s": collect_s,
            "file_s": wall_s / len(only_files) if only_files else None,
            "half_s": wall_s / 2,
        }
        more = ("--continue-on-collection-errors",)
        done, said = self._pytest(tree, order, more, wall_s, collect_s=collect_s * _IMPORTING)
        found = Baseline(seconds=done.seconds, output=done.output)
        for line in said:
            match line:
                case {"test": str(name)}:
                    entered = frozenset((path, at) for path, at in line["entered"])
                    found.tests[name] = Seen(line["took"], entered, frozenset(line["opened"]), line["spawned"])
                case {"collected": int()}:
                    found.startup_s = line["at"] + _PYTHON_S
                    found.bare_s = max(found.startup_s - sum(line["files"].values()), _PYTHON_S)
                    found.files, found.cut = line["files"], frozenset(line["cut"])
                case {"failed": str(name)}:
                    found.red[name] = line["why"]
                case {"uncollected": str(name)}:
                    found.uncollected[name] = line["why"]
                case {"ended": int()}:
                    found.ended, found.left_behind = True, line["left_behind"]
                    found.imported = line["imported"]
                    found.wide = frozenset((path, at) for path, at in line["wide"])
                case _:
                    pass
        return found

    def check(
        self,
        tree: Tree,
        only: Collection[str] | None,
        *,
        wall_s: float,
        left_out: Collection[str] = (),
        modules: Mapping[str, str] | None = None,
        first: Sequence[str] = (),
        hash_seed: str = "0",
    ) -> Outcome:
        """Run tests (all of them for None) until the first red one; `left_out` are known to be red.

        The tests in the files `first` are run before the others.
        """
        chosen = None if only is None else sorted({name.partition("[")[0] for name in only})
        files = () if chosen is None else tuple(dict.fromkeys(name.partition("::")[0] for name in chosen))
        order = {"record": False, "only": chosen, "left_out": list(left_out), "modules": dict(modules or {})}
        order["first"] = list(first)
        done, said = self._pytest(tree, order, ("-x", *files), wall_s, hash_seed)
        red = next((line["failed"] for line in said if "failed" in line), "")
        uncollected = next((f"{line['uncollected']}: {line['why']}" for line in said if "uncollected" in line), "")
        ended = next((line for line in said if "ended" in line), None)
        verdict: Verdict = "green"
        if red:
            verdict = "red"
        elif uncollected:
            verdict = "broken"
        elif done.code is None:
            verdict = "hang"
        elif ended is None or done.code not in (0, 1) or not any(line.get("collected") for line in said):
            verdict = "broken"
        elif not all(ended["imported"].values()):
            verdict = "elsewhere"
        elif chosen is not None and sum(line.get("collected", 0) for line in said) < len(chosen):
            verdict = "fewer"
        return Outcome(verdict, red, uncollected, done.seconds, done.output)

    def listen(self, tree: Tree, only: Collection[str], told: Mapping[str, Any], wall_s: float) -> list[dict[str, Any]]:
        """Run tests while `inside/casework_harvest.py` writes down what they call; give its lines."""
        n = next(self._names)
        ordered, out = self._inside / f"harvest-{n}.json", self._inside / f"heard-{n}.jsonl"
        ordered.write_text(json.dumps({**told, "top": str(tree.top), "out": str(out)}), "utf-8")
        chosen = sorted({name.partition("[")[0] for name in only})
        files = tuple(dict.fromkeys(name.partition("::")[0] for name in chosen))
        order = {"record": False, "only": chosen}
        more = ("-p", "casework_harvest", *files)
        self._pytest(tree, order, more, wall_s, environment={"CASEWORK_HARVEST": str(ordered)})
        return list(_said(out))

    def _pytest(
        self,
        tree: Tree,
        order: dict[str, Any],
        more: Collection[str],
        wall_s: float,
        hash_seed: str = "0",
        *,
        collect_s: float | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> tuple[Done, list[dict[str, Any]]]:
        n = next(self._names)
        ordered, out = self._inside / f"order-{n}.json", self._inside / f"said-{n}.jsonl"
        blank: dict[str, Any] = {"only": None, "left_out": [], "files": [], "first": [], "modules": {}}
        blank |= {"only_files": None, "without_files": [], "collect_s": None, "file_s": None, "half_s": 0.0}
        ordered.write_text(json.dumps(blank | order | {"top": str(tree.top), "out": str(out)}), "utf-8")
        plain = ("-p", "casework_recorder", "-p", "no:cacheprovider", f"--rootdir={tree.top}", "-q", "--tb=short")
        command = (self._python, "-m", "pytest", *plain, *self._flags, *more)
        told = self.environment(tree) | {"CASEWORK_SURVEY": str(ordered), "PYTHONHASHSEED": hash_seed}
        told |= dict(environment or {})
        until = time.monotonic() + (wall_s if collect_s is None else collect_s)
        is_idle = lambda: time.monotonic() > until and not out.exists()  # noqa: E731
        done = self._ground.run(command, cwd=tree.top, wall_s=max(wall_s, 0.1), environment=told, given_up=is_idle)
        return done, list(_said(out))


def _said(out: Path) -> list[dict[str, Any]]:
    """Read what the plug-in wrote; a last line that was cut off is left out."""
    found = []
    try:
        lines = out.read_bytes().splitlines()
    except OSError:
        return []
    for line in lines:
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            found.append(value)
    return found


def patience_s(expected_s: float) -> float:
    """Say how long a run may take that takes `expected_s` on the head."""
    return expected_s * PATIENCE + _PATIENCE_MORE_S
