"""Blobs in memory."""

from __future__ import annotations

import hashlib

from casework.domain.errors import Trouble
from casework.domain.ids import BlobHash


class MemoryBlobs:
    """A dict of contents; None is an erased one."""

    def __init__(self) -> None:
        self.contents: dict[BlobHash, bytes | None] = {}

    def put(self, content: bytes, *, synced: bool = True) -> BlobHash:
        """Keep it."""
        name = BlobHash(hashlib.sha256(content).hexdigest())
        self.contents[name] = content
        return name

    def get(self, name: BlobHash) -> bytes:
        """Give it, or say why not."""
        if name not in self.contents:
            raise Trouble(f"The text {name[:12]!r} is not there.", code="missing")
        content = self.contents[name]
        if content is None:
            raise Trouble(f"The text {name[:12]} was erased, so it can't be shown any more.", code="erased")
        return content

    def erase(self, name: BlobHash) -> None:
        """Forget it."""
        self.contents[name] = None
