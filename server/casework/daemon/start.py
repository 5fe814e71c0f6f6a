"""From an ordinary process to the one daemon: what must be set before anything is served, and the exit codes.

What was wrong is said on stderr, in one sentence, where the relay that started us listens until we serve.
"""

from __future__ import annotations

import asyncio
import linecache
import logging
import os
import signal
import sys
from typing import TYPE_CHECKING, Final

from casework import paths, processes
from casework.domain.errors import CaseworkError
from casework.lsp.kept_code import keeping, place

from .hello import BUILD
from .host import loading
from .instance import AnotherRuns, Instance
from .logs import CRASH_NAME, configure_logs, watch_for_crashes

if TYPE_CHECKING:
    from collections.abc import Callable

    from casework.lsp.protocol import Surface

    from .application import Load

EXIT_ENDED: Final = 0
"""Told to end, idle, or handed over."""
EXIT_ANOTHER_RUNS: Final = 3
"""Another daemon of this user runs."""
EXIT_CAN_NOT_START: Final = 4
"""A folder, the lock or the socket is not as it must be."""
EXIT_CRASHED: Final = 70
"""A mistake of ours (EX_SOFTWARE in sysexits.h); `crash.log` has it."""

IDLE_EXIT_S: Final = 900.0
HELLO_S: Final = 10.0


def run_daemon(
    load: Load,
    load_surface: Callable[[], Surface],
    *,
    idle_exit_s: float = IDLE_EXIT_S,
    hello_s: float = HELLO_S,
    build: str = BUILD,
) -> int:
    """Become the one daemon and serve until the end; the exit code.

    `load_surface` is called once we are the one, because importing lsprotocol is most of the start.
    """
    processes.close_to_others()
    os.chdir("/")
    processes.forget_repository_of_starter()
    signal.signal(signal.SIGTERM, _end_while_starting)
    try:
        instance = Instance.claim()
        logs = paths.log_directory()
        log = configure_logs(logs)
        watch_for_crashes(logs)
    except CaseworkError as error:
        sys.stderr.write(error.sentence + "\n")
        return EXIT_ANOTHER_RUNS if isinstance(error, AnotherRuns) else EXIT_CAN_NOT_START
    except OSError as error:
        sys.stderr.write(
            f"Casework can not write its log ({error.strerror}: {error.filename}), so the daemon does not start. "
            "Make the folder writable, or set XDG_STATE_HOME to a folder of your own.\n"
        )
        return EXIT_CAN_NOT_START
    try:
        # From here on the kernel keeps clients waiting for us; so the costly imports come now and not before.
        with loading(), keeping(place()):
            from .server import Daemon, Terms

            terms = Terms(load, load_surface(), idle_exit_s, hello_s, build, log)
        linecache.clearcache()  # attrs leaves the text of every method it makes there, for debuggers: 2 MiB
        _let_go_of_starter()
        asyncio.run(Daemon(instance, terms).run())
    except Exception as error:  # noqa: BLE001 - the last border there is
        sys.excepthook(type(error), error, error.__traceback__)
        sys.stderr.write(
            "The Casework daemon failed through a mistake of its own, so no editor can attach. "
            f"{logs / CRASH_NAME} has the details; `casework doctor` looks for what is missing.\n"
        )
        return EXIT_CRASHED
    finally:
        instance.remove_socket()
        instance.release()
        logging.shutdown()
    return EXIT_ENDED


def _end_while_starting(*_: object) -> None:
    """Until the loop runs and has a handler of its own."""
    sys.exit(EXIT_ENDED)


def _let_go_of_starter() -> None:
    """Close the pipe at which whoever started us learns that we serve; a terminal stays."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        if not os.isatty(descriptor):
            os.dup2(null, descriptor)
    os.close(null)
