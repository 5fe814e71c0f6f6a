"""Conformance cases: headers, bodies, and the envelope of a message."""

from __future__ import annotations

from typing import Final

from tests.daemon.relayed import frame, framed
from tests.lsp.conformance_case import BODY, ECHO, INVALID, OK, PARSE, UNKNOWN, Case, ask, header

FRAMES: Final = [
    Case("a header in lower case", (header(b"content-length: %d" % len(BODY)),), ((1, OK),)),
    Case("a header in upper case", (header(b"CONTENT-LENGTH: %d" % len(BODY)),), ((1, OK),)),
    Case("a header without a space", (header(b"Content-Length:%d" % len(BODY)),), ((1, OK),)),
    Case("a header with tabs around the length", (header(b"Content-Length:\t%d\t" % len(BODY)),), ((1, OK),)),
    Case(
        "a content type before the length",
        (header(b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: %d" % len(BODY)),),
        ((1, OK),),
    ),
    Case(
        "the old spelling of the charset",
        (header(b"Content-Length: %d\r\nContent-Type: application/vscode-jsonrpc; charset=utf8" % len(BODY)),),
        ((1, OK),),
    ),
    Case(
        "another charset",
        (header(b"Content-Length: %d\r\nContent-Type: text/plain; charset=utf-16" % len(BODY)),),
        ((None, PARSE),),
        says="utf-8",
    ),
    Case("an unknown header", (header(b"X-Editor: ed\r\nContent-Length: %d" % len(BODY)),), ((1, OK),)),
    Case(
        "the same length twice",
        (header(b"Content-Length: %d" % len(BODY) + b"\r\nContent-Length: %d" % len(BODY)),),
        ((1, OK),),
    ),
    Case(
        "two different lengths",
        (header(b"Content-Length: 5\r\nContent-Length: %d" % len(BODY)),),
        ((None, PARSE),),
    ),
    Case("empty lines between frames", (b"\r\n\r\n", frame(ask(1, ECHO)), b"\r\n"), ((1, OK),)),
    Case("garbage before a frame", (b"hello there\r\n", frame(ask(1, ECHO))), ((None, PARSE), (1, OK))),
    Case(
        "garbage without a line end before a frame",
        (b"\x00\xff garbage", frame(ask(1, ECHO))),
        ((None, PARSE), (1, OK)),
    ),
    Case("a body without a header", (BODY, frame(ask(2, ECHO))), ((None, PARSE), (2, OK))),
    Case(
        "a length that is no number", (header(b"Content-Length: many"), frame(ask(2, ECHO))), ((None, PARSE), (2, OK))
    ),
    Case("a negative length", (header(b"Content-Length: -5"), frame(ask(2, ECHO))), ((None, PARSE), (2, OK))),
    Case("a length with a plus", (header(b"Content-Length: +5"), frame(ask(2, ECHO))), ((None, PARSE), (2, OK))),
    Case("a length with a fraction", (header(b"Content-Length: 5.0"), frame(ask(2, ECHO))), ((None, PARSE), (2, OK))),
    Case("an empty length", (header(b"Content-Length: "), frame(ask(2, ECHO))), ((None, PARSE), (2, OK))),
    Case("no length at all", (header(b"Content-Type: x"), frame(ask(2, ECHO))), ((None, PARSE), (2, OK))),
    Case("a length of zero", (header(b"Content-Length: 0", b""), frame(ask(2, ECHO))), ((None, PARSE), (2, OK))),
    Case(
        "a length beyond every limit",
        (header(b"Content-Length: 99999999999"), frame(ask(2, ECHO))),
        ((None, PARSE), (2, OK)),
    ),
    Case(
        "a length with more digits than numbers have",
        (header(b"Content-Length: " + b"9" * 5000), frame(ask(2, ECHO))),
        ((None, PARSE), (2, OK)),
    ),
    Case("a length too short", (header(b"Content-Length: 10"), frame(ask(2, ECHO))), ((None, PARSE), (2, OK))),
    Case(
        "a length too long",
        (header(b"Content-Length: %d" % (len(BODY) + 30)), frame(ask(2, ECHO)), frame(ask(3, ECHO))),
        ((None, PARSE), (2, OK), (3, OK)),
    ),
    Case(
        "lines that end without a return",
        (b"Content-Length: %d\n\n%s" % (len(BODY), BODY), frame(ask(2, ECHO))),
        ((None, PARSE), (2, OK)),
    ),
    Case(
        "a header of eight kilobytes", (b"X: " + b"y" * 9000 + b"\r\n", frame(ask(2, ECHO))), ((None, PARSE), (2, OK))
    ),
    Case("a binary megabyte", (bytes(range(256)) * 4096, frame(ask(2, ECHO))), ((None, PARSE), (2, OK))),
]

BODIES: Final = [
    Case("a body that is no JSON", (framed(b"{no json"),), ((None, PARSE),)),
    Case("a body in Latin-1", (framed('{"jsonrpc":"2.0","id":1,"method":"ü"}'.encode("latin-1")),), ((None, PARSE),)),
    Case("a body in UTF-16", (framed(BODY.decode().encode("utf-16")),), ((None, PARSE),)),
    Case("a body with a byte order mark", (framed(b"\xef\xbb\xbf" + BODY),), ((None, PARSE),)),
    Case("a body of white space", (framed(b"   "),), ((None, PARSE),)),
    Case("NaN for a number", (framed(b'{"jsonrpc":"2.0","id":NaN,"method":"x"}'),), ((None, PARSE),)),
    Case("an integer of ten thousand digits", (framed(b'{"id":%s}' % (b"1" * 10000)),), ((None, PARSE),)),
    Case("arrays nested a hundred thousand times", (framed(b"[" * 100_000),), ((None, PARSE),)),
    Case("text behind the message", (framed(BODY + b" x"),), ((None, PARSE),)),
    Case("a string for a message", ("hello",), ((None, INVALID),)),
    Case("a number for a message", (5,), ((None, INVALID),)),
    Case("null for a message", (framed(b"null"),), ((None, INVALID),)),
    Case("an empty object", ({},), ((None, INVALID),)),
    Case("an empty batch", (framed(b"[]"),), ((None, INVALID),)),
    Case("a batch of one request", ([ask(1, ECHO)],), ((1, INVALID),)),
    Case("a batch of two requests", ([ask(1, ECHO), ask(2, ECHO)],), ((1, INVALID), (2, INVALID))),
    Case("a batch of nonsense", ([1, 2, 3],), ((None, INVALID),)),
    Case("no jsonrpc", ({"id": 1, "method": ECHO},), ((1, INVALID),)),
    Case("jsonrpc 1.0", ({"jsonrpc": "1.0", "id": 1, "method": ECHO},), ((1, INVALID),)),
    Case("jsonrpc as a number", ({"jsonrpc": 2.0, "id": 1, "method": ECHO},), ((1, INVALID),)),
    Case("no method", ({"jsonrpc": "2.0", "id": 1},), ((1, INVALID),)),
    Case("a number for a method", ({"jsonrpc": "2.0", "id": 1, "method": 5},), ((1, INVALID),)),
    Case("a number for a method, without id", ({"jsonrpc": "2.0", "method": 1, "params": "bar"},), ((None, INVALID),)),
    Case("an empty method", (ask(1, ""),), ((1, UNKNOWN),)),
    Case("a string for an id", (ask("a", ECHO),), (("a", OK),)),
    Case("an empty string for an id", (ask("", ECHO),), (("", OK),)),
    Case("zero for an id", (ask(0, ECHO),), ((0, OK),)),
    Case("a negative id", (ask(-7, ECHO),), ((-7, OK),)),
    Case("an id beyond 64 bits", (ask(2**70, ECHO),), ((2**70, OK),)),
    Case("null for an id", (ask(None, ECHO),), ((None, INVALID),)),
    Case("true for an id", (ask(True, ECHO),), ((None, INVALID),)),
    Case("a fraction for an id", (ask(1.5, ECHO),), ((None, INVALID),)),
    Case("an array for an id", (ask([1], ECHO),), ((None, INVALID),)),
    Case("an object for an id", (ask({"a": 1}, ECHO),), ((None, INVALID),)),
    Case("half a surrogate pair", (framed(BODY[:-1] + b',"params":["\\ud800"]}'),), ((1, OK),), says="\ufffd"),
    Case("unknown members beside the known ones", (ask(1, ECHO, extra={"jsonrpc": "x"}),), ((1, OK),)),
    Case("a member jsonrpc inside params", (ask(1, ECHO, {"jsonrpc": "2.0", "method": "x"}),), ((1, OK),)),
    Case("a method beside a result", (ask(1, ECHO, result=5),), ((1, OK),)),
]
