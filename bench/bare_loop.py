"""The barest durable loop over the SDK: its stream helper, two tools in this process, every message a row of SQLite."""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

import anthropic

SYSTEM = "You are a coding agent. Use the tools to change files in the working directory, then finish."
_TEXT = {"type": "string"}
TOOLS: list[Any] = [
    {
        "name": "read",
        "description": "Read a file",
        "input_schema": {"type": "object", "properties": {"path": _TEXT}, "required": ["path"]},
    },
    {
        "name": "edit",
        "description": "Replace old by new in a file",
        "input_schema": {
            "type": "object",
            "properties": {"path": _TEXT, "old": _TEXT, "new": _TEXT},
            "required": ["path", "old", "new"],
        },
    },
    {
        "name": "finish",
        "description": "End the work",
        "input_schema": {"type": "object", "properties": {"comment": _TEXT}, "required": ["comment"]},
    },
]


def use(folder: Path, name: str, given: dict[str, str]) -> str:
    """Do what a tool does."""
    path = folder / given["path"]
    if name == "read":
        return path.read_text()
    path.write_text(path.read_text().replace(given["old"], given["new"], 1))
    return "done"


def main(url: str, key: str, folder: Path) -> None:
    """Loop until the model finishes."""
    client = anthropic.Anthropic(api_key=key, base_url=url)
    rows = sqlite3.connect(folder / "rows.sqlite3", isolation_level=None)
    rows.execute("PRAGMA journal_mode=WAL")
    rows.execute("PRAGMA synchronous=NORMAL")
    rows.execute("CREATE TABLE messages (n INTEGER PRIMARY KEY, text TEXT)")
    messages: list[Any] = [{"role": "user", "content": "Charge more"}]
    while True:
        with client.messages.stream(
            model="claude-sonnet-5-5", max_tokens=16_000, system=SYSTEM, tools=TOOLS, messages=messages
        ) as stream:
            answer = stream.get_final_message()
        content = [block.model_dump(exclude_none=True) for block in answer.content]
        messages.append({"role": "assistant", "content": content})
        rows.execute("INSERT INTO messages (text) VALUES (?)", (json.dumps(messages[-1]),))
        results = []
        for block in answer.content:
            if block.type == "tool_use":
                if block.name == "finish":
                    return
                rows.execute("INSERT INTO messages (text) VALUES (?)", (f"begun {block.id}",))
                text = use(folder, block.name, json.loads(json.dumps(block.input)))
                results.append({"type": "tool_result", "tool_use_id": block.id, "content": text})
        messages.append({"role": "user", "content": results})
        rows.execute("INSERT INTO messages (text) VALUES (?)", (json.dumps(messages[-1]),))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
