"""A terminal with one command in it: a real pty, keys in, what is on it out."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import subprocess
import termios
import threading
from pathlib import Path
from typing import Self

from tests.cli.shell import COMMAND
from tests.waiting import wait_until


class Terminal:
    """`casework WORDS` as the foreground of a terminal of its own; use it in a `with` statement."""

    def __init__(self, *words: str, at: Path) -> None:
        ours, theirs = pty.openpty()
        self._ours = ours
        self._text = b""
        self._process = subprocess.Popen(
            [COMMAND, *words], cwd=at, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            preexec_fn=_take_terminal,
        )  # fmt: skip
        os.close(theirs)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._reader.join(10)
        os.close(self._ours)

    @property
    def text(self) -> str:
        """Everything that was printed until now, with what draws."""
        return self._text.decode("utf-8", "replace")

    def wait_for(self, text: str, *, timeout_s: float = 60.0) -> None:
        """Wait until something is printed."""
        try:
            wait_until(lambda: text in self.text, description=f"{text!r} is on the terminal", timeout_s=timeout_s)
        except AssertionError as late:
            raise AssertionError(f"{late}; on it is:\n{self.text}") from None

    def press(self, keys: str) -> None:
        """Press keys; `\\x03` is Ctrl-C."""
        os.write(self._ours, keys.encode())

    def end(self, *, timeout_s: float = 120.0) -> int:
        """Wait for the command's end, and give how it ended."""
        code = self._process.wait(timeout_s)
        self._reader.join(10)
        return code

    def kill(self) -> None:
        """Close the window, as it were: the command is gone at once."""
        self._process.send_signal(signal.SIGKILL)

    def _read(self) -> None:
        while True:
            try:
                chunk = os.read(self._ours, 65536)
            except OSError:  # nobody holds the other end any more
                return
            if not chunk:
                return
            self._text += chunk


def _take_terminal() -> None:
    """Make standard input the terminal that Ctrl-C comes from, and have it heard: whoever runs us may ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
