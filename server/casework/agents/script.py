"""The scripted agent's language: what a script may say, checked as a whole before anything of it is played.

`docs/reference/scripted-agent.md` is its reference. Not here: playing it (`scripted`).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Annotated, Final, Literal, NoReturn

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import from_json

from casework.agents.complaints import place_of, what_is_wrong
from casework.agents.confined import check_path
from casework.domain.anchor import Anchor
from casework.domain.errors import Refused
from casework.domain.evidence import Proof
from casework.domain.frozen import Frozen
from casework.domain.repopath import quote
from casework.domain.spec import FollowUpKind, Severity

SCRIPT_LIMIT: Final = 8 * 1024 * 1024
"""Characters of a script."""
ANSWER: Final = "{answer}"

Line = Annotated[str, Field(min_length=1, max_length=500)]
Sentence = Annotated[str, Field(min_length=1, max_length=2000)]
Text = Annotated[str, Field(max_length=60_000)]
Count = Annotated[int, Field(ge=0, le=10**15)]


def _bytes(name: str, text: str | None, encoded: str | None) -> bytes:
    """Give what was said either as text or as base64.

    Raises:
        ValueError: both or neither are there, or the base64 is none.
    """
    if (text is None) == (encoded is None):
        raise ValueError(f"give either `{name}` or `{name}_b64`")
    if text is not None:
        return text.encode()
    try:
        return base64.b64decode(encoded or "", validate=True)
    except binascii.Error:
        raise ValueError(f"`{name}_b64` is not base64") from None


def _path(name: str, text: str | None, encoded: str | None) -> bytes:
    found = _bytes(name, text, encoded)
    try:
        check_path(found)
    except Refused as refused:
        raise ValueError(refused.sentence) from None
    return found


class _OnFile(Frozen):
    path: str | None = None
    path_b64: str | None = None

    def model_post_init(self, _context: object, /) -> None:
        """Check what the shape alone does not say."""
        self.check()

    def check(self) -> None:
        """Raise `ValueError` where something said twice, not at all, or in bad base64."""
        self.where()

    def where(self) -> bytes:
        """Give the path."""
        return _path("path", self.path, self.path_b64)


class Write(_OnFile):
    """Make or replace a file."""

    do: Literal["write"]
    content: str | None = None
    content_b64: str | None = None
    use_answer: bool = False
    """Put the answer to the last question, or what came of the last command, where the content says `{answer}`."""

    def check(self) -> None:
        """Also the content."""
        super().check()
        self.data("")
        if self.use_answer and ANSWER not in (self.content or ""):
            raise ValueError("`use_answer` needs a `content` that says {answer}")

    def data(self, answer: str) -> bytes:
        """Give the content with the answer in its place."""
        if self.use_answer and self.content is not None:
            return self.content.replace(ANSWER, answer).encode()
        return _bytes("content", self.content, self.content_b64)


class Edit(_OnFile):
    """Replace a text that occurs exactly once."""

    do: Literal["edit"]
    old: str | None = None
    old_b64: str | None = None
    new: str | None = None
    new_b64: str | None = None

    def check(self) -> None:
        """Also both texts."""
        super().check()
        if not self.change()[0]:
            raise ValueError("the text to replace is empty")

    def change(self) -> tuple[bytes, bytes]:
        """Give the old and the new bytes."""
        return _bytes("old", self.old, self.old_b64), _bytes("new", self.new, self.new_b64)


class Delete(_OnFile):
    """Remove a file or a link."""

    do: Literal["delete"]


class Rename(_OnFile):
    """Move a file, link or folder to where nothing is."""

    do: Literal["rename"]
    to: str | None = None
    to_b64: str | None = None

    def check(self) -> None:
        """Also the new path."""
        super().check()
        self.whereto()

    def whereto(self) -> bytes:
        """Give the new path."""
        return _path("to", self.to, self.to_b64)


class Chmod(_OnFile):
    """Set the permission bits of a file."""

    do: Literal["chmod"]
    mode: Annotated[str, Field(pattern=r"^0?[0-7]{3}$")]


class Symlink(_OnFile):
    """Make a link; its target may be anything."""

    do: Literal["symlink"]
    target: str | None = None
    target_b64: str | None = None

    def check(self) -> None:
        """Also the target."""
        super().check()
        target = self.whereto()
        if not target or b"\0" in target or len(target) > 4000:
            raise ValueError("a link's target is empty, holds a NUL byte or is longer than 4,000 bytes")

    def whereto(self) -> bytes:
        """Give the target."""
        return _bytes("target", self.target, self.target_b64)


class Say(Frozen):
    """Say something."""

    do: Literal["say"]
    text: Annotated[Text, Field(min_length=1)]
    times: Annotated[int, Field(ge=1, le=100_000)] = 1
    """So often in a row: for trying how a flood is borne."""


class Plan(Frozen):
    """Say what will be done."""

    do: Literal["plan"]
    items: Annotated[tuple[Line, ...], Field(min_length=1, max_length=100)]


class Turn(Frozen):
    """End a turn: the daemon takes a checkpoint."""

    do: Literal["turn"]


class Usage(Frozen):
    """Report tokens and money; what is left out is unknown."""

    do: Literal["usage"]
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cost_microdollars: Count | None = None


class Ask(Frozen):
    """Ask the human and wait."""

    do: Literal["ask"]
    text: Sentence
    why: Annotated[str, Field(max_length=2000)] = ""
    choices: Annotated[tuple[Line, ...], Field(max_length=10)] = ()


class Want(Frozen):
    """Want a command to be run: weighed, perhaps asked about, and run by the daemon in the run's box."""

    do: Literal["want"]
    command: Annotated[str, Field(min_length=1, max_length=20_000)]
    hosts: Annotated[tuple[Line, ...], Field(max_length=20)] = ()
    outside: Annotated[tuple[Line, ...], Field(max_length=20)] = ()
    why: Annotated[str, Field(max_length=1000)] = ""


class _Place(Frozen):
    path: str | None = None
    path_b64: str | None = None
    line: Annotated[int, Field(ge=1, le=10**9)] = 1
    end_line: Annotated[int, Field(ge=1, le=10**9)] | None = None
    snippet: Annotated[str, Field(max_length=2000)] = ""

    def model_post_init(self, _context: object, /) -> None:
        """Check what the shape alone does not say."""
        self.check()

    def check(self) -> None:
        """Raise `ValueError` where a place is none."""
        self.where()
        if self.end_line is not None and self.end_line < self.line:
            raise ValueError("`end_line` comes before `line`")

    def where(self) -> bytes | None:
        """Give the path, None when there is none."""
        if self.path is None and self.path_b64 is None:
            return None
        return _path("path", self.path, self.path_b64)

    def anchor(self) -> Anchor | None:
        """Give the place in the code, None when no path is given."""
        path = self.where()
        if path is None:
            return None
        return Anchor(path=quote(path), line=self.line, end_line=self.end_line, snippet=self.snippet)


class FollowUp(_Place):
    """Propose a task of its own; with `path` it is anchored to the code."""

    do: Literal["follow-up"]
    kind: FollowUpKind
    title: Line
    why: Annotated[str, Field(max_length=2000)] = ""
    severity: Severity | None = None


class PlacedNote(_Place):
    """What and why, for one place of the change."""

    text: Sentence

    def check(self) -> None:
        """Also that there is a path."""
        super().check()
        if self.where() is None:
            raise ValueError("a note needs a `path`")


class ThreadReply(Frozen):
    """An answer in a thread of the review before."""

    thread: Annotated[int, Field(ge=1, le=10**6)]
    text: Sentence


class Finish(Frozen):
    """Hand in the work."""

    do: Literal["finish"]
    comment: Text = ""
    notes: Annotated[tuple[PlacedNote, ...], Field(max_length=50)] = ()
    claims: Annotated[tuple[Annotated[str, Field(max_length=16)], ...], Field(max_length=20)] = ()
    proofs: Annotated[tuple[Proof, ...], Field(max_length=20)] = ()
    """Which test shows which criterion."""
    left: Annotated[tuple[Line, ...], Field(max_length=20)] = ()
    """What was deliberately left as it is."""
    answers: Annotated[tuple[ThreadReply, ...], Field(max_length=50)] = ()
    """To what the human said in the last review, by the thread's number."""


class Fail(Frozen):
    """Give up."""

    do: Literal["fail"]
    sentence: Sentence


class Hang(Frozen):
    """Do nothing for ever."""

    do: Literal["hang"]
    silent: bool = False
    """Give no sign of life either: the daemon finds the worker lost."""
    stubborn: bool = False
    """Don't end when asked to, and leave a child that doesn't either: the daemon has to kill."""


class Crash(Frozen):
    """End the worker process in the middle of the step."""

    do: Literal["crash"]
    exit_code: Annotated[int, Field(ge=0, le=255)] | None = None
    """Without one the process is killed by signal 9."""


FileStep = Write | Edit | Delete | Rename | Chmod | Symlink
WordStep = Say | Plan | Turn | Usage | Ask | Want | FollowUp
LastStep = Finish | Fail
Step = Annotated[FileStep | WordStep | LastStep | Hang | Crash, Field(discriminator="do")]


class Steps(Frozen):
    """One run of the script."""

    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=10_000)]


class Runs(Frozen):
    """A script with a part for each run."""

    runs: Annotated[tuple[Steps, ...], Field(min_length=1, max_length=100)]


class Script(Frozen):
    """A whole script: what is played in run 1, 2, ..."""

    runs: tuple[Steps, ...]

    def steps_of(self, n: int) -> tuple[Step, ...]:
        """Give the steps of run `n`, counted from 1; the last one repeats."""
        return self.runs[min(n, len(self.runs)) - 1].steps


_ONE: Final = TypeAdapter(Steps)
_MANY: Final = TypeAdapter(Runs)


def parse_script(text: str) -> Script:
    """Check a whole script.

    Raises:
        Refused (`bad_script`): it can't be played; the sentence names the first step at fault.
    """
    if not text.strip():
        _refuse("there is none: the agent `scripted` needs one (`--script FILE`)")
    if len(text) > SCRIPT_LIMIT:
        _refuse(f"it is longer than {SCRIPT_LIMIT} characters")
    try:
        found = from_json(text.encode(), allow_inf_nan=False)
    except ValueError as error:  # of which UnicodeEncodeError is one
        _refuse(f"it is not JSON ({str(error)[:120]})")
    if not isinstance(found, dict) or not ({"steps", "runs"} & found.keys()):
        _refuse('it must be an object with "steps" or "runs"')
    try:
        runs = _MANY.validate_python(found).runs if "runs" in found else (_ONE.validate_python(found),)
    except ValidationError as wrong:
        _refuse(what_is_wrong(wrong))
    for place, what in _out_of_order(runs):
        _refuse(f"{place}: {what}")
    return Script(runs=runs)


def _refuse(what: str) -> NoReturn:
    raise Refused(
        f"The script can't be played, {what}; nothing was started. Correct it and start the task again.",
        code="bad_script",
    )


def _out_of_order(runs: tuple[Steps, ...]) -> Iterator[tuple[str, str]]:
    for run, steps in enumerate(runs):
        asked = False
        for n, step in enumerate(steps.steps):
            place = place_of(("runs", run, "steps", n) if len(runs) > 1 else ("steps", n))
            asked = asked or isinstance(step, Ask | Want)
            if isinstance(step, LastStep) and n < len(steps.steps) - 1:
                yield place, f"nothing can come after `{step.do}`"
            if isinstance(step, Write) and step.use_answer and not asked:
                yield place, "`use_answer` needs an `ask` or `want` step before it"
