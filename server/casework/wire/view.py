"""The one base of everything that is shown to clients."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class View(BaseModel):
    """Something shown; unknown fields are ignored by clients, so that fields may be added."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
