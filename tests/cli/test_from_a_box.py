"""What is asked of a real daemon from inside of a box does not reach it: no approval, no trust, no end."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from casework.core.boxes import run_box
from casework.ports.workspace import Identity
from tests.cli.shell import COMMAND, casework, printed
from tests.repositories import Repository, ordinary
from tests.sandbox.machine import bubblewrap

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

ASKED = """
ls -la $XDG_RUNTIME_DIR; {command} approve 1 --shown {shown}
{command} trust --trust; {command} daemon stop --force; {command} task drop 1
python3 - <<'X'
import os, socket
s = socket.socket(socket.AF_UNIX)
s.connect(os.environ['XDG_RUNTIME_DIR'] + '/casework/daemon.sock')
print('reached')
X
"""


async def test_nothing_in_a_box_approves_trusts_or_stops(world: Path) -> None:
    shop: Repository = ordinary(world / "shop")
    name = shop.text("ls-files").splitlines()[0]
    shop.write({name: "changed\n"})
    before = shop.picture()
    review = json.loads(printed(casework("review", "working-tree", "--json", at=shop.path)))
    identity = Identity(id="x", top=str(shop.path), common_dir=str(shop.path / ".git"))
    tree = world / "tree"
    tree.mkdir()
    sandbox = bubblewrap()
    box = run_box(identity, sandbox.facts(), "", str(tree))
    theirs = {name: value for name, value in os.environ.items() if name.startswith(("XDG_", "CASEWORK_"))}
    box = box.model_copy(update={"environment": {**box.environment, **theirs}})
    ran = await sandbox.run(["/bin/sh", "-c", ASKED.format(command=COMMAND, shown=review["shown"])], box)
    assert b"reached" not in ran.output
    tasks = json.loads(printed(casework("task", "list", "--json", at=shop.path)))
    assert [task["status"] for task in tasks["tasks"]] == ["in_review"]
    assert "not trust" in printed(casework("trust", "--show", at=shop.path))
    assert shop.picture() == before
    printed(casework("approve", "1", "--shown", review["shown"], at=shop.path))
