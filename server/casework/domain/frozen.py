"""The one base of every record that is written down."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A record that never changes and accepts no unknown field."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
