"""An editor that can be killed: it judges, writes comments letter by letter, and answers, as fast as somebody can.

    python -m tests.kill.reviewer REPOSITORY LOG SEED

Before it sends something it writes that down, and when it is acknowledged again, each a line with one `write(2)`, which
no kill takes back. When the daemon goes it comes back, and asks what was not answered once more under the same key.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from casework import paths, transport
from casework.cli.connection import Daemon
from casework.domain.errors import Trouble
from tests.waiting import wait_until

REVIEW: Final = 1
ASKING: Final = 2
"""The task whose agent asks one question after the other."""
WORDS: Final = "half of what is said here was never sent "


class Reviewer:
    """One editor; what it knows it asked the daemon for."""

    def __init__(self, repository: str, log: Path, seed: int) -> None:
        self._repository = repository
        self._log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._chosen = random.Random(seed)
        self._daemon = _attach()

    def work(self) -> None:
        """Go on until killed."""
        view = self._ask("casework/review/show", number=REVIEW)
        hunks = [hunk["id"] for file in view["files"] for hunk in file["hunks"]]
        while True:
            deed = self._chosen.choices([self._judge, self._write, self._answer], [4, 3, 2])[0]
            deed(self._chosen.choice(hunks))

    def _judge(self, hunk: str) -> None:
        decision = self._chosen.choice(["accepted", "rejected", "none"])
        reason = f"because of {secrets.token_hex(4)}" if decision == "rejected" else ""
        said = {"do": "judge", "hunk": hunk, "decision": decision, "reason": reason}
        self._deed(said, "casework/review/decide", number=REVIEW, hunks=[hunk], decision=decision, reason=reason)

    def _write(self, hunk: str) -> None:
        """Go on with the draft of the hunk, letter by letter; now and then it is sent."""
        place = f"comment/{hunk}"
        drafts = self._ask("casework/draft/list", number=REVIEW)["drafts"]
        text = next((one["text"] for one in drafts if one["place"] == place), f"{secrets.token_hex(4)}: ")
        for letter in WORDS[: self._chosen.randint(3, len(WORDS))]:
            text += letter
            said = {"do": "type", "hunk": hunk, "text": text}
            cursor = {"line": 1, "column": len(text)}
            self._deed(said, "casework/draft/keep", keyed=False, number=REVIEW, place=place, text=text, **cursor)
        if self._chosen.random() < 0.4:
            said = {"do": "send", "hunk": hunk, "text": text}
            self._deed(said, "casework/review/comment", number=REVIEW, hunk=hunk, text=text)
            self._ask("casework/draft/forget", number=REVIEW, place=place)

    def _answer(self, _hunk: str) -> None:
        """Answer what is asked, or leave it open."""
        questions = self._ask("casework/task/show", number=ASKING)["card"]["questions"]
        for question in questions:
            self._say({"do": "see", "question": question["id"], "text": question["text"]}, "acknowledged")
            if self._chosen.random() < 0.5:
                said = {"do": "answer", "question": question["id"]}
                params = {"number": ASKING, "question": question["id"], "answer": "Go on."}
                self._deed(said, "casework/question/answer", **params)

    def _deed(self, said: dict[str, Any], method: str, *, keyed: bool = True, **params: Any) -> None:
        key = {"command": secrets.token_hex(8)} if keyed else {}
        self._say(said, "sent")
        self._ask(method, **params, **key)
        self._say(said, "acknowledged")

    def _ask(self, method: str, **params: Any) -> dict[str, Any]:
        while True:
            try:
                return self._daemon.ask(method, self._repository, **params)
            except Trouble:
                self._daemon = _attach()

    def _say(self, said: dict[str, Any], how: str) -> None:
        os.write(self._log, json.dumps({**said, "how": how, "at_ns": time.monotonic_ns()}).encode() + b"\n")


def _attach() -> Daemon:
    """Come back as soon as a daemon listens; it may be killed in that very moment too."""

    def attached() -> Daemon | None:
        with suppress(Trouble):
            channel = transport.Channel.attach("reviewer", start=False)
            if channel is not None:
                daemon = Daemon(channel)
                daemon.begin()
                return daemon
        return None

    found = wait_until(attached, description="a daemon takes the editor", timeout_s=60)
    assert found is not None, paths.socket_path()
    return found


if __name__ == "__main__":
    Reviewer(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])).work()
