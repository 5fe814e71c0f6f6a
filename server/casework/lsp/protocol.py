"""What we change in pygls: one server per connection that answers each request once and never ends the process.

Here are the server and protocol classes, the surface a server shows, and how an exception becomes an answer. Which
messages may come at all is the guard's business; what they mean, the endpoints'.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import json
import logging
import uuid
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeVar

from cattrs import Converter
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.feature_manager import is_thread_function
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, lsp_method
from pygls.protocol.language_server import _prepare_command_arguments

from casework.domain import showing
from casework.domain.errors import CaseworkError, Trouble

from .framing import encode_frame
from .guard_documents import Documents, is_uri

logger = logging.getLogger(__name__)

MsgId = str | int
Handler = TypeVar("Handler", bound=Callable[..., Any])

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL_ERROR: Final = -32603
NOT_INITIALIZED: Final = -32002
REQUEST_CANCELLED: Final = -32800
REQUEST_FAILED: Final = -32803


@dataclass(frozen=True, slots=True)
class Encoded:
    """An answer that is JSON already."""

    text: str


@dataclass(frozen=True, slots=True)
class Surface:
    """What `initialize` promises, known before the application is loaded.

    `features` maps a method to its registration options or None. Whatever is named here must be registered when the
    session is configured; what is not named does not show in the capabilities.
    """

    name: str = "casework"
    version: str = "0"
    features: Mapping[str, object | None] = field(default_factory=dict)
    commands: tuple[str, ...] = ()
    sync: types.TextDocumentSyncKind = types.TextDocumentSyncKind.Incremental


class SessionServer(LanguageServer):
    """pygls' server for one connection."""

    protocol: SessionProtocol

    def __init__(self, surface: Surface, converter: Converter, send: Callable[[bytes], None]) -> None:
        self.client_name = ""
        """What the client calls itself in `initialize`; text from outside."""
        self.keeps_text: Callable[[str], bool] = _keep_all
        """Whether the text of an open document is kept, by URI; the others are only told to the handlers."""
        super().__init__(
            surface.name,
            surface.version,
            text_document_sync_kind=surface.sync,
            protocol_cls=SessionProtocol,
            converter_factory=lambda: converter,
        )
        self.protocol.send = send
        self.surface = surface
        for method, options in surface.features.items():
            self.feature(method, options)(_placeholder)
        for command in surface.commands:
            self.command(command)(_placeholder)

    def feature(self, feature_name: str, options: object = None) -> Callable[[Handler], Handler]:
        """As in pygls, which looks at every handler's annotations to hand in the server: that is most of an attach."""

        def register(handler: Handler) -> Handler:
            self.protocol.fm.features[feature_name] = handler
            if options is not None:
                self.protocol.fm.feature_options[feature_name] = options
            return handler

        return register

    def command(self, command_name: str) -> Callable[[Handler], Handler]:
        """As `feature`."""

        def register(handler: Handler) -> Handler:
            self.protocol.fm.commands[command_name] = handler
            return handler

        return register

    def clear_surface(self) -> None:
        """Take the placeholders away, so that handlers can be registered in their place."""
        self.protocol.fm.features.clear()
        self.protocol.fm.commands.clear()

    def missing_from_surface(self) -> Sequence[str]:
        """What the surface promises and nobody registered."""
        manager = self.protocol.fm
        known = {*manager.features, *manager.builtin_features, *manager.commands}
        return [name for name in (*self.surface.features, *self.surface.commands) if name not in known]

    def report_server_error(self, error: Exception, source: object) -> None:
        """Log; an editor never gets a pop-up with internal text."""
        logger.error("a handler failed (%s)", getattr(source, "__name__", source), exc_info=error)


class SessionProtocol(LanguageServerProtocol):
    """pygls' protocol, fed with checked messages by the guard through `ask`, `tell`, `cancel` and `settle`."""

    _server: SessionServer

    def __init__(self, server: SessionServer, converter: Converter) -> None:
        super().__init__(server, converter)
        self.send: Callable[[bytes], None] = _discard
        self.in_flight: dict[MsgId, str] = {}
        """Requests of the client that were not answered yet, with their methods."""
        self.asked: dict[MsgId, str] = {}
        """Requests to the client that were not answered yet, with their methods."""
        self.on_answer: Callable[[str, bool], None] = _ignore_answer
        """Called with method and success before the answer leaves."""
        self._encode = json.JSONEncoder(default=self._serialize_message, separators=(",", ":")).encode

    # what the guard calls

    def handles(self, method: str) -> bool:
        """Whether somebody registered `method`."""
        return method in self.fm.builtin_features or method in self.fm.features

    def ask(self, msg_id: MsgId, method: str, params: object) -> None:
        """Hand on a request; it is answered exactly once unless the connection ends first."""
        self.in_flight[msg_id] = method
        contextvars.copy_context().run(self._handle_request, msg_id, method, params)

    def tell(self, method: str, params: object) -> None:
        """Hand on a notification."""
        contextvars.copy_context().run(self._handle_notification, method, params)

    def cancel(self, msg_id: MsgId) -> None:
        """Cancel a request in flight: a handler that lets itself be cancelled is answered -32800."""
        if msg_id in self.in_flight:
            self._handle_cancel_notification(msg_id)

    def settle(self, msg_id: MsgId, result: object, error: types.ResponseError | None) -> None:
        """Hand on the client's answer to a request of ours."""
        method = self.asked.pop(msg_id)
        self._result_types.pop(msg_id, None)
        response: Any = types.METHOD_TO_TYPES.get(method, (None, None))[1]
        if error is None and response is not None:
            try:
                structured: Any = self._converter.structure(
                    {"id": msg_id, "jsonrpc": "2.0", "result": result}, response
                )
                result = structured.result
            except Exception:  # noqa: BLE001 - any shape at all may come; the asker gets an error
                logger.warning("the client answered %s with a result that does not fit", method)
                error = types.ResponseError(INVALID_PARAMS, f"The client's answer to {method} does not fit.")
        self._handle_response(msg_id, result, error)

    def refuse(self, msg_id: MsgId | None, code: int, message: str, data: object = None) -> None:
        """Answer with an error; `msg_id` None for what could not be attributed (JSON-RPC 2.0, 5)."""
        error: dict[str, object] = {"code": code, "message": message}
        if data is not None:
            error["data"] = data
        self._send_data({"jsonrpc": "2.0", "id": msg_id, "error": error})

    def running(self) -> list[asyncio.Task[Any]]:
        """The tasks of requests and notifications under way."""
        futures: list[Any] = [*self._request_futures.values()]
        return [future for future in futures if isinstance(future, asyncio.Task)]

    def close(self) -> list[asyncio.Task[Any]]:
        """Cancel what runs for this client and fail what we asked it; gives the tasks that still have to end."""
        self.send = _discard
        running = self.running()
        for msg_id, future in list(self._request_futures.items()):
            if msg_id in self.asked and not future.done():
                future.set_exception(JsonRpcException("The editor is gone."))
            elif not future.done():
                future.cancel()
        for future in self.progress.tokens.values():
            future.cancel()
        self.asked.clear()
        return running

    # what pygls calls, changed

    def get_message_type(self, method: str) -> Any:  # type: ignore[override]
        """As in pygls, whose cache would keep every connection alive."""
        return types.METHOD_TO_TYPES.get(method, (None,))[0]

    def get_result_type(self, method: str) -> Any:  # type: ignore[override]
        """As in pygls, whose cache would keep every connection alive."""
        return types.METHOD_TO_TYPES.get(method, (None, None))[1]

    def send_request(
        self,
        method: str,
        params: Any | None = None,
        callback: Callable[[Any], None] | None = None,
        msg_id: MsgId | None = None,
    ) -> Future[Any]:
        """As in pygls, remembering what was asked; an answer to anything else is not looked at."""
        msg_id = msg_id or str(uuid.uuid4())
        self.asked[msg_id] = method
        return super().send_request(method, params, callback, msg_id)

    def _execute_handler(
        self,
        msg_id: MsgId,
        handler: Callable[..., Any],
        callback: Callable[[Future[Any]], None],
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        """As in pygls, which never forgets the futures of notifications."""
        super()._execute_handler(msg_id, handler, callback, args, kwargs)
        future = self._request_futures.get(msg_id)
        if future is not None:
            future.add_done_callback(partial(self._forget, msg_id))

    def _forget(self, msg_id: MsgId, future: object) -> None:
        if self._request_futures.get(msg_id) is future:
            del self._request_futures[msg_id]

    def _send_handler_result(self, future: Future[Any], *, msg_id: MsgId) -> None:
        if future.cancelled():
            self._send_response(msg_id, error=types.ResponseError(REQUEST_CANCELLED, "The request was cancelled."))
        elif (failure := future.exception()) is not None:
            self._send_response(msg_id, error=error_of(failure, self.in_flight.get(msg_id, "")))
        else:
            self._send_response(msg_id, result=future.result())

    def _check_handler_result(self, future: Future[Any]) -> None:
        if not future.cancelled() and (failure := future.exception()) is not None:
            logger.error("a notification's handler failed", exc_info=failure)

    def _send_response(
        self, msg_id: MsgId, result: Any | None = None, error: types.ResponseError | None = None
    ) -> None:
        method = self.in_flight.pop(msg_id, None)
        if method is None:
            logger.error("a request would have been answered twice")
            return
        body = ""
        if error is None:
            try:
                body = f'{{"jsonrpc":"2.0","id":{self._encode(msg_id)},"result":{self._result(result)}}}'
            except Exception as failure:  # noqa: BLE001 - whatever a handler returned, the client gets an answer
                error = error_of(failure, method)
        if error is not None:
            body = self._encode({"jsonrpc": "2.0", "id": msg_id, "error": self._converter.unstructure(error)})
        self.on_answer(method, error is None)
        self.send(encode_frame(body.encode()))

    def _result(self, result: Any) -> str:
        """Give an answer as JSON; ours come as JSON, because a large review has 100,000 values."""
        return result.text if isinstance(result, Encoded) else self._encode(self._converter.unstructure(result))

    def _send_data(self, data: Any) -> None:
        self.send(encode_frame(self._encode(data).encode()))

    # pygls' own methods, changed

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Generator[Any, Any, types.InitializeResult]:
        """As in pygls, with documents whose lines end where the protocol says."""
        if params.root_uri is not None and not is_uri(params.root_uri):
            params.root_uri = None
        result: types.InitializeResult = yield from super().lsp_initialize(params)
        if params.client_info is not None:
            self._server.client_name = params.client_info.name[:64]
        self._workspace = Documents(
            self._workspace.root_uri if self._workspace else None,
            self._server.surface.sync,
            params.workspace_folders or [],
            result.capabilities.position_encoding or types.PositionEncodingKind.Utf16,
        )
        return result

    @lsp_method(types.SHUTDOWN)
    def lsp_shutdown(self, *args: Any) -> Generator[Any, Any, None]:
        """Cancel the other requests, each with its answer."""
        if (handler := self.fm.features.get(types.SHUTDOWN)) is not None:
            yield handler, args, None
        for msg_id, future in list(self._request_futures.items()):
            if self.in_flight.get(msg_id, types.SHUTDOWN) != types.SHUTDOWN:
                future.cancel()
        self._shutdown = True

    @lsp_method(types.EXIT)
    def lsp_exit(self, *args: Any) -> None:  # type: ignore[override]
        """Nothing: the guard ends the connection, and nothing ends the process."""

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(  # type: ignore[override]
        self, params: types.ExecuteCommandParams
    ) -> Any:
        """As in pygls, but cancelling the request cancels the command too. `JsonRpcInvalidParams` for unknown ones."""
        handler = self.fm.commands.get(params.command)
        if handler is None:
            raise JsonRpcInvalidParams(f"There is no command {params.command}")
        try:
            args, kwargs = _prepare_command_arguments(handler, params, self._converter)
        except Exception as error:
            raise JsonRpcInvalidParams(f"The arguments of {params.command} do not fit: {error}") from error
        if is_thread_function(handler):  # type: ignore[no-untyped-call]
            return await asyncio.to_thread(handler, *args, **kwargs)
        result = handler(*args, **kwargs)
        return await result if inspect.isawaitable(result) else result

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> Generator[Any, Any, None]:
        """Keep the text when it is wanted; tell the handler."""
        if is_uri(params.text_document.uri) and self._server.keeps_text(params.text_document.uri):
            self.workspace.put_text_document(params.text_document)
        if (handler := self.fm.features.get(types.TEXT_DOCUMENT_DID_OPEN)) is not None:
            yield handler, (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Generator[Any, Any, None]:
        """Change the text when it is kept; tell the handler."""
        if self.workspace.is_kept(params.text_document.uri):
            for change in params.content_changes:
                self.workspace.update_text_document(params.text_document, change)
        if (handler := self.fm.features.get(types.TEXT_DOCUMENT_DID_CHANGE)) is not None:
            yield handler, (params,), None

    @property
    def workspace(self) -> Documents:
        """The open documents; `RuntimeError` before `initialize`."""
        if isinstance(self._workspace, Documents):
            return self._workspace
        raise RuntimeError("there are no documents before initialize")


def error_of(failure: BaseException, method: str) -> types.ResponseError:
    """The answer that an exception of a handler becomes; a bug's text stays in the log."""
    match failure:
        case JsonRpcException():
            return failure.to_response_error()
        case CaseworkError():
            code = getattr(failure, "code", "refused")
            kind = "trouble" if isinstance(failure, Trouble) else "refused"
            return types.ResponseError(
                REQUEST_FAILED, showing.visible(failure.sentence, keep="\t\n"), {"code": code, "kind": kind}
            )
        case asyncio.CancelledError():
            return types.ResponseError(REQUEST_CANCELLED, "The request was cancelled.")
        case _:
            incident = uuid.uuid4().hex[:8]
            logger.error("%s failed, incident %s", method, incident, exc_info=failure)
            return types.ResponseError(
                INTERNAL_ERROR,
                f"Casework failed at {method} through a mistake of its own; the daemon goes on. "
                f"The log has the details under {incident}; `casework daemon log` shows it.",
                {"incident": incident},
            )


def _placeholder(*_: object) -> None:
    """Stands in the capabilities until the application is there; never called."""


def _keep_all(_uri: str) -> bool:
    return True


def _discard(_data: bytes) -> None:
    """Where bytes go that nobody waits for any more."""


def _ignore_answer(_method: str, _succeeded: bool) -> None:
    """Nobody waits for it."""
