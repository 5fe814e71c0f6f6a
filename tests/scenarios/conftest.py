"""The option that writes expectations anew."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say `pytest tests/scenarios --update-scenarios`, and read the difference before it is committed."""
    parser.addoption("--update-scenarios", action="store_true", help="write what the stories print into their files")
