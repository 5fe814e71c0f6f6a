"""Blobs on a disk: private, whole or not there, and seen to be what their name says."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from casework.domain.errors import Trouble
from casework.domain.ids import BlobHash
from casework.store import blobs as module
from casework.store.blobs import FileBlobs


@pytest.fixture
def folder(world: Path) -> Path:
    """Where the blobs lie."""
    return world / "blobs"


@pytest.fixture
def blobs(folder: Path) -> FileBlobs:
    """No blobs yet."""
    return FileBlobs(folder)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_blob_is_one_private_file_named_by_its_hash(blobs: FileBlobs, folder: Path) -> None:
    name = blobs.put(b"text")
    blobs.put(b"text")
    assert files(folder) == [folder / name[:2] / name[2:]]
    assert stat.S_IMODE(files(folder)[0].stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / name[:2]).stat().st_mode) == 0o700


@pytest.mark.parametrize("damaged", [b"texx", b"", b"text and more"])
def test_a_damaged_blob_is_not_given_out_and_healed_by_its_content(
    blobs: FileBlobs, folder: Path, damaged: bytes
) -> None:
    name = blobs.put(b"text")
    files(folder)[0].write_bytes(damaged)
    with pytest.raises(Trouble) as caught:
        blobs.get(name)
    assert caught.value.code == "damaged"
    assert str(files(folder)[0]) in caught.value.sentence
    assert blobs.put(b"text") == name
    assert blobs.get(name) == b"text"


def test_erasing_leaves_nothing_of_the_content(blobs: FileBlobs, folder: Path) -> None:
    name = blobs.put(b"secret")
    blobs.erase(name)
    assert [path.name for path in files(folder)] == [f"{name[2:]}.erased"]
    assert files(folder)[0].read_bytes() == b""


def test_a_kill_while_erasing_leaves_it_erased(blobs: FileBlobs, folder: Path) -> None:
    name = blobs.put(b"secret")
    (folder / name[:2] / f"{name[2:]}.erased").touch()
    with pytest.raises(Trouble) as caught:
        blobs.get(name)
    assert caught.value.code == "erased"


@pytest.mark.parametrize("failing", ["fsync", "rename"])
def test_a_write_that_fails_leaves_nothing_and_says_where(
    blobs: FileBlobs, folder: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(*((os, "fsync", full) if failing == "fsync" else (os, "rename", full)))
        with pytest.raises(Trouble) as caught:
            blobs.put(b"text")
    assert caught.value.code == "disk_full"
    assert str(folder) in caught.value.sentence
    assert files(folder) == []
    assert blobs.get(blobs.put(b"text")) == b"text"


def test_a_place_that_can_not_be_made_is_said(world: Path) -> None:
    (world / "file").touch()
    with pytest.raises(Trouble) as caught:
        FileBlobs(world / "file" / "blobs").put(b"text")
    assert caught.value.code == "disk_failed"
    with pytest.raises(Trouble):
        FileBlobs(world / "file").get(BlobHash("0" * 64))


def test_what_a_kill_left_beside_is_no_blob(blobs: FileBlobs, folder: Path) -> None:
    name = blobs.put(b"text")
    (folder / name[:2] / ".0123456789abcdef").write_bytes(b"half")
    assert blobs.get(name) == b"text"
    assert module.FileBlobs(folder).put(b"text") == name
