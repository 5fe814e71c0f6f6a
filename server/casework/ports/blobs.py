"""Blobs: texts from outside, manifests and plans, by the hash of their (already redacted) bytes."""

from __future__ import annotations

from typing import Protocol

from casework.domain.ids import BlobHash


class Blobs(Protocol):
    """Synchronous and quick for small things; big ones are called in a thread."""

    def put(self, content: bytes, *, synced: bool = True) -> BlobHash:
        """Keep `content` for good before returning (written beside, synced, renamed); the same content twice is one
        blob. What is not `synced` survives a kill of this process, and perhaps not a loss of power.

        Raises:
            Trouble: the disk is full or read-only.
        """
        ...

    def get(self, name: BlobHash) -> bytes:
        """Give the content.

        Raises:
            Trouble: it was erased (`code` is `erased`), is missing or no longer has its hash (`damaged`).
        """
        ...

    def erase(self, name: BlobHash) -> None:
        """Forget the content and leave a mark that it was erased; the journal's chain and fold stay whole."""
        ...
