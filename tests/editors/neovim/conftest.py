"""A stage for each test: a shop with one commit, and a daemon that ends with the test."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.editors.neovim.stage import CHARGE, PROGRAM, VAULT, Stage
from tests.repositories import Repository


@pytest.fixture
def stage(world: Path) -> Iterator[Stage]:
    """A shop with one commit, and nothing started."""
    shop = Repository.new(world / "shop")
    shop.commit("Take money", {"pay/charge.py": CHARGE, "pay/vault.py": VAULT, "README.md": "# Shop\n"})
    with ExitStack() as editors:
        yield Stage(world, shop, editors)
    subprocess.run([PROGRAM, "daemon", "stop"], capture_output=True, timeout=60, check=False)
