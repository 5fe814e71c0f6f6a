"""One environment is made for all; each test gets a project of its own with a copy of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from casework.checks.confined import ConfinedChecks
from tests.checks.shop import FILES, install, lay, make_environment, put_environment
from tests.sandbox.machine import bubblewrap


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_environment(tmp_path_factory.mktemp("template") / "venv")


@pytest.fixture
def shop(tmp_path: Path, template: Path) -> Path:
    """The user's work tree, its package installed editable, so that it points here."""
    top = lay(tmp_path / "shop", FILES)
    install(top, put_environment(template, top))
    return top


@pytest.fixture
def checks() -> ConfinedChecks:
    return ConfinedChecks(bubblewrap())
