"""The names of things. Numbers people see belong to a repository; ids are uuid7 texts."""

from __future__ import annotations

from typing import NewType

StreamId = NewType("StreamId", str)
"""One journal: a repository's, or the user's."""
TaskId = NewType("TaskId", str)
RunId = NewType("RunId", str)
LandingId = NewType("LandingId", str)
QuestionId = NewType("QuestionId", str)
CommentId = NewType("CommentId", str)
HunkId = NewType("HunkId", str)
"""Sixteen hex digits made from a hunk's content, with `-2`, `-3` ... where the content repeats in one change."""
BlobHash = NewType("BlobHash", str)
"""sha256, in hex, of the redacted bytes that a blob holds."""
CommitId = NewType("CommitId", str)
"""A full git object name of a commit, in hex."""


def uuid7(unix_ms: int, random: bytes) -> str:
    """Give the uuid7 (RFC 9562, section 5.7) of a moment and ten random bytes."""
    time, rest = f"{unix_ms:012x}", random.hex()
    variant = "89ab"[random[9] & 3]
    return f"{time[:8]}-{time[8:]}-7{rest[:3]}-{variant}{rest[3:6]}-{rest[6:18]}"
