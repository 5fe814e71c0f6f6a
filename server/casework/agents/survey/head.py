"""The suite on the head: whole where that fits, else the files of tests nearest to the change first.

What was seen in time is worked with in any case. Not here: what is near (`nearness`), and taking hunks back (`engine`).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from casework.agents.survey.ground import Tree
from casework.agents.survey.nearness import Nearness
from casework.agents.survey.reading import Reading, Suspect
from casework.agents.survey.suite import Baseline, Suite

FIRST_FILES: Final = 8
"""Files of tests that are run first; in a smaller suite all of them are, at once."""
COLLECT_SHARE: Final = 0.4
"""Of the time there is, for importing files of tests; the rest of it is for running what is in them."""
_FITS: Final = 0.8
"""Of the time there is, what the rest of the suite may be expected to take to be run at once."""
_LEAST_S: Final = 0.5


@dataclass(slots=True)
class Head:
    """The runs on the head, one after the other, in one tree."""

    suite: Suite
    tree: Tree
    reading: Reading
    suspects: Sequence[Suspect]
    near: Nearness
    found: Baseline = field(default_factory=Baseline)
    _seen: list[str] = field(default_factory=list)
    _missing: bool = False
    """Whether files were given up that took too long to be imported."""

    def run(self, wall_s: float) -> Baseline:
        """Run what fits into this time.

        Raises:
            Stopped: the survey is over.
        """
        until = time.monotonic() + wall_s
        size, at_once, nearest = FIRST_FILES, True, set(self.near.files[: self.near.near])
        while (left := until - time.monotonic()) > max(_LEAST_S, self._start_s()):
            rest = [path for path in self.near.files if path not in set(self._seen)]
            everything = not rest or (at_once and (len(rest) <= size or self._fits(len(rest), left)))
            near = [path for path in rest if path in nearest]
            part = (near or rest)[:size]
            ran = self._run(None if everything else part, left)
            if everything and (ran.files or ran.ended):
                self.found.add(ran)
                self.found.complete = ran.ended and not (ran.cut or self.found.left_behind or self._missing)
                break
            if not rest:
                break
            if everything:  # not one file could be imported in time, or one takes too long
                at_once, size = False, max(min(size, len(rest)) // 2, 1)
            elif ran.files or ran.ended:
                self.found.add(ran)
                self._seen += [path for path in part if path not in ran.cut]
                size = size * 2 if not ran.cut else max(len(part) - len(ran.cut), 1)
            elif size > 1:
                size //= 2
            else:
                self._seen += part
                self._missing = True
        return self.found

    def _start_s(self) -> float:
        """Say what one more run takes before its first test, once that was seen."""
        return self.found.bare_s if self.found.files else 0.0

    def _fits(self, files: int, left_s: float) -> bool:
        """Tell whether the rest of the suite may be expected to come to its end in time."""
        done = len(self.found.files)
        if not done:
            return False
        each = (self.found.seconds - self.found.bare_s) / done
        return self.found.bare_s + each * files <= left_s * _FITS

    def _run(self, files: list[str] | None, left_s: float) -> Baseline:
        paths = sorted({one.path for one in self.suspects})
        return self.suite.baseline(
            self.tree,
            paths,
            self.reading.modules,
            self.near.files,
            wall_s=left_s,
            collect_s=left_s * COLLECT_SHARE,
            only_files=files,
            without_files=self._seen,
        )
