"""Reads a command line strictly: either it is one simple command, whose words are known, or it is not.

The grammar is a small part of POSIX.1-2024, XCU 2.2 and 2.3, on purpose: printable ASCII, words parted by blanks,
single and double quotes around literal text. Whatever a shell would expand, join, redirect, branch on or read further
makes the line not simple, and so does a program that runs another command or whatever a file of the worktree says.
There is no middle way: where this module and a shell could read a line differently, it is not simple. A lenient parser
(`shlex`, tree-sitter) gives words for lines that do more than those words say; bashlex can't be shipped (GPL).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

COMMAND_LIMIT: Final = 1500
"""Characters of a line that is looked at; what is longer can't be shown whole."""

_PLAIN: Final = re.compile(r"[A-Za-z0-9_./:@%+,=-]")
"""What stands for itself in every shell, unquoted. `~` does not at the beginning, `=` not in the first word."""
_QUOTED: Final = {"'": re.compile(r"[ -&(-~]*"), '"': re.compile(r"[ #%-\[\]-_a-~]*")}
"""What stands for itself between quotes: in double ones no `$`, backtick, backslash, `!` (history)."""
_PROGRAM: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")
_OF_THE_SHELL: Final = "case coproc do done elif else esac fi for function if in select then time until while"
_RUNNING_OTHERS: Final = """
alias ash awk bash builtin bunx busybox caller chroot chrt command csh dash deno doas docker dotenv env eval exec
fakeroot find firejail fish flock gawk git gmake ionice just ksh ksh93 lua make mawk mksh nice nix nix-shell node
nodejs nohup nox npx nsenter osascript parallel perl php pipx pkexec podman posh pypy pypy3 python python2 python3
rake ruby run-parts runuser rush screen script sed setpriv setsid sg sh source ssh stdbuf strace su sudo systemd-run
task taskset tclsh tcsh timeout tmux tox trap unbuffer unshare uvx vim watch xargs xonsh yash zsh
"""
_RUNNING_THE_PROJECT: Final = "dlx exec generate prefix run run-script script start test tool x"

RESERVED: Final = frozenset(_OF_THE_SHELL.split())
"""Words of the shell's own, at the beginning of a line."""
RUNS_OTHERS: Final = frozenset(_RUNNING_OTHERS.split())
"""Programs whose words do not say what will happen."""
RUNS_THE_PROJECT: Final = frozenset(_RUNNING_THE_PROJECT.split())
"""Second words of package managers behind which a file of the worktree, or another package, says what is run."""
_VERSIONED: Final = re.compile(r"(python|pypy|ruby|perl|lua|php|node)[0-9.]+")


@dataclass(frozen=True, slots=True)
class Simple:
    """One program with its words, as every shell would start it."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotSimple:
    """A line that may do more than its words say."""

    why: str
    """Ends a sentence that begins with 'No rule can be made of it, because'."""


def read_command(line: str) -> Simple | NotSimple:
    """Read a command line."""
    if len(line) > COMMAND_LIMIT:
        return NotSimple("it is too long to be shown whole")
    words = _words(line)
    if isinstance(words, NotSimple):
        return words
    if not words:
        return NotSimple("it is empty")
    program = words[0]
    if not _PROGRAM.fullmatch(program):
        return NotSimple("its first word is not the plain name of a program")
    if program in RESERVED:
        return NotSimple(f"`{program}` is a word of the shell's own")
    if program in RUNS_OTHERS or _VERSIONED.fullmatch(program):
        return NotSimple(f"`{program}` runs other commands, or what a file says")
    if words[1:2] and words[1] in RUNS_THE_PROJECT:
        return NotSimple("it runs what a file of the project says")
    return Simple(tuple(words))


def _words(line: str) -> list[str] | NotSimple:
    words: list[str] = []
    at = 0
    while at < len(line):
        if line[at] in " \t":
            at += 1
            continue
        word = ""
        begin = at
        while at < len(line) and line[at] not in " \t":
            letter = line[at]
            if letter in _QUOTED:
                inside = _QUOTED[letter].match(line, at + 1)
                assert inside is not None, "an empty match is one"
                at = inside.end()
                if line[at : at + 1] != letter:
                    return NotSimple("something between its quotes is read by the shell, or the quotes do not end")
                word += inside[0]
            elif _PLAIN.match(letter) or (letter == "~" and at > begin and line[at - 1] not in ":="):
                word += letter
            else:
                return NotSimple(f"the shell reads {_named(letter)} as more than a letter")
            at += 1
        if begin != at and line[begin] == "=":
            return NotSimple("a word begins with `=`, which some shells look up")
        words.append(word)
    return words


def _named(letter: str) -> str:
    return f"`{letter}`" if letter.isascii() and letter.isprintable() else f"U+{ord(letter):04X}"
