"""One run of the builtin agent: asks the model, has done what it wants, until it hands in, stops at a limit or fails.

Everything is said on the line before anything follows from it: an answer is kept before its tools are used, and what a
tool gave is kept by the daemon before the model is sent it. So whoever goes on from what was kept goes on at the next
turn. Not here: how the model is reached (`model`), what a tool does (`toolbox`).
"""

from __future__ import annotations

import json
import re
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final, NoReturn, TypedDict

from casework.agents.builtin.history import ANEW, Block, History
from casework.agents.builtin.model import Answer, GivenUp, Model, TooLong
from casework.agents.builtin.prompt import CUT_OFF, GO_ON, NOT_FINISHED, STARTED_ANEW, first_message
from casework.agents.builtin.tools import AskCall, FinishCall, FollowUpCall, WrongArguments, parse
from casework.agents.line import Line
from casework.domain.anchor import Anchor
from casework.domain.evidence import Proof
from casework.domain.ids import QuestionId
from casework.domain.redaction import redact
from casework.domain.turns import redacted_blocks
from casework.ports.agent import (
    ActionWanted,
    AgentReport,
    Asked,
    Failed,
    Finished,
    FollowedUp,
    Halted,
    Note,
    ThreadAnswer,
    TurnKept,
    Used,
)

FULL: Final = 0.7
"""Of the model's window: a conversation that is larger loses old results."""
RESULTS_LEFT: Final = 6
"""That stay whole then."""
SAME_CALLS: Final = 3
"""With the same result; after that the call is not made any more."""
WASTED_CALLS: Final = 8
"""Calls that were not made for that reason, or that nobody could make, in a row: then the run stops."""
NUDGES: Final = 3
"""Answers in a row that use no tool: then the run stops."""
_CHARACTERS_A_TOKEN: Final = 3
_ANSWER: Final = re.compile(r"\W*(?:thread\W*)?([0-9]{1,6})\b[\s:.)\-]*(\S.*)", re.IGNORECASE | re.DOTALL)
_QUESTIONS: Final = uuid.UUID("0b8f3a52-5d0e-5c7c-9a55-6f2f0c7f1b1d")


class _Counts(TypedDict):
    input_tokens: int
    output_tokens: int
    cost_microdollars: int | None


class Over(Exception):
    """The run ends with this report."""

    def __init__(self, report: AgentReport) -> None:
        super().__init__()
        self.report = report


def perform(line: Line) -> None:
    """Work on the line's briefing: what the worker calls.

    Raises:
        Cancelled: the run is to end.
    """
    try:
        Conversation(line).go()
    except Over as over:
        line.report(over.report)


class Conversation:
    """The loop, and what is counted in it."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._briefing = line.briefing
        self._model = Model(line)
        self._history = History.of(self._briefing.turns)
        self._turns = sum(turn.role == "assistant" and not turn.earlier for turn in self._briefing.turns)
        self._tokens = self._briefing.spent_tokens
        self._microdollars = self._briefing.spent_microdollars
        self._last_size = 0
        """Tokens of the last request and its answer, as the service counted them."""
        self._idle = 0
        self._wasted = 0
        self._seen: Counter[tuple[str, str, str]] = Counter()

    def go(self) -> NoReturn:
        """Work until it is over."""
        self._begin()
        self._use_tools(Answer())  # those of an answer that was kept and not acted on
        while True:
            self._check_limits()
            self._make_room()
            self._turn()

    def _begin(self) -> None:
        own = [turn for turn in self._briefing.turns if not turn.earlier]
        if own:
            return
        too_large = self._history.size > FULL * _CHARACTERS_A_TOKEN * self._model.configured().window_tokens
        if not self._history.messages:
            self._say(first_message(self._briefing))
        elif too_large:
            self._history = History()
            self._keep("cut", {"results": ANEW})
            self._say(f"{first_message(self._briefing)}\n\n{STARTED_ANEW}")
        else:
            self._say(GO_ON)

    # ---- one turn ---------------------------------------------------------------------------------------------------

    def _turn(self) -> None:
        try:
            answer = self._model.ask(self._history.sent())
        except TooLong:
            self._shrink(0)
            return
        except GivenUp as no:
            raise Over(
                Failed(sentence=f"The model could not be asked: {no}. Retrying begins a new conversation.")
            ) from no
        self._turns += 1
        if answer.stop_reason == "refusal":
            self._line.report(Used(**self._count(answer)))
            raise Over(Failed(sentence="The model declined to work on this. Say the task otherwise, and retry it."))
        if answer.stop_reason != "tool_use":  # only then were they meant to be used as they are
            answer.content = [block for block in answer.content if block["type"] != "tool_use"]
        self._keep_answer(answer)
        match answer.stop_reason:
            case "tool_use" if self._history.open_calls():
                self._idle = 0
                self._use_tools(answer)
            case "pause_turn":
                self._count_idle()  # the service wants to be asked again, with its own words at the end
            case "model_context_window_exceeded":
                self._shrink(0)
                self._say(CUT_OFF)
            case "max_tokens":
                self._count_idle()
                self._say(CUT_OFF)
            case _:
                self._count_idle()
                self._say(NOT_FINISHED)

    def _keep_answer(self, answer: Answer) -> None:
        content = redacted_blocks(answer.content) or [{"type": "text", "text": "(nothing)"}]
        self._history.add_assistant(content)
        self._line.report(
            TurnKept(
                role="assistant",
                content=json.dumps({"content": content}),
                said=redact(answer.text),
                **self._count(answer),
            )
        )

    def _count(self, answer: Answer) -> _Counts:
        """Add up what an answer cost, and give it."""
        cost = answer.microdollars(self._model.configured())
        self._last_size = answer.input_tokens + answer.output_tokens
        self._tokens += self._last_size
        self._microdollars += cost or 0
        return {
            "input_tokens": answer.input_tokens,
            "output_tokens": answer.output_tokens,
            "cost_microdollars": cost,
        }

    def _count_idle(self) -> None:
        self._idle += 1
        if self._idle > NUDGES:
            raise Over(
                Halted(
                    sentence=f"The model ended {self._idle} answers in a row without using a tool, so the run was "
                    "stopped; what it did is kept. Retry to go on, or look at its worktree."
                )
            )

    # ---- tools ------------------------------------------------------------------------------------------------------

    def _use_tools(self, answer: Answer) -> None:
        """Use what the last answer asks for: as the model wrote it, and not as it is kept without its secrets."""
        written = {block["id"]: block["input"] for block in answer.content if block["type"] == "tool_use"}
        for call in self._history.open_calls():
            self._use(call, written.get(call["id"], call["input"]), garbled=call["id"] in answer.garbled)

    def _use(self, call: Block, given: Any, *, garbled: bool) -> None:
        name = str(call["name"])
        asked = json.dumps(given, sort_keys=True)
        try:
            if garbled:
                raise WrongArguments(f"{name} was not called: its arguments were no JSON object.")
            parsed = parse(name, given)
        except WrongArguments as wrong:
            self._waste(call, str(wrong))
            return
        match parsed:
            case FinishCall():
                raise Over(_handed_in(parsed))
            case AskCall():
                answer = self._line.ask(self._question(call, parsed))
                self._answer(call, f"The human answers: {answer}")
            case FollowUpCall():
                self._line.report(_follow_up(parsed))
                self._answer(call, "Noted.")
            case _:
                if any(n >= SAME_CALLS for (a, b, _), n in self._seen.items() if (a, b) == (name, asked)):
                    self._waste(call, f"Not done: this very call gave the same {SAME_CALLS} times. Do something else.")
                    return
                result = self._line.act(ActionWanted(call=call["id"], action=parsed))
                self._history.add_result(call["id"], result.text, is_error=result.is_error)
                self._seen[name, asked, _unfenced(result.text)] += 1
                self._wasted = 0

    def _waste(self, call: Block, sentence: str) -> None:
        self._answer(call, sentence, is_error=True)
        self._wasted += 1
        if self._wasted >= WASTED_CALLS:
            raise Over(
                Halted(
                    sentence=f"The model made {self._wasted} calls in a row that lead nowhere (the same again, or none "
                    "that there is), so the run was stopped; what it did is kept. Retry to go on, or say the task "
                    "otherwise."
                )
            )

    def _question(self, call: Block, wanted: AskCall) -> Asked:
        """The same call of the same run is the same question, also when it is asked again after a restart."""
        name = uuid.uuid5(_QUESTIONS, f"{self._briefing.run}/{call['id']}")
        return Asked(id=QuestionId(str(name)), text=wanted.text, why=wanted.why, choices=wanted.choices)

    # ---- what is kept -----------------------------------------------------------------------------------------------

    def _say(self, text: str) -> None:
        text = redact(text)
        self._history.add_user(text)
        self._keep("user", {"text": text})

    def _answer(self, call: Block, text: str, *, is_error: bool = False) -> None:
        text = redact(text)
        self._history.add_result(call["id"], text, is_error=is_error)
        self._line.report(
            TurnKept(role="result", call=call["id"], content=json.dumps({"text": text, "is_error": is_error}))
        )

    def _keep(self, role: Any, content: dict[str, Any]) -> None:
        self._line.report(TurnKept(role=role, content=json.dumps(content)))

    # ---- bounds -----------------------------------------------------------------------------------------------------

    def _check_limits(self) -> None:
        access = self._model.configured()
        dollars = self._microdollars / 1_000_000
        for over, used, setting in (
            (self._turns >= access.run_turns, f"{self._turns} turns", "run_turns"),
            (self._tokens >= access.run_tokens, f"{self._tokens:,} tokens", "run_tokens"),
            (0 < access.run_dollars <= dollars, f"{dollars:.2f} dollars", "run_dollars"),
        ):
            if over:
                raise Over(
                    Halted(
                        sentence=f"The run was stopped at its limit: it has used {used} (setting `{setting}`). What it "
                        "did is kept; retry to let it go on with as much again."
                    )
                )

    def _make_room(self) -> None:
        """Make old results stubs once the last request was too large a part of the window."""
        if self._last_size > FULL * self._model.configured().window_tokens:
            cut = self._history.can_cut(RESULTS_LEFT)
            if cut:
                self._cut(cut)
            self._last_size = 0

    def _shrink(self, keep: int) -> None:
        """Make room because the service said that there is none."""
        cut = self._history.can_cut(keep)
        if not cut:
            raise Over(
                Halted(
                    sentence="The conversation has filled the model's window, so the run was stopped; what it did is "
                    "kept. Retry to go on from there in a new conversation."
                )
            )
        self._cut(cut)

    def _cut(self, results: int) -> None:
        self._history.cut_to(results)
        self._keep("cut", {"results": results})


def _handed_in(call: FinishCall) -> Finished:
    notes = tuple(Note(anchor=Anchor(path=note.path, line=note.line), text=note.text) for note in call.notes)
    claims = [claim.split(maxsplit=1) for claim in call.claims if claim.strip()]
    return Finished(
        comment=call.comment,
        notes=notes,
        claims=tuple(claim[0] for claim in claims),
        proofs=tuple(Proof(criterion=one[:16], test=test[0][:300]) for one, *test in claims if test),
        left=call.left,
        answers=tuple(_answers(call.answers)),
    )


def _answers(texts: Sequence[str]) -> Iterator[ThreadAnswer]:
    """Read `3 words`, however the number is dressed up; what names no thread answers none."""
    for text in texts:
        found = _ANSWER.match(text)
        if found is not None:
            yield ThreadAnswer(thread=int(found[1]), text=found[2][:20_000])


def _follow_up(call: FollowUpCall) -> FollowedUp:
    place = Anchor(path=call.path, line=call.line, snippet=call.snippet) if call.path else None
    return FollowedUp(task_kind=call.kind, title=call.title, why=call.why, anchor=place, severity=call.severity)


def _unfenced(text: str) -> str:
    """Give a result without the key of its fence, which is another one every time."""
    first, _, rest = text.partition("\n")
    return first.rpartition(" ")[0] + rest.rpartition("\n</")[0] if rest else text
