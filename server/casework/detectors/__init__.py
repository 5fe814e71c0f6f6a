"""Detectors: a change in, at most one finding out. They parse texts and run nothing."""

from __future__ import annotations

from casework.detectors.missing_tests import MissingTests
from casework.detectors.security import Security
from casework.ports.detector import Detector

__all__ = ["detectors"]


def detectors() -> tuple[Detector, ...]:
    """Give every detector there is."""
    return (Security(), MissingTests())
