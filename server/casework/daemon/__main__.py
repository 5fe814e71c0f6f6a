"""`python -m casework.daemon [--detach] [--idle-exit SECONDS]`: the one daemon of this user.

In the foreground, or with `--detach` in a session of its own, in nobody's process tree.

Exit codes: 0 it ended; 2 usage; 3 another daemon runs; 4 it can not start; 70 it crashed (`crash.log`).
`CASEWORK_IDLE_EXIT_S` says the same as the option, 0 is never; `CASEWORK_LOG=debug` logs more.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from casework.lsp.protocol import Surface

    from .application import Application


def _load() -> Application:
    from casework.app import build

    return build()


def _load_surface() -> Surface:
    from casework.lsp.surface import SURFACE

    return SURFACE


SWITCH_S: Final = 0.0005
"""How long the loop waits for a thread that computes; Python's own 5 ms, a few times over, would be felt in typing."""


def _detach() -> None:
    """An editor may end the process tree below its language server; the daemon is to outlive it."""
    if os.fork() != 0:
        os._exit(0)
    os.setsid()


def main(arguments: list[str]) -> int:
    """Run the daemon; the exit code."""
    if arguments[:1] == ["--detach"]:
        _detach()
        arguments = arguments[1:]
    sys.setswitchinterval(SWITCH_S)
    from .start import IDLE_EXIT_S, run_daemon  # behind the fork, which copies what was loaded before it

    said = os.environ.get("CASEWORK_IDLE_EXIT_S", str(IDLE_EXIT_S))
    match arguments:
        case []:
            pass
        case ["--idle-exit", said]:
            pass
        case _:
            said = "no number"
    try:
        idle_exit_s = float(said)
    except ValueError:
        sys.stderr.write("The daemon takes only --idle-exit SECONDS (0 for never), or CASEWORK_IDLE_EXIT_S.\n")
        return 2
    return run_daemon(_load, _load_surface, idle_exit_s=max(0.0, idle_exit_s))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
