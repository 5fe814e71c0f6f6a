"""The framer against anything: what is sent in frames comes out, whatever stands between them and however it is cut."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from casework.lsp.framing import Framer, Garbage, encode_frame

BODIES = st.binary(max_size=200).filter(lambda body: b"content-length" not in body.lower())
# Bytes that can not be taken for a header, and end no header that stands before them.
NOISE = st.binary(min_size=1, max_size=60).filter(
    lambda noise: b"content-length" not in noise.lower() and noise.strip(b"\r\n") != b""
)


def read(chunks: Iterable[bytes], framer: Framer | None = None) -> list[bytes | Garbage]:
    """Everything a framer makes of these chunks."""
    framer = framer or Framer()
    return [frame for chunk in chunks for frame in framer.feed(chunk)]


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """`data` in pieces."""
    ends = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[start:end] for start, end in itertools.pairwise(ends)]


@given(st.lists(st.binary(max_size=300), max_size=8), st.lists(st.integers(min_value=0), max_size=10))
def test_frames_come_out_as_they_went_in_however_they_are_cut(bodies: list[bytes], places: list[int]) -> None:
    assert read(cut(b"".join(map(encode_frame, bodies)), places)) == bodies


@given(st.lists(st.tuples(NOISE, BODIES), min_size=1, max_size=5), st.lists(st.integers(min_value=0), max_size=10))
def test_noise_between_frames_is_said_once_and_costs_no_frame(
    pairs: list[tuple[bytes, bytes]], places: list[int]
) -> None:
    stream = b"".join(b"\r\n\r\n" + noise + b"\r\n" + encode_frame(body) for noise, body in pairs)
    found = read(cut(stream, places))
    assert [frame for frame in found if isinstance(frame, bytes)] == [body for _, body in pairs]
    assert sum(isinstance(frame, Garbage) for frame in found) <= len(pairs)


@given(st.lists(st.binary(max_size=400), max_size=20))
def test_any_bytes_at_all_are_taken_without_an_error_and_forgotten(chunks: list[bytes]) -> None:
    framer = Framer(max_body=1000)
    read(chunks, framer)
    framer.end()
    assert len(framer._buffer) == 0


@given(st.lists(st.sampled_from([b"Content-Length: ", b"5", b"\r\n", b"\r\n\r\n", b"{}", b"x", b"content-LENGTH:7"])))
def test_pieces_of_headers_in_any_order_are_the_same_in_one_chunk_and_byte_by_byte(pieces: list[bytes]) -> None:
    stream = b"".join(pieces)
    whole = [frame for frame in read([stream]) if isinstance(frame, bytes)]
    single = [frame for frame in read(bytes([byte]) for byte in stream) if isinstance(frame, bytes)]
    assert whole == single


def test_a_body_that_swallowed_the_next_frame_gives_it_back() -> None:
    framer = Framer()
    second = encode_frame(b'{"second":2}')
    stream = b"Content-Length: 60\r\n\r\n{}" + second + encode_frame(b'{"third":3}')
    found = []
    for frame in framer.feed(stream):
        if isinstance(frame, bytes) and not is_json(frame):
            framer.distrust(frame)
        found.append(frame)
    assert found[1:] == [b'{"second":2}', b'{"third":3}']


def is_json(body: bytes) -> bool:
    """Whether the guard would take it."""
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def test_a_message_beyond_the_limit_is_said_and_skipped() -> None:
    found = read([b"Content-Length: 1001\r\n\r\n" + b"y" * 1001 + encode_frame(b"{}")], Framer(max_body=1000))
    assert found == [Garbage("a message of 1001 bytes is beyond the limit of 1000"), b"{}"]


def test_an_unfinished_message_at_the_end_is_garbage() -> None:
    framer = Framer()
    assert read([b"Content-Length: 10\r\n\r\n{"], framer) == []
    assert framer.end() == Garbage("the stream ended inside a message")
    assert framer.end() is None


@settings(max_examples=5, deadline=None)
@given(st.sampled_from([b"Content-Length: ", b"Content-Length: 900000\r\n\r\n", b"\r\n", b"Content-Length: x\r\n\r\n"]))
def test_a_hostile_megabyte_costs_time_in_proportion(piece: bytes) -> None:
    framer = Framer()
    stream = piece * (1_000_000 // len(piece))
    began = time.process_time()
    for start in range(0, len(stream), 65536):
        for frame in framer.feed(stream[start : start + 65536]):
            if isinstance(frame, bytes):
                framer.distrust(frame)
    assert time.process_time() - began < 5
