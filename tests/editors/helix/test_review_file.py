"""A review in a real Helix, set up by nothing but what `casework editor-config helix` prints."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.editors.provision.helix import helix
from tests.editors.terminal import landed, reviewed, set_up, terminal
from tests.repositories import numbered

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


def test_a_review_is_opened_at_its_place_judged_in_its_file_and_landed_by_the_save(world: Path) -> None:
    settings = Path(os.environ["XDG_CONFIG_HOME"]) / "helix" / "languages.toml"
    settings.parent.mkdir()
    settings.write_text(set_up("helix"))
    with reviewed(world / "shop") as repository, terminal(repository.path, [str(helix()), "a.py"]) as editor:
        editor.until("review 1 changes this: Say new")
        editor.keys("5", "G", "Space", "a")
        editor.until("Casework: Reject this hunk of review 1")
        editor.keys("Enter")
        editor.until("# Review 1: Say new")
        editor.type("/1\\. a.py.*\\[ ")
        editor.keys("Enter")
        editor.type(";r-")
        editor.until("[-]   <- x accept")
        editor.type("gg/Verdict:")
        editor.keys("Enter")
        editor.type("a approve")
        editor.keys("Escape")
        editor.until("Verdict: approve")
        editor.type(":w")
        editor.keys("Enter")
        editor.until("Review 1, Say new: Land 1, leave 1 out on main?")
        editor.keys("Enter")
        editor.until("Review 1 is approved and is being landed.")
        assert landed(repository) == numbered(40, but={30: "new thirty"}).strip()
