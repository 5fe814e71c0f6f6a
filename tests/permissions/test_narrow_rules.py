"""A rule offered for a command never allows another program."""

from __future__ import annotations

import pytest

from casework.domain.actions import Grants
from casework.domain.rules import CommandShape, rule_text
from casework.permissions.commands import shapes_of

REACHES = Grants(hosts=("example.org:443",))


@pytest.mark.parametrize("command", ["true", "curl", "cp a b", "npm install undici@7"])
def test_every_rule_that_is_offered_begins_with_the_program(command: str) -> None:
    shapes, _ = shapes_of(command, REACHES)
    assert shapes
    for shape in shapes:
        assert isinstance(shape, CommandShape)
        assert shape.words[:1] == (command.split()[0],), rule_text(shape)
