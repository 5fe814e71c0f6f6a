"""Weighs one action: what of it the box does not have, and whether a rule of the user's says that it may.

Looks at the disk to follow links, at nothing else. Fails closed: what can't be read is never inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import assert_never

from casework.code.shell import COMMAND_LIMIT
from casework.domain.actions import Action, Grants, ReachHost, ReadFile, RunCommand, SearchFiles, WriteFile
from casework.domain.rules import CommandShape, HostShape, PathShape, Rule, RuleShape
from casework.domain.showing import plainly
from casework.permissions.commands import fits, shapes_of
from casework.permissions.hosts import read_hosts
from casework.permissions.places import Closed, lead
from casework.ports.permissions import Assessment, Beyond, Inside, Never, Scene

_MOST_PATHS = 8


class RuleWeigher:
    """The weigher that knows rules and nothing else."""

    def __init__(self, closed: Closed) -> None:
        self._closed = closed

    def weigh(self, action: Action, scene: Scene, rules: Sequence[Rule]) -> Assessment:
        """Do what `ports.permissions.Weigher` promises."""
        match action:
            case ReadFile() | SearchFiles():
                return self._file(action.path, scene, rules, writing=False)
            case WriteFile():
                return self._file(action.path, scene, rules, writing=True)
            case RunCommand():
                return self._command(action, scene, rules)
            case ReachHost():
                return _fetch(action.host, rules)
            case _:
                assert_never(action)

    def _file(self, path: str, scene: Scene, rules: Sequence[Rule], *, writing: bool) -> Assessment:
        led = lead(path, scene, self._closed, writing=writing)
        if isinstance(led, Never):
            return led
        if led.kind == "inside" or (led.kind == "protected" and not writing):
            return Inside()
        rule = next((one for one in rules if _names_path(one, led.path, writing=writing)), None)
        where = "which is protected" if led.kind == "protected" else "which lies outside the worktree"
        return Beyond(
            what=plainly(f"{'write' if writing else 'read'} {led.path}"),
            wants=f"{plainly(led.path)}, {where}",
            grants=Grants(writable=(led.path,)) if writing else Grants(readable=(led.path,)),
            shapes=(PathShape(path=led.path, writable=writing),),
            rule=rule,
        )

    def _command(self, action: RunCommand, scene: Scene, rules: Sequence[Rule]) -> Assessment:
        if not action.hosts and not action.outside:
            return Inside()
        grants = self._grants(action, scene)
        if isinstance(grants, Never):
            return grants
        if grants == Grants():
            return Inside()
        what = plainly(action.command)
        if len(what) > COMMAND_LIMIT:
            return Never("The command is too long to be shown whole, so nobody can be asked about it; split it.")
        if _is_ours(action.command):
            return Never("Casework is for the human: approving, trusting and answering are never an agent's.")
        shapes, no_rule = shapes_of(action.command, grants)
        return Beyond(
            what=f"run `{what.replace('`', '<U+0060>')}`",
            wants=_and((*grants.hosts, *grants.writable)) + ", which its box keeps closed",
            grants=grants,
            shapes=shapes,
            no_rule=no_rule,
            rule=next(
                (
                    one
                    for one in rules
                    if isinstance(one.shape, CommandShape) and fits(one.shape, action.command, grants)
                ),
                None,
            ),
        )

    def _grants(self, action: RunCommand, scene: Scene) -> Grants | Never:
        hosts = read_hosts(action.hosts)
        if isinstance(hosts, Never):
            return hosts
        if len(set(action.outside)) > _MOST_PATHS:
            return Never(f"It wants more than {_MOST_PATHS} places at once, and one question names no more.")
        writable: dict[str, None] = {}
        for path in action.outside:
            led = lead(path, scene, self._closed, writing=True)
            if isinstance(led, Never):
                return led
            if led.kind != "inside":
                writable[led.opened or led.path] = None
        return Grants(hosts=hosts, writable=tuple(writable))


def _fetch(host: str, rules: Sequence[Rule]) -> Assessment:
    hosts = read_hosts((host,))
    if isinstance(hosts, Never):
        return hosts
    shape: RuleShape = HostShape(host=hosts[0])
    return Beyond(
        what=f"fetch from {hosts[0]}",
        wants=f"{hosts[0]}, and its box has no network",
        grants=Grants(hosts=hosts),
        shapes=(shape,),
        rule=next((one for one in rules if one.shape == shape), None),
    )


def _names_path(rule: Rule, path: str, *, writing: bool) -> bool:
    shape = rule.shape
    return isinstance(shape, PathShape) and shape.path == path and (shape.writable or not writing)


def _is_ours(command: str) -> bool:
    words = command.split()
    return bool(words) and PurePosixPath(words[0]).name == "casework"


def _and(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
