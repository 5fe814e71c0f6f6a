"""Where no daemon can be started at all, whoever wanted one is told why, and what to do."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from casework import attaching


def test_a_python_that_can_not_be_run_is_named(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = world / "python"
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(attaching.NotAttached) as caught:
        attaching.attach("test")
    assert caught.value.sentence == (
        f"The Casework daemon could not be started with '{python}' (No such file or directory). "
        "Let that program be run by you, or install Casework anew."
    )
