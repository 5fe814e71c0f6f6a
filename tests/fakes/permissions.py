"""A weigher without a disk: everything without a wish of its own is inside; a host or a place is beyond, or never."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from casework.domain.actions import Action, Grants, ReachHost, ReadFile, RunCommand, SearchFiles, WriteFile
from casework.domain.rules import CommandShape, Rule
from casework.ports.permissions import Assessment, Beyond, Inside, Never, Scene


@dataclass(slots=True)
class FakeWeigher:
    """Weighs by what an action asks for, whatever stands on any disk."""

    weighed: list[Action] = field(default_factory=list)

    def weigh(self, action: Action, scene: Scene, rules: Sequence[Rule]) -> Assessment:
        self.weighed.append(action)
        match action:
            case RunCommand(hosts=hosts) if "never.example:443" in hosts:
                return Never("Nobody reaches never.example:443.")
            case RunCommand(hosts=hosts) if hosts:
                shape = CommandShape(words=tuple(action.command.split()), hosts=hosts)
                return Beyond(
                    what=f"run {action.command}",
                    wants=", ".join(hosts),
                    grants=Grants(hosts=hosts),
                    shapes=(shape, CommandShape(words=shape.words[:2], names=True, hosts=hosts)),
                    rule=next((rule for rule in rules if rule.shape == shape), None),
                )
            case RunCommand() | ReadFile() | WriteFile() | SearchFiles():
                return Inside()
            case ReachHost():
                return Never("Nothing is fetched here.")
