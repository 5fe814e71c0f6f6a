"""The user's rules: what agents may do without being asked again, kept in the user's own journal.

Only a human adds or removes one, and nothing in a repository can. Not here: whether a rule fits (`permissions/`), and
what then happens (`gate.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from casework.core.recorder import Recorder
from casework.domain import events as e
from casework.domain.envelope import Actor, Draft, Recorded
from casework.domain.errors import Refused
from casework.domain.rules import Rule, RuleId, RuleShape
from casework.ports.clock import Clock
from casework.ports.workspace import Identity

LEAST_NAME = 4
"""Characters of an id that name a rule: a slip of one key must not take back whichever rule happens to end so."""


@dataclass(slots=True)
class KnownRules:
    """What the user's journal tells of rules."""

    rules: dict[RuleId, Rule] = field(default_factory=dict)
    """In the order in which they were made."""
    places: dict[RuleId, str] = field(default_factory=dict)
    """Where the repository of a rule was when it was made."""

    def apply(self, row: Recorded) -> None:
        """Fold one row of the user's journal."""
        match row.event:
            case e.RuleAdded() as added:
                self.rules[added.id] = Rule(id=added.id, repository=added.repository, shape=added.shape)
                self.places[added.id] = added.path
            case e.RuleRemoved() as removed:
                self.rules.pop(removed.id, None)
                self.places.pop(removed.id, None)
            case _:
                pass


class Rulebook:
    """Reads, adds and removes rules."""

    def __init__(self, user: Recorder, known: KnownRules, clock: Clock) -> None:
        self._user = user
        self._known = known
        self._clock = clock
        user.listen(self._fold)

    def _fold(self, rows: Sequence[Recorded]) -> None:
        for row in rows:
            self._known.apply(row)

    def holding(self, repository: str) -> list[Rule]:
        """Give the rules that hold in a repository, oldest first."""
        return [rule for rule in self._known.rules.values() if rule.repository in ("", repository)]

    def everything(self) -> list[tuple[Rule, str]]:
        """Give every rule, with the place of its repository when it was made."""
        return [(rule, self._known.places.get(rule.id, "")) for rule in self._known.rules.values()]

    async def add_new(self, shape: RuleShape, identity: Identity | None, actor: Actor) -> Rule | None:
        """Let agents do this for good, in one repository or (None) in all; None where a rule says so already.

        Raises:
            Refused (`not_yours`): it is not a human who says so.
        """
        _check(actor)
        scope = identity.id if identity is not None else ""
        if any(known.shape == shape for known in self.holding(scope)):
            return None
        rule = Rule(id=RuleId(self._clock.new_id()), repository=scope, shape=shape)
        place = identity.top if identity is not None else ""
        await self._record(e.RuleAdded(id=rule.id, repository=scope, path=place, shape=shape), actor)
        return rule

    async def remove(self, named: str, actor: Actor) -> Rule:
        """Take a rule back, named by its id or by the end of it, four characters at least.

        Raises:
            Refused: there is no such rule, or more than one; or it is not a human who says so.
        """
        _check(actor)
        long_enough = len(named) >= LEAST_NAME
        found = [rule for rule in self._known.rules.values() if long_enough and rule.id.endswith(named)]
        if len(found) != 1:
            what = "There is no rule" if not found else f"There are {len(found)} rules"
            raise Refused(
                f"{what} with the name {named!r}, so none was removed; `casework rules` lists them.",
                code="unknown_rule",
            )
        await self._record(e.RuleRemoved(id=found[0].id), actor)
        return found[0]

    async def _record(self, event: e.Event, actor: Actor) -> None:
        draft = Draft(id=self._clock.new_id(), event=event, actor=actor, at=self._clock.now_us())
        await self._user.record(lambda _: [draft])


def _check(actor: Actor) -> None:
    if actor.kind != "human":
        raise Refused(
            f"Rules are the user's: the {actor.kind} can't make or remove one, and nothing was changed.",
            code="not_yours",
        )
