"""Drives a real Neovim the way a person does: keys in, a screen out; and a look inside where a test needs one.

The editor is a child of ours over msgpack-rpc with a UI attached before anything else happens, so that it draws as
in a terminal. Its XDG folders are the test's (tests/conftest.py); it reads nothing of the user's.
"""

from __future__ import annotations

import os
import queue
import subprocess
import threading
from pathlib import Path
from typing import Any, Final, Self

import msgpack  # type: ignore[import-untyped]  # it ships no types

from tests.editors.neovim.screen import Screen
from tests.editors.provision.neovim import fonts, neovim
from tests.waiting import wait_until

ROOT: Final = Path(__file__).resolve().parents[3]
PICTURES: Final = ROOT / "artefacts" / "editors" / "neovim"
PLUGIN: Final = ROOT / "clients" / "neovim"
ANSWER_TIMEOUT_S: Final = 20


class Neovim:
    """One running Neovim; use it in a `with` statement."""

    def __init__(
        self,
        home: Path,
        *arguments: str | Path,
        cwd: Path,
        init: str = "",
        plugin: bool = True,
        env: dict[str, str] | None = None,
        size: tuple[int, int] = (120, 36),
    ) -> None:
        """Start it in `cwd` with `init` (Lua) as its configuration; `home` holds that and its log.

        With `plugin` the folder clients/neovim is on its runtime path, as any package manager puts it there.
        """
        home.mkdir(parents=True, exist_ok=True)
        configuration = home / "init.lua"
        lines = ["vim.o.swapfile = false", "vim.o.shadafile = 'NONE'"]
        lines += [f"vim.opt.runtimepath:prepend([[{PLUGIN}]])"] if plugin else []
        configuration.write_text("\n".join([*lines, init]) + "\n")

        self._process = subprocess.Popen(
            [neovim(), "--embed", "-u", configuration, "-i", "NONE", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=cwd,
            env={
                **os.environ,
                "NVIM_LOG_FILE": str(home / "nvim.log"),
                "TERM": "xterm-256color",
                **(env or {}),
            },
        )
        self._live = Screen(*size)
        self._frame = self._live.copy()
        self._frame_lock = threading.Lock()
        self._answers: queue.SimpleQueue[tuple[int, Any, Any]] = queue.SimpleQueue()
        self._asked = 0
        self._reader = threading.Thread(target=self._read, name="neovim-reader", daemon=True)
        self._reader.start()
        self._call("nvim_ui_attach", *size, {"rgb": True, "ext_linegrid": True})
        self._call("nvim_set_option_value", "termguicolors", True, {})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def keys(self, typed: str) -> None:
        """Type `typed`, in the notation of `:help keycodes`."""
        left = typed.encode()
        while left:
            left = left[self._call("nvim_input", left.decode()) :]

    def lua(self, code: str, *arguments: object) -> Any:
        """Ask the editor's inside; only for what no screen shows."""
        return self._call("nvim_exec_lua", code, list(arguments))

    def screen(self) -> str:
        """The text on the screen as of the last complete frame."""
        with self._frame_lock:
            return self._frame.text()

    def sees(self, *texts: str, timeout_s: float = 20.0) -> str:
        """Wait until every one of `texts` is on the screen at once, and give the screen's text."""

        def shown() -> str:
            text = self.screen()
            return text if all(wanted in text for wanted in texts) else ""

        try:
            return wait_until(shown, description=f"the screen shows {texts}", timeout_s=timeout_s)
        except AssertionError as late:
            raise AssertionError(f"{late}; it shows:\n{self.screen()}") from None

    def loses(self, text: str, timeout_s: float = 20.0) -> None:
        """Wait until `text` is no longer on the screen."""
        try:
            wait_until(lambda: text not in self.screen(), description=f"{text!r} left the screen", timeout_s=timeout_s)
        except AssertionError as late:
            raise AssertionError(f"{late}; it shows:\n{self.screen()}") from None

    def picture(self, name: str) -> Path:
        """Take a picture of the screen as it is, into the artefacts."""
        path = PICTURES / f"{name}.png"
        with self._frame_lock:
            frame = self._frame.copy()
        frame.picture(path, fonts())
        return path

    def kill(self) -> None:
        """End the editor with SIGKILL, as the kernel does it."""
        self._process.kill()
        self._process.wait(5)

    def close(self) -> None:
        """End the editor, whatever it is doing; nothing it holds is saved."""
        if self._process.poll() is None:
            try:
                self._send([2, "nvim_command", ["silent! qall!"]])
                self._process.wait(5)
            except (OSError, subprocess.TimeoutExpired):
                self._process.kill()
                self._process.wait(5)
        self._reader.join(5)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()

    def _call(self, method: str, *arguments: object) -> Any:
        """Ask and wait; calls are made from one thread, one at a time."""
        self._asked += 1
        self._send([0, self._asked, method, list(arguments)])
        while True:
            try:
                number, error, result = self._answers.get(timeout=ANSWER_TIMEOUT_S)
            except queue.Empty:
                raise AssertionError(f"Neovim does not answer {method}; its screen:\n{self.screen()}") from None
            if number == self._asked:
                if error:
                    raise AssertionError(f"{method}: {error[1] if isinstance(error, list) else error}")
                return result

    def _send(self, message: list[object]) -> None:
        assert self._process.stdin
        self._process.stdin.write(msgpack.packb(message))
        self._process.stdin.flush()

    def _read(self) -> None:
        assert self._process.stdout
        unpacker = msgpack.Unpacker(raw=False, unicode_errors="replace", strict_map_key=False)
        while piece := os.read(self._process.stdout.fileno(), 65536):
            unpacker.feed(piece)
            for message in unpacker:
                if message[0] == 1:
                    self._answers.put((message[1], message[2], message[3]))
                elif message[0] == 2 and message[1] == "redraw":
                    self._redraw(message[2])

    def _redraw(self, events: list[list[Any]]) -> None:
        for name, *batches in events:
            if name == "flush":
                with self._frame_lock:
                    self._frame = self._live.copy()
                continue
            for arguments in batches:
                self._live.apply(name, arguments)
