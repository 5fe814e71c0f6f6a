"""The blobs port's promises, on files and on the fake."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.domain.errors import Trouble
from casework.domain.ids import BlobHash
from casework.ports.blobs import Blobs
from casework.store.blobs import FileBlobs
from tests.fakes.blobs import MemoryBlobs


@pytest.fixture(params=["files", "memory"])
def blobs(request: pytest.FixtureRequest, world: Path) -> Blobs:
    """Blobs without anything in them."""
    return FileBlobs(world / "blobs") if request.param == "files" else MemoryBlobs()


def code_of(blobs: Blobs, name: str) -> str:
    with pytest.raises(Trouble) as caught:
        blobs.get(BlobHash(name))
    return caught.value.code


@pytest.mark.parametrize("content", [b"", b"text", b"\x00\xff\r\n", b"long" * 100_000])
def test_what_was_put_is_given_back_under_its_hash(blobs: Blobs, content: bytes) -> None:
    name = blobs.put(content)
    assert name == hashlib.sha256(content).hexdigest()
    assert blobs.get(name) == content


def test_the_same_content_twice_is_one_blob(blobs: Blobs) -> None:
    assert blobs.put(b"same") == blobs.put(b"same")
    assert blobs.put(b"other") != blobs.put(b"same")


def test_what_was_never_put_is_missing(blobs: Blobs) -> None:
    assert code_of(blobs, "0" * 64) == "missing"


@pytest.mark.parametrize(
    "name", ["", "..", "../../etc/passwd", "a" * 63, "A" * 64, "a" * 65, "a" * 64 + "\n", "\x00" * 64]
)
def test_a_name_that_is_no_hash_is_missing(blobs: Blobs, name: str) -> None:
    assert code_of(blobs, name) == "missing"


def test_an_erased_blob_says_so(blobs: Blobs) -> None:
    name = blobs.put(b"secret")
    blobs.erase(name)
    blobs.erase(name)
    assert code_of(blobs, name) == "erased"


def test_an_erased_blob_that_is_put_again_is_back(blobs: Blobs) -> None:
    name = blobs.put(b"secret")
    blobs.erase(name)
    assert blobs.put(b"secret") == name
    assert blobs.get(name) == b"secret"


@settings(deadline=None, max_examples=30)
@given(contents=st.lists(st.binary(max_size=64), max_size=20))
def test_any_contents_live_side_by_side(contents: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for blobs in (FileBlobs(Path(folder)), MemoryBlobs()):
            names = [blobs.put(content) for content in contents]
            assert [blobs.get(name) for name in names] == contents
