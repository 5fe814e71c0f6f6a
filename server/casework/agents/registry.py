"""Which agents there are, by the names people type.

Not here: choosing one for a task, which is the user's, or a rule of theirs.
"""

from __future__ import annotations

from casework.agents.process import Confine, ProcessAgent, unconfined
from casework.ports.agent import Agent, Briefing


def agents(confine: Confine = unconfined) -> dict[str, Agent]:
    """Give every agent that ships with Casework, by name; `confine` puts their workers into boxes."""
    known = (ProcessAgent("scripted", _check_script, confine=confine),)
    return {agent.name: agent for agent in known}


def _check_script(briefing: Briefing) -> None:
    from casework.agents.script import parse_script  # some 20 ms that the daemon need not start with

    parse_script(briefing.script)
