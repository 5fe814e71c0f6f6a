"""The names of things are uuid7 texts, as RFC 9562 has them."""

from __future__ import annotations

import uuid
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from casework.domain.ids import uuid7


def test_the_example_of_the_rfc_is_made_from_its_parts() -> None:
    """Appendix A.6: rand_a is 0xCC3, the variant's digit 9 (or 8 with the next bit), rand_b 0x18C4DC0C0C07398F."""
    random = bytes.fromhex("cc38c4dc0c0c07398f01")
    assert uuid7(0x017F22E279B0, random) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@given(st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
def test_every_name_is_a_uuid7_of_its_moment(unix_ms: int, random: bytes) -> None:
    name = uuid7(unix_ms, random)
    read = uuid.UUID(name)
    assert str(read) == name
    assert (read.version, read.variant) == (7, uuid.RFC_4122)
    assert read.int >> 80 == unix_ms


@given(st.integers(0, 2**48 - 1), st.integers(0, 79))
def test_every_random_bit_but_six_shows_in_the_name(unix_ms: int, bit: int) -> None:
    names = [uuid7(unix_ms, value.to_bytes(10, "big")) for value in (0, 1 << bit)]
    assert (names[0] == names[1]) == (2 <= bit < 8)


def test_names_of_later_moments_come_later() -> None:
    names = [uuid7(unix_ms, b"\xff" * 10 if unix_ms % 2 else bytes(10)) for unix_ms in (0, 1, 2, 255, 256, 2**40)]
    assert all(earlier < later for earlier, later in pairwise(names))
