"""What a doctor says about a repository: its shape, its settings, the programs they name. Reading files only.

GitPython opens the repository and reads its settings, and never runs git here. It runs `git version` when it is
imported, which takes a tenth of a second; so this module is imported by the call that needs it (repositories.py).

A repository's own settings may include any file, also one that never ends. Includes are followed only in the user's
own settings; a repository's are named and not read. What follows git's own opinion of a setting is landing/world.py.
"""

from __future__ import annotations

import configparser
import contextlib
import os
import re
import stat
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from git import GitConfigParser, Repo
from git.exc import GitError

from casework.domain.redaction import redact
from casework.domain.repopath import quote
from casework.ports.workspace import RepositoryFacts
from casework.workspace.git import Git
from casework.workspace.landing.rooms import OURS
from casework.workspace.landing.world import operation
from casework.workspace.standing import head_of

_LARGEST: Final = 1024 * 1024
"""Bytes of a settings file; a larger one, or one that is no file, is not read."""
_MOST: Final = 100
"""Names of one kind that are listed."""
_TRUE: Final = frozenset({"true", "yes", "on", "1"})
_FALSE: Final = frozenset({"", "false", "no", "off", "0"})
_DRIVER: Final = re.compile(r"(filter|diff|merge)\.(.+)\.(?:clean|smudge|process|command|textconv|driver)", re.DOTALL)
_SECTION: Final = re.compile(r'(?P<name>[^\s".]+)(?:\s*"(?P<quoted>.*)"|\.(?P<dotted>.*))?', re.DOTALL)
# What GitPython raises on a file that is no settings file; some of it are mistakes of its own.
_BROKEN: Final = (configparser.Error, GitError, ValueError, LookupError, TypeError, AttributeError, OSError)

_Values = dict[str, str]
"""Settings by their whole name, in lower case but for the middle; the last value of each, `true` where it has none."""


class _Repository(Repo):
    """A repository whose own settings are read without what they include."""

    def _config_reader(self, config_level: object = None, git_dir: object = None) -> GitConfigParser:  # noqa: ARG002 - theirs
        """Read the files of the repository itself, of a linked worktree its own too; opening asks for them as well."""
        above = [self.common_dir, self.git_dir] if git_dir is None else [str(git_dir)] * 2
        files = [os.path.join(above[0], "config"), os.path.join(above[1], "config.worktree")]
        return GitConfigParser(
            [name for name in files if _may_be_read(name)], read_only=True, merge_includes=False, repo=self
        )

    def user_reader(self) -> GitConfigParser:
        """Read the user's own settings, with what they include."""
        home = os.path.expanduser("~")
        above = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
        files = ["/etc/gitconfig", os.path.join(above, "git", "config"), os.path.join(home, ".gitconfig")]
        return GitConfigParser([name for name in files if _may_be_read(name)], read_only=True, repo=self)


def facts_of(git: Git) -> RepositoryFacts:
    """Tell what `Workspace.facts` promises."""
    commit, branch = head_of(git)
    own, users, unread = _settings(git)
    values = {**users, **own}
    return RepositoryFacts(
        branch=branch,
        head=commit,
        bare=git.bare,
        shallow=_size(os.path.join(git.common_dir, b"shallow")) > 0,
        sparse=_flag(own, "core.sparsecheckout"),
        partial=any(name.startswith("remote.") and name.endswith(".promisor") for name in own),
        operation=operation(git),
        linked_worktrees=tuple(_linked(git)),
        submodules=tuple(_submodules(git)),
        remotes=tuple(_remotes(own)),
        programs=tuple(_programs(git, values)),
        signs=_flag(values, "commit.gpgsign"),
        named=_is_set(values, "name"),
        mailed=_is_set(values, "email"),
        includes=sum(1 for name in own if name == "include.path" or name.startswith("includeif.")),
        unread=unread,
        object_format=git.object_format.decode("ascii", "replace"),
        index_version=_index_version(os.path.join(git.git_dir, b"index")),
        stages=sum(1 for _ in _stages(git)),
    )


def _settings(git: Git) -> tuple[_Values, _Values, str]:
    """The repository's own settings, the user's, and why they could not be read."""
    for name in (os.path.join(git.common_dir, b"config"), os.path.join(git.git_dir, b"HEAD")):
        if not _may_be_read(name):
            return {}, {}, f"{quote(name)} is not a file that can be read"
    own: _Values = {}
    try:
        with contextlib.closing(_Repository(os.fsdecode(git.git_dir), expand_vars=False)) as repository:
            own = _flat(repository.config_reader())
            return own, _flat(repository.user_reader()), ""
    except _BROKEN as error:
        lines = redact(str(error)).split("\n")
        return own, {}, "".join(letter if letter.isprintable() else "�" for letter in lines[0])[:300]


def _flat(reader: GitConfigParser) -> _Values:
    found: _Values = {}
    for section in reader.sections():
        parts = _SECTION.fullmatch(section)
        if parts is None:
            continue
        middle = parts["quoted"] if parts["quoted"] is not None else (parts["dotted"] or "").lower()
        for option, values in reader.items_all(section):
            name = ".".join(part for part in (parts["name"].lower(), middle, option.lower()) if part)
            found[name] = "true" if values[-1] is None else str(values[-1])
    return found


def _flag(values: _Values, name: str) -> bool:
    return values.get(name, "").lower() in _TRUE


def _is_set(values: _Values, what: str) -> bool:
    """As a landing asks: an author and a committer of their own do as well."""
    return bool(values.get(f"user.{what}") or (values.get(f"author.{what}") and values.get(f"committer.{what}")))


def _programs(git: Git, values: _Values) -> Iterator[str]:
    """What git would run here for a user who does not stop it."""
    drivers = {found.groups() for name, value in values.items() if value and (found := _DRIVER.fullmatch(name))}
    yield from (f"{kind} {_shown(name)}" for kind, name in sorted(drivers)[:_MOST])
    monitor = values.get("core.fsmonitor", "").lower()
    if monitor not in _FALSE:
        yield "fsmonitor"
    if _flag(values, "commit.gpgsign"):
        yield "signing"
    hooks = os.path.join(git.common_dir, b"hooks")
    if values.get("core.hookspath"):
        chosen = os.path.expanduser(os.fsencode(values["core.hookspath"]))
        hooks = os.path.join(git.top or git.git_dir, chosen)
    yield from (f"hook {_shown(quote(name))}" for name in _hooks(hooks)[:_MOST])


def _hooks(folder: bytes) -> list[bytes]:
    with contextlib.suppress(OSError, ValueError):
        return sorted(
            name
            for name in os.listdir(folder)
            if not name.endswith(b".sample") and os.access(os.path.join(folder, name), os.X_OK)
        )
    return []


def _remotes(own: _Values) -> Iterator[tuple[str, str]]:
    urls = sorted(item for item in own.items() if item[0].startswith("remote.") and item[0].endswith(".url"))
    for name, url in urls[:_MOST]:
        yield _shown(name.removeprefix("remote.").removesuffix(".url")), _shown(without_password(url))


def without_password(url: str) -> str:
    """Give a remote's address without what lets anybody in: the user and password of a URL, its query, any secret.

    The user of an ssh address stays (`git@host:path`): it is a name and no secret.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return "[redacted]"
    if "://" not in url:
        return redact(url)
    user, at, host = parts.netloc.rpartition("@")
    name = user.partition(":")[0] if parts.scheme in ("ssh", "git+ssh") else "[redacted]"
    query = "?[redacted]" if parts.query or parts.fragment else ""
    return redact(f"{parts.scheme}://{name + '@' if at else ''}{host}{parts.path}{query}")


def _linked(git: Git) -> Iterator[str]:
    folder = os.path.join(git.common_dir, b"worktrees")
    with contextlib.suppress(OSError):
        for name in sorted(os.listdir(folder))[:_MOST]:
            link = os.path.join(folder, name, b"gitdir")
            if _may_be_read(link):
                with open(link, "rb") as stream:
                    yield quote(os.path.dirname(stream.readline().rstrip(b"\n")))


def _submodules(git: Git) -> Iterator[str]:
    file = os.fsdecode(os.path.join(git.top, b".gitmodules")) if git.top else ""
    if file and _may_be_read(file):
        with contextlib.suppress(*_BROKEN):
            found = _flat(GitConfigParser(file, read_only=True, merge_includes=False))
            paths = sorted(
                value for name, value in found.items() if name.startswith("submodule.") and name.endswith(".path")
            )
            yield from map(_shown, paths[:_MOST])


def _stages(git: Git) -> Iterator[bytes]:
    """Folders of landings that have not ended, or were not cleared away."""
    folder = os.path.join(git.git_dir, OURS)
    with contextlib.suppress(OSError):
        yield from (
            name
            for name in os.listdir(folder)
            if b"." in name and not name.startswith(b"plan-") and os.path.isdir(os.path.join(folder, name))
        )


def _index_version(path: bytes) -> int | None:
    """The number in the index's head (gitformat-index(5)); None without an index."""
    if not _may_be_read(path, largest=None):
        return None
    with contextlib.suppress(OSError), open(path, "rb") as stream:
        head = stream.read(8)
        if len(head) == 8 and head.startswith(b"DIRC"):
            return int.from_bytes(head[4:], "big")
    return None


def _may_be_read(path: str | bytes, largest: int | None = _LARGEST) -> bool:
    """Whether it is a file, and not an endless one: a FIFO or a device would never give its end."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(found.st_mode) and (largest is None or found.st_size <= largest)


def _size(path: bytes) -> int:
    with contextlib.suppress(OSError):
        return os.stat(path).st_size
    return 0


def _shown(text: str) -> str:
    """A name out of a file anybody may have written, for one line."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)[:200]
