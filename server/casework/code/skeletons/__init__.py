"""Test files whose cases nobody has written yet, in the way the project writes its tests.

A case fails until it is written: a skip, or an empty body, would be green and say something that nobody has seen. What
is tested is imported inside the case, so that the file is collected without errors whatever the module does when it is
imported, and even when it can't be.
"""

from __future__ import annotations

from casework.code.skeletons.neighbours import Neighbours, nearest, read_neighbours
from casework.code.skeletons.writing import Skeleton, Uncovered, write_skeleton

__all__ = ["Neighbours", "Skeleton", "Uncovered", "nearest", "read_neighbours", "write_skeleton"]
