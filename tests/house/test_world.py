"""The world of a test is its own: what `tests/conftest.py` promises."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest_plugins = ["pytester"]

_ROOT = Path(__file__).parents[2]


def test_a_test_sees_no_setting_of_the_person_who_runs_it(world: Path) -> None:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        assert Path(os.environ[name]).is_relative_to(world), name
    found = subprocess.run(
        ["git", "config", "--list", "--show-scope"], cwd=world, capture_output=True, text=True, check=True, timeout=10
    )
    assert found.stdout == ""


def test_a_socket_below_the_runtime_folder_has_a_path_short_enough_for_every_system() -> None:
    assert len(os.environ["XDG_RUNTIME_DIR"]) < 60


@given(st.integers())
def test_the_world_may_be_shared_by_the_examples_of_one_test(number: int) -> None:
    assert "CASEWORK_TEST_MARK" in os.environ


def test_a_process_that_outlives_its_test_is_an_error(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\n")
    pytester.makeconftest("from tests.conftest import world, _session_world\n")
    pytester.makepyfile(
        f"""
        import subprocess, sys
        def test_leaves_a_process_behind():
            subprocess.Popen([{sys.executable!r}, "-S", "-c", "import select; select.select([], [], [], 60)"])
        """
    )
    found = pytester.runpytest_subprocess("-p", "no:randomly", "-o", f"pythonpath={_ROOT}")
    found.assert_outcomes(passed=1, errors=1)
    found.stdout.fnmatch_lines(["*processes outlived their test: * -S -c import select*"])
