"""A workspace on a real repository, for the tests of this room."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from casework.workspace.repositories import GitRepositories, GitWorkspace
from tests.repositories import Repository

Opened = Callable[[Repository], GitWorkspace]


@pytest.fixture
def project(world: Path) -> Path:
    """Where a test's repository goes."""
    return world / "project"


@pytest.fixture
def open_workspace(world: Path) -> Opened:
    """Open the workspace of a repository as a daemon would that trusts nobody."""
    repositories = GitRepositories(state=str(world / "state"))

    def opened(repository: Repository) -> GitWorkspace:
        return repositories.open(repositories.identify(str(repository.path)))

    return opened
