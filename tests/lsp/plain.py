"""An editor with no plug-in of ours: pytest-lsp's client on the real relay, doing what Helix or eglot would do.

It knows open documents and saves, follows showDocument, answers questions as it is told to, and keeps everything it was
sent, so that a test can say that nothing else came.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from lsprotocol import converters, types
from pytest_lsp import LanguageClient, make_test_lsp_client

from casework import relay
from casework.lsp.documents import uri_of
from casework.lsp.session import path_of
from tests.waiting import wait_until_async

T = TypeVar("T")
PATIENCE_S: Final = 30.0

_CONVERTER: Final = converters.get_converter()
CAPABILITIES: Final = types.ClientCapabilities(
    workspace=types.WorkspaceClientCapabilities(workspace_folders=True, apply_edit=True),
    text_document=types.TextDocumentClientCapabilities(
        synchronization=types.TextDocumentSyncClientCapabilities(did_save=True, will_save=True),
        code_action=types.CodeActionClientCapabilities(),
        publish_diagnostics=types.PublishDiagnosticsClientCapabilities(),
    ),
    window=types.WindowClientCapabilities(
        work_done_progress=True,
        show_document=types.ShowDocumentClientCapabilities(support=True),
        show_message=types.ShowMessageRequestClientCapabilities(),
    ),
)


class Editor:
    """One plain editor window on one folder."""

    def __init__(self, client: LanguageClient) -> None:
        self.client = client
        self.answer: Callable[[types.ShowMessageRequestParams], str | None] = lambda _: None
        """Which button the human presses; none of them by default."""
        self.asked: list[types.ShowMessageRequestParams] = []
        self.told: list[tuple[str, Any]] = []
        """Our own notifications."""
        self._texts: dict[str, str] = {}
        self._versions: dict[str, int] = {}

    # ---- documents --------------------------------------------------------------------------------------------------

    def open(self, path: Path | str) -> str:
        """Open a file as it is on disk; give its text."""
        text = Path(path).read_bytes().decode("utf-8", "replace")
        uri = uri_of(str(path))
        self._texts[uri], self._versions[uri] = text, 1
        self.client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "plaintext", 1, text))
        )
        return text

    def edit(self, path: Path | str, text: str) -> None:
        """Change the buffer, not the disk."""
        uri = uri_of(str(path))
        self._texts[uri] = text
        self._versions[uri] += 1
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(version=self._versions[uri], uri=uri),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    def save(
        self, path: Path | str, reason: types.TextDocumentSaveReason = types.TextDocumentSaveReason.Manual
    ) -> None:
        """Write the buffer to the disk and say so, as an editor does."""
        uri = uri_of(str(path))
        document = types.TextDocumentIdentifier(uri)
        self.client.text_document_will_save(types.WillSaveTextDocumentParams(document, reason))
        Path(path).write_bytes(self._texts[uri].encode())
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(document))

    def close(self, path: Path | str) -> None:
        """Close the file."""
        self.client.text_document_did_close(
            types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri_of(str(path))))
        )

    # ---- what a human does ------------------------------------------------------------------------------------------

    async def actions(self, path: Path | str, line: int, end: int | None = None) -> list[types.CodeAction]:
        """Ask what can be done at a line, counted from 1."""
        span = types.Range(types.Position(line - 1, 0), types.Position((end or line) - 1, 0))
        found = await self.client.text_document_code_action_async(
            types.CodeActionParams(types.TextDocumentIdentifier(uri_of(str(path))), span, types.CodeActionContext([]))
        )
        return [action for action in found or [] if isinstance(action, types.CodeAction)]

    async def titles(self, path: Path | str, line: int) -> list[str]:
        """Give the titles of what can be done at a line."""
        return [action.title for action in await self.actions(path, line)]

    async def press(self, path: Path | str, line: int, title: str, end: int | None = None) -> Any:
        """Do the action whose title begins so."""
        found = [action for action in await self.actions(path, line, end) if action.title.startswith(title)]
        assert found, f"no action {title!r}; there are {[one.title for one in await self.actions(path, line, end)]}"
        command = found[0].command
        assert command is not None
        return await self.command(command.command, *(command.arguments or []))

    async def command(self, name: str, *arguments: Any) -> Any:
        """Run a server's command."""
        return await self.client.workspace_execute_command_async(
            types.ExecuteCommandParams(command=name, arguments=list(arguments))
        )

    async def ask(self, method: str, **params: Any) -> Any:
        """Send one of our own requests; the answer as JSON values."""
        protocol: Any = self.client.protocol  # pytest-lsp gives its protocol no types
        return plain(await protocol.send_request_async(method, params))

    async def until(self, seen: Callable[[], T], description: str) -> T:
        """Wait until something was seen."""
        return await wait_until_async(seen, description=description, timeout_s=PATIENCE_S)

    async def shown(self) -> Path:
        """Wait for the next document the server shows, and give its path."""
        await self.until(lambda: self.client.shown_documents, "a document is shown")
        return Path(path_of(self.client.shown_documents.pop(0).uri))

    def diagnostics(self, path: Path | str) -> list[str]:
        """Give the messages at a file now."""
        return [one.message for one in self.client.diagnostics.get(uri_of(str(path)), [])]


def plain(value: Any) -> Any:
    """Give pygls' records as JSON values."""
    if hasattr(value, "_asdict"):
        return {name: plain(one) for name, one in value._asdict().items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return {name: plain(one) for name, one in value.items()} if isinstance(value, dict) else value


def _command_or_action(value: dict[str, Any], _: object) -> types.Command | types.CodeAction:
    wanted: Any = types.Command if isinstance(value.get("command"), str) else types.CodeAction
    structured: types.Command | types.CodeAction = _CONVERTER.structure(value, wanted)
    return structured


@asynccontextmanager
async def editor(
    *folders: Path,
    capabilities: types.ClientCapabilities = CAPABILITIES,
    name: str = "plain",
    begins: Sequence[str] = (),
) -> AsyncIterator[Editor]:
    """Open a window on folders; at the end every message it got must have been one it knows.

    The relay's command line begins with `begins`: that is how another user starts it.
    """
    client: Any = make_test_lsp_client()  # pytest-lsp's decorators and `stop` have no types
    client.protocol._converter.register_structure_hook(
        types.Command | types.CodeAction, _command_or_action
    )  # lsprotocol 2025.0.0 takes a code action that has a command for a command
    window = Editor(client)

    def answer(params: types.ShowMessageRequestParams) -> types.MessageActionItem | None:
        window.asked.append(params)
        pressed = window.answer(params)
        return next((one for one in params.actions or [] if one.title == pressed), None)

    client.feature(types.WINDOW_SHOW_MESSAGE_REQUEST)(answer)
    for method in ("casework/board/changed", "casework/review/changed"):

        def told(params: Any, method: str = method) -> None:
            window.told.append((method, plain(params)))

        client.feature(method)(told)
    await client.start_io(*begins, sys.executable, "-I", "-S", relay.__file__)
    await client.initialize_session(
        types.InitializeParams(
            capabilities=capabilities,
            client_info=types.ClientInfo(name),
            workspace_folders=[types.WorkspaceFolder(uri_of(str(folder)), folder.name) for folder in folders],
            root_uri=uri_of(str(folders[0])) if folders else None,
        )
    )
    try:
        yield window
        assert client.error is None, client.error
    finally:
        await client.shutdown_session()
        await client.stop()
