"""What a user may set: one file, `settings.toml` in the config directory, read again when it changed.

Settings belong to the user. None is ever read from a repository. The text below each field is its documentation: the
reference page is made from it.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from casework.domain.errors import Refused

FILE_NAME: Final = "settings.toml"


class Settings(BaseModel):
    """Everything that can be set, with what holds where nothing is."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    runs_at_once: Annotated[int, Field(ge=1, le=16)] = 2
    """How many runs of one repository may be under way at the same time; the others wait in the queue."""

    follow_ups_per_run: Annotated[int, Field(ge=0, le=20)] = 20
    """How many follow-ups one run may propose; what comes beyond is left out, and the log says so."""

    protected_branches: Annotated[list[str], Field(max_length=100)] = []
    """Branches nothing lands on, as names or globs such as `release/*`; a review can still become a new branch."""

    survey_budget_s: Annotated[float, Field(ge=5, le=3600)] = 45.0
    """How many seconds a survey measures for, unless it is told otherwise; what is under way then is still finished."""

    default_agent: Annotated[str, Field(max_length=100)] = "scripted"
    """Who works on a task that is started without naming an agent."""


def read_settings(directory: Path) -> Settings:
    """Read the settings of a config directory; without a file everything is as the defaults say.

    Raises:
        Refused: the file can't be read, is no TOML 1.0, or says what can't be; the sentence names file and place.
    """
    path = directory / FILE_NAME
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeError, tomllib.TOMLDecodeError) as error:
        raise Refused(f"{path} can't be read ({error}), so the settings stay as they were; mend the file.") from error
    try:
        return Settings.model_validate(found)
    except ValidationError as wrong:
        reasons = "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in wrong.errors()[:5])
        raise Refused(
            f"{path} says what can't be ({reasons}), so the settings stay as they were; mend the file."
        ) from wrong


@dataclass(slots=True)
class SettingsFile:
    """The settings as they are now: looked at on every use, read when the file is another one than before."""

    directory: Path
    warning: str = ""
    """What is wrong with the file as it stands; the settings of before hold then."""
    _current: Settings = field(default_factory=Settings)
    _stamp: tuple[int, int, int] | None = (0, 0, 0)

    def current(self) -> Settings:
        """Give the settings; costs one look at the file's stamp."""
        stamp = self._look()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._current, self.warning = read_settings(self.directory), ""
            except Refused as no:
                self.warning = no.sentence
        return self._current

    def _look(self) -> tuple[int, int, int] | None:
        try:
            found = (self.directory / FILE_NAME).stat()
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns
