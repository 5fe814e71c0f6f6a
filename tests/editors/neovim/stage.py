"""What a story in Neovim needs: a shop with a payment module, Casework's program, and as many editors as it opens."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.editors.neovim.driver import Neovim
from tests.repositories import Repository

PROGRAM: Final = Path(sys.executable).with_name("casework")
CHARGE: Final = '''"""Take money, and give it back."""

import gateway
import tokens
from dates import today


class CardRefused(Exception):
    """The bank said no."""


def charge(card, amount):
    token = tokens.get(card)
    return gateway.charge(token, amount)


def refund(card, amount):
    token = tokens.get(card)
    return gateway.refund(token, amount)


def fee(amount):
    """What the bank takes, in cents."""
    return max(25, amount // 50)
'''
VAULT: Final = '''"""Tokens stand for cards."""

import logging

log = logging.getLogger(__name__)


def get(card):
    token = _lookup(card.number)
    log.debug("token %s", token)
    return token
'''


@dataclass(frozen=True, slots=True)
class Stage:
    """What a story needs: a repository, Casework's program, and editors."""

    world: Path
    shop: Repository
    editors: ExitStack

    def neovim(self, *arguments: str, init: str = "", plugin: bool = True, size: tuple[int, int] = (120, 36)) -> Neovim:
        """Open a Neovim in the shop; it ends with the test."""
        settings = f"vim.g.casework = {{ command = [[{PROGRAM}]] }}" if plugin else ""
        home = self.world / f"neovim-{len(list(self.world.glob('neovim-*')))}"
        editor = Neovim(home, *arguments, cwd=self.shop.path, init=settings + "\n" + init, plugin=plugin, size=size)
        return self.editors.enter_context(editor)

    def casework(self, *arguments: str, check: bool = True) -> str:
        """Run the command line in the shop and give its output."""
        done = subprocess.run(
            [PROGRAM, *arguments], cwd=self.shop.path, capture_output=True, text=True, timeout=60, check=False
        )
        assert not check or done.returncode == 0, f"casework {arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def told(self, *arguments: str) -> Any:
        """Run the command line with `--json` and give what it says."""
        return json.loads(self.casework(*arguments, "--json"))

    def script(self, *runs: list[dict[str, object]]) -> Path:
        """Write a script for the scripted agent, one list of steps for each run."""
        path = self.world / "play.json"
        path.write_text(json.dumps({"runs": [{"steps": steps} for steps in runs]}))
        return path

    def daemon(self) -> int:
        """The daemon's process."""
        return int(self.told("daemon", "status")["pid"])

    def kill_daemon(self) -> None:
        """End the daemon in the middle of whatever it does."""
        os.kill(self.daemon(), signal.SIGKILL)
