"""Frames of the base protocol: `Content-Length` headers and a body, taken from any bytes whatever.

A pure reader without I/O that finds its way back after garbage, and the one way to write a frame. What a body means
is the guard's business. Rules: LSP 3.17, "Base Protocol".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MAX_BODY: Final = 64 * 1024 * 1024
"""Bytes; a message beyond it gets an answer and is skipped."""

_MAX_HEADER: Final = 8 * 1024
_HEADER: Final = re.compile(rb"[Cc][Oo][Nn][Tt][Ee][Nn][Tt]-[Ll][Ee][Nn][Gg][Tt][Hh][ \t]*:")
_LONGEST_START: Final = 32
_CHARSET: Final = re.compile(rb"charset\s*=\s*[\"']?([^\s;\"']+)", re.IGNORECASE)
_NAME: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]*[ \t]*")
_LONGEST_NAME: Final = 64
_UTF8: Final = (b"utf-8", b"utf8")


@dataclass(frozen=True, slots=True)
class Garbage:
    """Bytes that are no frame; everything up to the next plausible header is skipped with them."""

    reason: str


Frame = bytes | Garbage


def encode_frame(body: bytes) -> bytes:
    """One frame holding `body`."""
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


class Framer:
    """Takes chunks, gives frames; one `Garbage` for each stretch that is none, however long.

    It never holds more than `max_body` and a header, and reads each byte a bounded number of times.
    """

    def __init__(self, *, max_body: int = MAX_BODY) -> None:
        self._buffer = bytearray()
        self._max_body = max_body
        self._wanted: int | None = None
        self._charset_refused = False
        self._lost = False
        """Whether we look for the next header, having said so already."""
        self._fresh = 0
        """Bytes that came in and were not yet looked through a second time: keeps `distrust` linear."""

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """Give what `chunk` completes. Call `distrust` while iterating when a body turns out to be no JSON."""
        self._buffer += chunk
        self._fresh += len(chunk)
        while (frame := self._next()) is not None:
            yield frame

    def distrust(self, body: bytes) -> None:
        """The body just given was no JSON: its length was probably wrong.

        A header inside it is where the next message begins; bytes behind it belong to the same mistake.
        """
        self._lost = True
        if self._fresh < len(body):
            return
        self._fresh -= len(body)
        found = _HEADER.search(body)
        if found is not None:
            self._buffer[:0] = body[found.start() :]

    def end(self) -> Garbage | None:
        """What to say when no more bytes come: an unfinished message is garbage."""
        rest = bytes(self._buffer).strip()
        unfinished = self._wanted is not None or (bool(rest) and not self._lost)
        self._buffer.clear()
        self._wanted = None
        return Garbage("the stream ended inside a message") if unfinished else None

    def _next(self) -> Frame | None:
        while True:
            if self._wanted is not None:
                return self._take_body(self._wanted)
            if self._lost and not self._seek():
                return None
            before = len(self._buffer)
            garbage = self._take_header()
            if garbage is not None or len(self._buffer) == before:
                return garbage

    def _take_body(self, wanted: int) -> Frame | None:
        if len(self._buffer) < wanted:
            return None
        body = bytes(self._buffer[:wanted])
        del self._buffer[:wanted]
        self._wanted = None
        if self._charset_refused:
            self._charset_refused = False
            return Garbage("only the charset utf-8 is understood")
        return body

    def _seek(self) -> bool:
        """Drop what stands before the next header; False when more bytes are needed to find one."""
        found = _HEADER.search(self._buffer)
        if found is None:
            del self._buffer[: max(0, len(self._buffer) - _LONGEST_START)]
            return False
        del self._buffer[: found.start()]
        return len(self._buffer) >= _MAX_HEADER or self._buffer.find(b"\r\n\r\n") >= 0

    def _take_header(self) -> Garbage | None:
        """Read a header block; sets `_wanted` when it is good, and `_lost` when it is not."""
        buffer = self._buffer
        while buffer[:2] == b"\r\n":
            del buffer[:2]
        end = buffer.find(b"\r\n\r\n", 0, _MAX_HEADER)
        if end < 0:
            if len(buffer) < _MAX_HEADER and not _is_hopeless(buffer):
                return None
            return self._step_over("no header with a Content-Length was found")
        block = bytes(buffer[:end])
        lengths = _lengths_of(block)
        if not lengths:
            return self._step_over("a header has no Content-Length")
        del buffer[: end + 4]
        if len(lengths) > 1:
            return self._lose("a header has two different Content-Lengths")
        stated = lengths.pop()
        if not stated.isdigit() or len(stated) > 20:
            return self._lose("the Content-Length is not a number")
        length = int(stated)
        if length > self._max_body:
            return self._lose(f"a message of {length} bytes is beyond the limit of {self._max_body}")
        self._wanted = length
        self._lost = False
        charset = _CHARSET.search(block)
        self._charset_refused = charset is not None and charset[1].lower() not in _UTF8
        return None

    def _step_over(self, reason: str) -> Garbage | None:
        """Begin again behind the place where reading failed."""
        found = _HEADER.match(self._buffer)
        del self._buffer[: found.end() if found else 1]
        return self._lose(reason)

    def _lose(self, reason: str) -> Garbage | None:
        """From here on the next header is looked for; said only once for one stretch."""
        was_lost, self._lost = self._lost, True
        return None if was_lost else Garbage(reason)


def _is_hopeless(buffer: bytearray) -> bool:
    """Whether the bytes can not grow into a header: the first line is complete, or long, and is no field."""
    end = buffer.find(b"\r\n")
    line = bytes(buffer[: end if end >= 0 else len(buffer)]).removesuffix(b"\r")
    name, colon, _ = line.partition(b":")
    if (end >= 0 and not colon) or len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        return True
    return b"\n" in line


def _lengths_of(block: bytes) -> set[bytes]:
    """The different lengths that a header block states; none when a line of it is no field."""
    lengths = set()
    for line in block.split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if not colon or not _NAME.fullmatch(name) or b"\n" in value:
            return set()
        if name.strip().lower() == b"content-length":
            lengths.add(value.strip(b" \t"))
    return lengths
