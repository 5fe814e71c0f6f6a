"""The warm worker: imports the SDK once and serves many runs at once, a thread each.

Started as `python -I -m casework.agents.builtin.serving`. It has no worktree and starts no programs; the model's key
comes over the pipe and is in memory only. It ends with its daemon, as every worker does.
"""

from __future__ import annotations

import logging
import threading
from typing import Final

from casework.agents.builtin.conversation import perform
from casework.agents.frames import PROTOCOL, Hello
from casework.agents.line import Cancelled, Line
from casework.agents.worker import end_with_parent, open_pipe
from casework.ports.agent import Failed

logger = logging.getLogger(__name__)

NAME: Final = "builtin"


def main() -> None:
    """Serve runs until the input closes."""
    end_with_parent()
    pipe = open_pipe()
    pipe.send(Hello(protocol=PROTOCOL, agents=(NAME,)))
    threading.Thread(target=pipe.listen, daemon=True, name="listen").start()
    for _, line in pipe.starts():
        threading.Thread(target=_work, args=(line,), daemon=True, name=f"run {line.briefing.run}").start()


def _work(line: Line) -> None:
    try:
        perform(line)
    except Cancelled:
        line.bow_out()
    except Exception as error:  # noqa: BLE001 - one run's mistake ends no other
        # Its text may hold what the model said; where it comes from is enough to find it.
        logger.error("the builtin agent broke: %s", _where(error))  # noqa: TRY400
        line.report(
            Failed(sentence=f"The builtin agent broke over a mistake of its own ({_where(error)}); retry the task.")
        )
    finally:
        line.over()


def _where(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" in {trace.tb_frame.f_code.co_name}, line {trace.tb_lineno}" if trace is not None else ""
    return f"{type(error).__name__}{place}"


if __name__ == "__main__":
    main()
