"""Conformance cases: params, methods, answers, the lifecycle, ids and cancelling."""

from __future__ import annotations

import json
from typing import Final

from tests.daemon.relayed import frame, framed, initialize, notification
from tests.lsp.conformance_case import (
    ACTION,
    BUG,
    CANCELLED,
    EARLY,
    ECHO,
    FAILED,
    INVALID,
    OK,
    PARAMS,
    PARSE,
    POSITION,
    SLOW,
    UNKNOWN,
    Case,
    action,
    action_at,
    ask,
    begin,
    cancel,
    command,
    context,
    document,
)

NESTED: Final = json.dumps(command("tiny.echo", [])).replace("[]", "[" * 900 + "]" * 900).encode()

PARAMETERS: Final = [
    Case("good params", (action(),), ((1, OK),), says="at 1"),
    Case("no params", (ask(1, "textDocument/codeAction"),), ((1, PARAMS),)),
    Case("null for params", (ask(1, "textDocument/codeAction", params=None),), ((1, PARAMS),)),
    Case("a string for params", (ask(1, "textDocument/codeAction", "x"),), ((1, PARAMS),)),
    Case("an array for params", (ask(1, "textDocument/codeAction", [1]),), ((1, PARAMS),)),
    Case("an empty object for params", (ask(1, "textDocument/codeAction", {}),), ((1, PARAMS),), says="textDocument"),
    Case("a number for an object", (action(textDocument=5),), ((1, PARAMS),), says="textDocument"),
    Case("a number for a string", (action(textDocument={"uri": 5}),), ((1, PARAMS),), says="params.textDocument.uri"),
    Case("an array for an object", (action(context=[]),), ((1, PARAMS),), says="params.context"),
    Case("a string for an array", (context(diagnostics="abc"),), ((1, PARAMS),)),
    Case("an object for an array", (context(diagnostics={}),), ((1, PARAMS),)),
    Case("a string for an array of strings", (context(only="quickfix"),), ((1, PARAMS),)),
    Case("a kind nobody knows", (context(only=["my.own"]),), ((1, OK),)),
    Case("a negative line", (action_at(line=-1),), ((1, PARAMS),)),
    Case("a line beyond 31 bits", (action_at(line=2**31),), ((1, PARAMS),)),
    Case("a line with a fraction", (action_at(line=1.5),), ((1, PARAMS),)),
    Case("a line that is a string", (action_at(line="1"),), ((1, PARAMS),)),
    Case("a line that is true", (action_at(line=True),), ((1, PARAMS),)),
    Case("a range without end", (action(range={"start": POSITION}),), ((1, PARAMS),), says="params.range.end"),
    Case("a command without name", (ask(1, "workspace/executeCommand", {}),), ((1, PARAMS),)),
    Case("a command nobody knows", (command("rm"),), ((1, PARAMS),), says="rm"),
    Case("arguments that are an object", (command("tiny.echo", {}),), ((1, PARAMS),)),
    Case("too many arguments", (command("tiny.slow", [1]),), ((1, PARAMS),)),
    Case("any arguments at all", (command("tiny.echo", [{"a": [None]}, 1.5]),), ((1, OK),), says="1.5"),
    Case("a scalar for the params of a method of ours", (ask(1, ECHO, "x"),), ((1, PARAMS),)),
    Case("an array for the params of a method of ours", (ask(1, ECHO, [1, 2]),), ((1, OK),), says="[1, 2]"),
    Case("params of shutdown are not looked at", (ask(1, "shutdown", {"a": 1}),), ((1, OK),)),
    Case("arrays nested too deeply to be sent back", (framed(NESTED),), ((1, BUG),)),
    Case("a notification with wrong params", (notification("textDocument/didOpen", {"textDocument": 5}),)),
    Case("a notification without params", (notification("textDocument/didChange"),)),
    Case("a notification whose handler fails", (document("didSave", "file:///a"),)),
    Case(
        "a change of a document that is not open",
        (document("didChange", "file:///nowhere", contentChanges=[{"text": "x"}]),),
    ),
    Case("closing a document that is not open", (document("didClose", "file:///nowhere"),)),
]

METHODS: Final = [
    Case("a method nobody knows", (ask(1, "textDocument/unheardOf", {}),), ((1, UNKNOWN),)),
    Case("an LSP method that is not offered", (ask(1, "textDocument/rename", {}),), ((1, UNKNOWN),)),
    Case("a method of ours nobody knows", (ask(1, "casework/unheardOf"),), ((1, UNKNOWN),)),
    Case("a request with a dollar", (ask(1, "$/unheardOf"),), ((1, UNKNOWN),)),
    Case("a notification with a dollar", (notification("$/unheardOf", {"x": 1}),)),
    Case("a notification nobody knows", (notification("textDocument/unheardOf"),)),
    Case(
        "a notification's method as a request",
        (ask(1, "textDocument/didSave", {"textDocument": {"uri": "x"}}),),
        ((1, UNKNOWN),),
    ),
    Case("exit as a request", (ask(1, "exit"),), ((1, UNKNOWN),)),
    Case("a request's method as a notification", (notification("textDocument/codeAction", ACTION),)),
    Case("initialize as a notification", (notification("initialize", initialize()),)),
    Case("shutdown as a notification", (notification("shutdown"), ask(1, ECHO)), ((1, OK),)),
    Case(
        "a method that only servers ask",
        (ask(1, "window/showMessageRequest", {"type": 1, "message": "x"}),),
        ((1, UNKNOWN),),
    ),
    Case("a handler with a mistake", (ask(1, "casework/tiny/bug"),), ((1, BUG),), says="casework daemon log"),
    Case("a rule that says no", (ask(1, "casework/tiny/refuse"),), ((1, FAILED),), says="Review 7 is stale"),
    Case("a result that can not be sent", (ask(1, "casework/tiny/unsendable"),), ((1, BUG),)),
    Case("a handler in a thread", (ask(1, "casework/tiny/threads"),), ((1, OK),), says="a thread"),
]

RESPONSES: Final = [
    Case("an answer to nothing", ({"jsonrpc": "2.0", "id": 5, "result": None},)),
    Case("an error to nothing", ({"jsonrpc": "2.0", "id": 5, "error": {"code": 1, "message": "x"}},)),
    Case("an error without id", ({"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "x"}},)),
    Case("an answer with an array for an id", ({"jsonrpc": "2.0", "id": [1], "result": 1},)),
    Case("an answer without id", ({"jsonrpc": "2.0", "result": 1},)),
    Case("an answer with result and error", ({"jsonrpc": "2.0", "id": 1, "result": 1, "error": 5},)),
]

LIFE: Final = [
    Case("a request before initialize", (ask(1, ECHO),), ((1, EARLY),), "new"),
    Case("an unknown request before initialize", (ask(1, "x/y"),), ((1, EARLY),), "new"),
    Case("shutdown before initialize", (ask(1, "shutdown"),), ((1, EARLY),), "new"),
    Case("a notification before initialize", (notification("textDocument/didOpen", {}),), (), "new"),
    Case("garbage before initialize", (b"junk\r\n", frame(ask(1, ECHO))), ((None, PARSE), (1, EARLY)), "new"),
    Case("initialize without params", (ask(1, "initialize"),), ((1, PARAMS),), "new"),
    Case("initialize with an array", (ask(1, "initialize", []),), ((1, PARAMS),), "new"),
    Case("initialize with a string for the process", (begin(processId="x"),), ((1, PARAMS),), "new"),
    Case(
        "initialize again after a wrong one",
        (ask(1, "initialize", {}), begin(2), ask(3, ECHO)),
        ((1, PARAMS), (2, OK), (3, OK)),
        "new",
    ),
    Case("initialize with a root that is no URI", (begin(rootUri="no uri %zz"),), ((1, OK),), "new"),
    Case("initialize with a root whose host has half a bracket", (begin(rootUri="file://[x"),), ((1, OK),), "new"),
    Case(
        "initialize with requests behind it", (begin(), ask(2, ECHO), ask(3, ECHO)), ((1, OK), (2, OK), (3, OK)), "new"
    ),
    Case("a second initialize", (begin(),), ((1, INVALID),)),
    Case("a second initialized", (notification("initialized", {}), ask(1, ECHO)), ((1, OK),)),
    Case("a request after shutdown", (ask(1, ECHO),), ((1, INVALID),), "shut down"),
    Case("a second shutdown", (ask(1, "shutdown"),), ((1, INVALID),), "shut down"),
    Case("initialize after shutdown", (begin(),), ((1, INVALID),), "shut down"),
    Case("a notification after shutdown", (notification("initialized", {}),), (), "shut down"),
    Case("shutdown with requests under way", (ask(1, SLOW), ask(2, "shutdown")), ((1, CANCELLED), (2, OK))),
]

IDS: Final = [
    Case("an id that is in use", (ask(1, SLOW), ask(1, ECHO), cancel(1)), ((1, INVALID), (1, CANCELLED))),
    Case("an id again after its answer", (ask(1, ECHO), ask(1, ECHO)), ((1, OK), (1, OK))),
    Case(
        "a number and a string that look alike", (ask(1, SLOW), ask("1", ECHO), cancel(1)), (("1", OK), (1, CANCELLED))
    ),
    Case("cancelling a request", (ask(1, SLOW), cancel(1)), ((1, CANCELLED),)),
    Case("cancelling a request twice", (ask(1, SLOW), cancel(1), cancel(1)), ((1, CANCELLED),)),
    Case("cancelling a command", (command("tiny.slow"), cancel(1)), ((1, CANCELLED),)),
    Case("cancelling what did not begin yet", (ask(1, "casework/tiny/stubborn"), cancel(1)), ((1, CANCELLED),)),
    Case("cancelling what was answered", (ask(1, ECHO), cancel(1)), ((1, OK),)),
    Case("cancelling what was never asked", (cancel(77),)),
    Case("cancelling before asking", (cancel(1), ask(1, ECHO)), ((1, OK),)),
    Case(
        "cancelling without an id",
        (notification("$/cancelRequest", {}), notification("$/cancelRequest"), notification("$/cancelRequest", 5)),
    ),
    Case("cancelling by an array", (cancel([1]),)),
    Case("cancelling as a request", (ask(1, "$/cancelRequest", {"id": 1}),), ((1, UNKNOWN),)),
    Case(
        "cancelling by the string that looks alike",
        (ask(1, SLOW), cancel("1"), ask(2, ECHO), cancel(1)),
        ((2, OK), (1, CANCELLED)),
    ),
]
