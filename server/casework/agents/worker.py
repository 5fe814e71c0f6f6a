"""An agent's worker process: speaks the frames on standard input and output for the agents that live in it.

Started as `python -I -m casework.agents.worker` in the run's worktree. It lives no longer than whoever started it:
when its input closes, its lease runs out or the system says that its parent died, it takes its whole process group
along. It serves one run after another. Not here: what an agent does (`scripted`), starting and ending workers
(`process`).
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Final

from casework.agents.frames import PROTOCOL, Hello
from casework.agents.line import Cancelled, Line, Pipe, end_group
from casework.ports.agent import Failed

logger = logging.getLogger(__name__)


def _scripted() -> Callable[[Line], None]:
    from casework.agents.scripted import perform

    return perform


def _survey() -> Callable[[Line], None]:
    from casework.agents.survey.perform import perform

    return perform


AGENTS: Final[dict[str, Callable[[], Callable[[Line], None]]]] = {"scripted": _scripted, "survey": _survey}
"""What is loaded when an agent's first run comes: a worker pays only for the agent it is used for."""


def main() -> None:
    """Serve runs until the input closes."""
    end_with_parent()
    pipe = open_pipe()
    pipe.send(Hello(protocol=PROTOCOL, agents=tuple(AGENTS)))
    threading.Thread(target=pipe.listen, daemon=True, name="listen").start()
    for agent, line in pipe.starts():
        try:
            _work(agent, line)
        except Cancelled:
            line.bow_out()
        finally:
            pipe.ended(line)


def _work(agent: str, line: Line) -> None:
    load = AGENTS.get(agent)
    if load is None:
        line.report(Failed(sentence=f"This worker knows no agent named {agent[:80]!a}; choose another and retry."))
        return
    try:
        load()(line)
    except Exception:
        logger.exception("the agent %s broke", agent)
        line.report(
            Failed(sentence="The agent broke over a mistake of its own; its log has the details, retry the task.")
        )


def end_with_parent() -> None:
    """Be told by the system when the parent dies (Linux, prctl(2)); elsewhere only the closed input tells."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: end_group())
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)  # PR_SET_PDEATHSIG


def open_pipe() -> Pipe:
    """Keep the pipe for ourselves: what the agent or a child of it prints must not become a frame."""
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return Pipe(source, sink)


if __name__ == "__main__":
    main()
