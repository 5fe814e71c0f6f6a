"""One environment for all, one project for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.agents.survey.ground import Project, make_environment


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give a Python that has pytest and nothing else."""
    return make_environment(tmp_path_factory.mktemp("environment") / ".venv")


@pytest.fixture
def project(tmp_path: Path, python: str) -> Project:
    """Give an empty project."""
    path = tmp_path / "shop"
    path.mkdir()
    return Project(path, python)
