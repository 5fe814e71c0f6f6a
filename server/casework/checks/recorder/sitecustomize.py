"""Starts the record in every Python of a check (`site` imports a module of this name first), then the one it hides."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import sys

import casework_record  # type: ignore[import-not-found]  # it stands beside this file

casework_record.start()

_here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - the oldest Python that a project may use
_spec = importlib.machinery.PathFinder.find_spec(
    "sitecustomize",
    [place for place in sys.path if os.path.abspath(place) != _here],  # noqa: PTH100
)
if _spec is not None and _spec.loader is not None:
    _module = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(_module)
