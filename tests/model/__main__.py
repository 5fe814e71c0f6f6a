"""`python -m tests.model SCRIPT.json FOLDER`: plays a script until it is told to end; writes its address and number.

The script is a list of turns, each `{"say": "...", "calls": [{"name": "read", "input": {"path": "a.py"}}]}`.
`FOLDER/url` and `FOLDER/pid` are there as soon as it listens. The key it takes is in the environment,
ANTHROPIC_API_KEY.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path

from tests.model.script import Call, Script, Turn
from tests.model.server import KEY, ModelServer


def read_script(text: str) -> Script:
    """Give the script that a JSON text holds."""
    turns = [
        Turn(say=turn.get("say", ""), calls=[Call(one["name"], one["input"]) for one in turn.get("calls", ())])
        for turn in json.loads(text)
    ]
    return Script(turns)


def main(arguments: list[str]) -> None:
    """Serve until TERM."""
    script, folder = Path(arguments[0]), Path(arguments[1])
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: ended.set())
    with ModelServer(read_script(script.read_text("utf-8")), key=os.environ.get("ANTHROPIC_API_KEY", KEY)) as model:
        folder.mkdir(exist_ok=True)
        (folder / "pid").write_text(str(os.getpid()))
        (folder / "url.new").write_text(model.url)
        (folder / "url.new").rename(folder / "url")
        while not ended.wait(1):
            pass


if __name__ == "__main__":
    main(sys.argv[1:])
