"""A trivial server on pygls, to compare with: it answers from a file what Casework answers from its journal.

Started as a program: `python -m bench.trivial ANSWERS`, a JSON file `{"actions": [...], "board": {...}}`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer


def main(answers: Path | None) -> None:
    known: dict[str, Any] = json.loads(answers.read_text(encoding="utf-8")) if answers else {}
    actions = [types.CodeAction(**action) for action in _actions(known)]
    server = LanguageServer("trivial", "1")

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION)
    def code_action(_params: types.CodeActionParams) -> list[types.CodeAction]:
        return actions

    @server.feature("casework/board/read")
    def board(*_said: object) -> object:
        return known.get("board")

    server.start_io()


def _actions(known: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for action in known.get("actions", []):
        command = action.get("command")
        found.append(
            {
                "title": action["title"],
                "kind": action.get("kind"),
                "data": action.get("data"),
                "command": command and types.Command(**command),
            }
        )
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
