"""What an agent wrote about its work besides its comment: claims, kept apart from every fact."""

from __future__ import annotations

from pydantic import Field

from casework.domain.frozen import Frozen


class WordsOnPlace(Frozen):
    """What and why, for one place."""

    path: str
    line: int
    text: str


class AgentWords(Frozen):
    """All of it; as long as the agent wrote it, so it is kept as a blob."""

    notes: tuple[WordsOnPlace, ...] = Field(default=(), max_length=50)
    left: tuple[str, ...] = Field(default=(), max_length=20)
    """What was deliberately left as it is."""
