"""Running `casework` as somebody in a shell does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

COMMAND: Final = str(Path(sys.executable).with_name("casework"))


def casework(*words: str, at: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one command in a folder, without a terminal."""
    return subprocess.run(
        [COMMAND, *words], cwd=at, env=os.environ | environment, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, check=False, timeout=60,
    )  # fmt: skip


def said(done: subprocess.CompletedProcess[str]) -> tuple[int, str, str]:
    """Give exit code, what was printed and what was said on stderr, without the last line's end."""
    return done.returncode, done.stdout.rstrip("\n"), done.stderr.rstrip("\n")


def printed(done: subprocess.CompletedProcess[str]) -> str:
    """Give what a command printed that had to succeed."""
    assert done.returncode == 0, done.stderr
    return done.stdout


Json = dict[str, Any]
