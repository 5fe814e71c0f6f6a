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
    """How many seconds a survey may take, unless it is told otherwise: from its start to its table."""

    check_runs: bool = True
    """Whether what an agent hands in is checked before its review opens; only ever in a repository that you trust."""

    check_seconds: Annotated[int, Field(ge=10, le=7200)] = 600
    """How long one check of one tree may take, in seconds, before it is ended and the review says so."""

    checks_sent_back: Annotated[int, Field(ge=0, le=5)] = 2
    """How often work whose checks are red goes back to its agent before it is shown to you as red."""

    default_agent: Annotated[str, Field(max_length=100)] = "builtin"
    """Who works on a task that is started without naming an agent; one that is started with a script is the scripted
    agent's."""

    model: Annotated[str, Field(min_length=1, max_length=200)] = "claude-sonnet-5-5"
    """The model that the builtin agent works with, as its service names it."""

    model_base_url: Annotated[str, Field(max_length=500)] = "https://api.anthropic.com"
    """Where that service is; anything that speaks the Messages API. Without encryption only on this machine. The key
    is no setting: it comes from `ANTHROPIC_API_KEY` or the keyring."""

    model_window_tokens: Annotated[int, Field(ge=8000, le=10_000_000)] = 200_000
    """How many tokens the model takes; beyond seven tenths of it, old results of tools are left out."""

    model_answer_tokens: Annotated[int, Field(ge=256, le=1_000_000)] = 16_000
    """How many tokens one answer of the model may have."""

    model_timeout_s: Annotated[float, Field(ge=1, le=3600)] = 120.0
    """Seconds without a byte from the model before the request is tried again."""

    model_prices: Annotated[dict[str, float], Field(max_length=4)] = {}
    """Dollars for a million tokens: `input`, `output`, `cache_write`, `cache_read`. Without the first two, what a run
    costs is unknown, and `run_dollars` can't hold."""

    run_turns: Annotated[int, Field(ge=1, le=10_000)] = 200
    """How many answers of the model one run may use; then the task is stopped with what it has, and a retry goes on."""

    run_tokens: Annotated[int, Field(ge=1000)] = 10_000_000
    """How many tokens, in and out, one run may use, those that the service had cached included."""

    run_dollars: Annotated[float, Field(ge=0, le=100_000)] = 0.0
    """How many dollars one run may cost; 0 for no limit."""


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
