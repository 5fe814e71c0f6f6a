"""A review in a real Emacs without any package, set up by nothing but what `casework editor-config eglot` prints."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.editors.provision.emacs import emacs
from tests.editors.terminal import Terminal, landed, reviewed, set_up, terminal
from tests.repositories import numbered

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


def command(editor: Terminal, name: str) -> None:
    editor.keys("M-x")
    editor.until("M-x")
    editor.type(name)
    editor.keys("Enter")


def test_a_review_is_opened_at_its_place_judged_in_its_file_and_landed_by_the_save(world: Path) -> None:
    settings = Path(os.environ["HOME"]) / ".emacs.d" / "init.el"
    settings.parent.mkdir()
    settings.write_text(set_up("eglot"))
    call = [str(emacs()), "-nw", "--no-splash", "a.py"]
    with reviewed(world / "shop") as repository, terminal(repository.path, call) as editor:
        editor.until("line 40")
        command(editor, "eglot")
        editor.until("Flymake[0 0 2]")
        editor.keys("M-g", "M-g")
        editor.until("Goto line")
        editor.keys("5", "Enter")
        command(editor, "eglot-code-actions")
        editor.until("Pick an action (default Casework: Open review 1: Say new)")
        editor.keys("Enter")
        editor.until("(Text Flymake[0 0] ElDoc)")
        editor.keys("C-s")
        editor.type("[ ]")
        editor.keys("Enter", "C-b", "C-b", "C-d")
        editor.type("-")
        editor.until("[-]   <- x accept")
        editor.keys("M-<", "C-s")
        editor.type("Verdict:")
        editor.keys("Enter")
        editor.type(" approve")
        editor.keys("C-x", "C-s")  # sooner than eglot tells what was typed
        editor.until("Review 1, Say new: Land 1, leave 1 out on main?")
        editor.keys("Enter")
        editor.until("Review 1 is approved and is being landed.")
        assert landed(repository) == numbered(40, but={30: "new thirty"}).strip()
