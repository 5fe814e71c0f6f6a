"""Which agents there are, by the names people type.

Not here: choosing one for a task, which is the user's, or a rule of theirs.
"""

from __future__ import annotations

from collections.abc import Mapping

from casework.agents.process import ProcessAgent
from casework.agents.script import parse_script
from casework.domain.errors import Refused
from casework.ports.agent import Agent, Briefing


def scripted() -> ProcessAgent:
    """Give the scripted agent, which plays the briefing's JSON script in a worker process."""
    return ProcessAgent("scripted", _check_script)


def agents() -> dict[str, Agent]:
    """Give every agent that ships with Casework."""
    known: tuple[Agent, ...] = (scripted(),)
    return {agent.name: agent for agent in known}


def named(known: Mapping[str, Agent], name: str) -> Agent:
    """Give the agent of that name.

    Raises:
        Refused (`unknown_agent`): there is none.
    """
    if name not in known:
        there = ", ".join(sorted(known))
        raise Refused(
            f"There is no agent named {name[:80]!a}, so the task was not started; choose one of: {there}.",
            code="unknown_agent",
        )
    return known[name]


def _check_script(briefing: Briefing) -> None:
    parse_script(briefing.script)
