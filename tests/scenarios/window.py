"""What somebody does in an editor with no plug-in of ours, one line of a story at a time.

window [FOLDER]            open a window on the repository (done by itself), or on another folder
open PATH                  open a file; `$document` is the one the server showed last
edit PATH OLD NEW          change the buffer: the first OLD becomes NEW; `\\n` ends a line
save PATH [REASON]         write it to the disk; by hand, or `afterdelay`, `focusout`
close PATH
actions PATH LINE          what can be done there
press PATH LINE TITLE      do the one whose title begins so
command NAME [JSON]        run a command of the server
diagnostics PATH           what stands at a file, once it is so
shown                      wait for the document that the server shows
choose TITLE               the button to press when the server asks, from now on
messages                   what the server said and asked meanwhile, at least one thing
"""

from __future__ import annotations

import asyncio
import json
import shlex
import string
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from casework.lsp.documents import uri_of
from tests.lsp.plain import Editor, editor, plain
from tests.scenarios.stage import Stage
from tests.waiting import wait_until_async

_REASONS: Final = {
    "": types.TextDocumentSaveReason.Manual,
    "afterdelay": types.TextDocumentSaveReason.AfterDelay,
    "focusout": types.TextDocumentSaveReason.FocusOut,
}
_VERBS: Final[dict[str, tuple[int, int]]] = {
    "window": (0, 1), "open": (1, 1), "edit": (3, 3), "save": (1, 2), "close": (1, 1), "leave": (0, 0),
    "actions": (2, 2), "press": (3, 3), "command": (1, 2), "diagnostics": (1, 1), "shown": (0, 0), "choose": (1, 1),
    "messages": (0, 0),
}  # fmt: skip
"""How many words each takes at least and at most."""
_QUIET_S: Final = 0.6


class BadLine(Exception):
    """A line that means nothing to the window."""


def words_of(text: str) -> list[str]:
    """Read a line.

    Raises:
        BadLine: no such verb, or not so many words.
    """
    if text.startswith("command "):
        words = text.split(" ", 2)
    else:
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise BadLine(f"{text}: {error}") from error
    least, most = _VERBS.get(words[0], (1, 0))
    if not least <= len(words) - 1 <= most:
        raise BadLine(f"{text}: {'no such verb' if words[0] not in _VERBS else 'too many or too few words'}")
    return words


class Window:
    """The editor's window of a story; opened when it is first needed."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._stack = AsyncExitStack()
        self._editor: Editor | None = None
        self._texts: dict[Path, str] = {}
        self._read = 0
        self._asked = 0

    async def do(self, text: str, expected: list[str] | None) -> list[str]:
        """Do one line, and give what is seen; with `expected`, wait for it where something may take its time."""
        verb, *words = words_of(text)
        names = self._stage.names
        words = [string.Template(word).safe_substitute(names) for word in words]
        try:
            seen = await getattr(self, f"_{verb}")(*words, **({"expected": expected} if verb == "diagnostics" else {}))
        except JsonRpcException as error:
            seen = self._refusal(error)
        return self._stage.as_written(seen)

    def _refusal(self, error: JsonRpcException) -> list[str]:
        data = plain(error.data)
        code = data.get("code", "") if isinstance(data, dict) else ""
        return [f"! {error.message}", *([f"[{code}]"] if code else [])]

    async def close_all(self) -> None:
        """Close the window, where one is open. What nobody read must not be there."""
        unread = []
        if self._editor is not None:
            unread = [one.message for one in self._editor.client.messages[self._read :]]
            unread += [one.message for one in self._editor.asked[self._asked :]]
        self._editor, self._read, self._asked = None, 0, 0
        await self._stack.aclose()
        assert not unread, f"nobody read in the editor: {unread}"

    async def _there(self) -> Editor:
        if self._editor is None:
            await self._window()
        assert self._editor is not None
        return self._editor

    def _path(self, word: str) -> Path:
        return self._stage.here / word

    async def _window(self, folder: str = ".") -> list[str]:
        begins = self._stage.user.begins
        self._editor = await self._stack.enter_async_context(editor(self._path(folder).resolve(), begins=begins))
        return []

    async def _open(self, word: str) -> list[str]:
        path = self._path(word)
        self._texts[path] = (await self._there()).open(path)
        self._stage.notice(self._texts[path])
        return []

    async def _edit(self, word: str, old: str, new: str) -> list[str]:
        path, window = self._path(word), await self._there()
        before = self._texts[path]
        old, new = old.replace("\\n", "\n"), new.replace("\\n", "\n")
        assert old in before, f"{word} holds no {old!r}:\n{before}"
        self._texts[path] = before.replace(old, new, 1)
        window.edit(path, self._texts[path])
        await window.ask("casework/daemon/status")  # nobody saves before the server has heard what they typed
        return []

    async def _save(self, word: str, reason: str = "") -> list[str]:
        window, path = await self._there(), self._path(word)
        document = types.TextDocumentIdentifier(uri_of(str(path)))
        window.client.text_document_will_save(types.WillSaveTextDocumentParams(document, _REASONS[reason]))
        await window.ask("casework/daemon/status")
        path.write_bytes(self._texts[path].encode())
        window.client.text_document_did_save(types.DidSaveTextDocumentParams(document))
        return []

    async def _close(self, word: str) -> list[str]:
        (await self._there()).close(self._path(word))
        return []

    async def _leave(self) -> list[str]:
        await self.close_all()
        return []

    async def _actions(self, word: str, line: str) -> list[str]:
        return await (await self._there()).titles(self._path(word), int(line))

    async def _press(self, word: str, line: str, title: str) -> list[str]:
        return _brief(plain(await (await self._there()).press(self._path(word), int(line), title)))

    async def _command(self, name: str, given: str = "") -> list[str]:
        arguments = [json.loads(given)] if given else []
        return _brief(plain(await (await self._there()).command(name, *arguments)))

    async def _diagnostics(self, word: str, *, expected: list[str] | None) -> list[str]:
        window, path = await self._there(), self._path(word)

        def seen() -> list[str]:
            return self._stage.as_written(
                [
                    f"{one.range.start.line + 1}: {one.message}"
                    for one in window.client.diagnostics.get(uri_of(str(path)), [])
                ]
            )

        if expected is not None:
            try:
                await wait_until_async(lambda: seen() == expected, description="they are so", timeout_s=10)
            except AssertionError:
                return seen()
            return expected
        await _quiet(seen)
        return seen()

    async def _shown(self) -> list[str]:
        shown = await (await self._there()).shown()
        self._stage.names["document"] = str(shown)
        return [str(shown)]

    async def _choose(self, title: str) -> list[str]:
        def press(asked: types.ShowMessageRequestParams) -> str | None:
            return next((one.title for one in asked.actions or [] if one.title.startswith(title)), None)

        (await self._there()).answer = press
        return []

    async def _messages(self) -> list[str]:
        window = await self._there()
        await window.until(
            lambda: len(window.client.messages) > self._read or len(window.asked) > self._asked, "something is said"
        )
        await _quiet(lambda: (len(window.client.messages), len(window.asked)))
        asked = [
            f"asks: {one.message} [{'] ['.join(button.title for button in one.actions or [])}]"
            for one in window.asked[self._asked :]
        ]
        said = [f"says: {one.message}" for one in window.client.messages[self._read :]]
        self._asked, self._read = len(window.asked), len(window.client.messages)
        return [*asked, *said]


async def _quiet(look: Any) -> None:
    """Wait until what is seen stays the same for a while."""
    loop = asyncio.get_running_loop()
    last, since = look(), loop.time()

    def is_quiet() -> bool:
        nonlocal last, since
        now = look()
        if now != last:
            last, since = now, loop.time()
        return loop.time() - since > _QUIET_S

    await wait_until_async(is_quiet, description="nothing more comes")


def _brief(answer: Any) -> list[str]:
    """Say in a line what a command answered."""
    match answer:
        case {"card": {"number": number, "status": status}, "reason": reason}:
            return [f"task {number} is {status}{f': {reason}' if reason else ''}"]
        case {"shown": shown, "number": number, "status": status, "files": files, "hunks": hunks, "reason": reason}:
            return [
                f"review {number} is {status}: {len(files)} files, {hunks} hunks, hash {shown[:12]}",
                *([reason] if reason else []),
            ]
        case {"uri": _, "path": path}:
            return [path]
        case {"sentence": sentence}:
            return [sentence]
        case {"warning": warning, "needs_you": cards}:
            return [
                *(f"{one['number']} {one['title']}: {one['detail']}" for one in cards),
                *([warning] if warning else []),
            ]
        case None:
            return []
        case _:
            return [json.dumps(answer, ensure_ascii=False, sort_keys=True)]
