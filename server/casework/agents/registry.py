"""Which agents there are, by the names people type.

Not here: choosing one for a task, which is the user's, or a rule of theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from casework.agents.builtin.agent import BuiltinAgent, Enter, no_box
from casework.agents.frames import ModelAccess
from casework.agents.process import Confine, ProcessAgent, unconfined
from casework.domain.errors import Refused
from casework.ports.agent import Agent, Briefing
from casework.ports.survey import SURVEY, SurveyAsked, SurveyOrder

if TYPE_CHECKING:
    from casework.settings import Settings


def agents(
    settings: Callable[[], Settings],
    confine: Confine = unconfined,
    confine_survey: Confine = unconfined,
    enter: Enter = no_box,
) -> dict[str, Agent]:
    """Give every agent that ships with Casework, by name.

    `settings` gives those that hold now; `confine` puts the workers of agents that run no programs into boxes, `enter`
    the one that talks to a model. The survey's worker runs the project's tests itself, so its box is another one:
    `confine_survey`.
    """
    known: tuple[Agent, ...] = (
        ProcessAgent("scripted", _check_script, confine=confine),
        ProcessAgent(SURVEY, _check_survey, confine=confine_survey),
        BuiltinAgent(lambda: _access(settings), enter=enter),
    )
    return {agent.name: agent for agent in known}


def _access(settings: Callable[[], Settings]) -> ModelAccess:
    from casework.agents.builtin.access import find_access  # as late as the settings themselves

    return find_access(settings())


def _check_script(briefing: Briefing) -> None:
    from casework.agents.script import parse_script  # some 20 ms that the daemon need not start with

    parse_script(briefing.script)


def _check_survey(briefing: Briefing) -> None:
    for shape in (SurveyOrder, SurveyAsked):
        try:
            shape.model_validate_json(briefing.script)
        except ValueError:
            continue
        return
    raise Refused(
        "The survey works on ranges and not on tasks, so nothing was started; `casework survey REV..REV` begins one.",
        code="no_range",
    )
