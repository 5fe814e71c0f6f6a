"""What git is told so that it executes nothing of a repository, and forgets what it was told outside.

Turned off: hooks, the fsmonitor, filters, textconv and external diffs, merge drivers, pagers, editors, gpg, ssh,
askpass, credential helpers, trailers' commands, automatic maintenance, looking into submodules, every transport (a
partial clone fetches nothing), replace refs and grafts. Drivers have names that the repository chooses, so its
configuration is listed before any command that could run one. Attributes and excludes stay as the user's own git sees
them: they select, but with nothing to select they run nothing. No process is started here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

Allowed = Literal["filters", "hooks", "signing"]
"""What a trusted repository may run, and only where a caller asks for it."""

# Harmless programs rather than empty values: git runs an empty driver as an empty command and fails.
_SETTINGS: Final[tuple[tuple[bytes, bytes], ...]] = (
    (b"core.fsmonitor", b"false"),
    (b"core.pager", b"cat"),
    (b"core.editor", b"false"),
    (b"core.askPass", b"false"),
    (b"core.sshCommand", b"false"),
    (b"core.gitProxy", b"false"),
    (b"core.alternateRefsCommand", b"false"),
    (b"core.quotePath", b"false"),
    (b"sequence.editor", b"false"),
    (b"credential.helper", b""),
    (b"protocol.allow", b"never"),
    (b"uploadpack.packObjectsHook", b"false"),
    (b"interactive.diffFilter", b"cat"),
    (b"log.showSignature", b"false"),
    (b"submodule.recurse", b"false"),
    (b"fetch.recurseSubmodules", b"false"),
    (b"gc.auto", b"0"),
    (b"maintenance.auto", b"false"),
    (b"i18n.commitEncoding", b"UTF-8"),
    (b"i18n.logOutputEncoding", b"UTF-8"),
)
_NO_HOOKS: Final = ((b"core.hooksPath", b"/dev/null"),)
_NO_SIGNING: Final = (
    (b"commit.gpgSign", b"false"),
    (b"tag.gpgSign", b"false"),
    (b"gpg.program", b"false"),
    (b"gpg.openpgp.program", b"false"),
    (b"gpg.x509.program", b"false"),
    (b"gpg.ssh.program", b"false"),
    (b"gpg.ssh.defaultKeyCommand", b"false"),
)
_ENVIRONMENT: Final[dict[bytes, bytes]] = {
    b"LC_ALL": b"C",
    b"LANGUAGE": b"",
    b"GIT_ALLOW_PROTOCOL": b"",
    b"GIT_ASKPASS": b"false",
    b"SSH_ASKPASS": b"false",
    b"GIT_EDITOR": b"false",
    b"GIT_SEQUENCE_EDITOR": b"false",
    b"GIT_GRAFT_FILE": b"/dev/null",
    b"GIT_NO_LAZY_FETCH": b"1",
    b"GIT_NO_REPLACE_OBJECTS": b"1",
    b"GIT_OPTIONAL_LOCKS": b"0",
    b"GIT_PAGER": b"cat",
    b"PAGER": b"cat",
    b"GIT_SSH_COMMAND": b"false",
    b"GIT_TERMINAL_PROMPT": b"0",
    b"GIT_LITERAL_PATHSPECS": b"1",
}
_DROPPED: Final = (b"GIT_", b"SSH_ASKPASS", b"EDITOR", b"VISUAL", b"PAGER", b"LC_", b"LANG")

# Drivers by name: the value that makes each of them harmless.
_DRIVER: Final = re.compile(
    rb"(filter\.(?:.*)\.(?:clean|smudge|process|required)|diff\.(?:.*)\.(?:command|textconv)|merge\.(?:.*)\.driver"
    rb"|trailer\.(?:.*)\.(?:command|cmd)|credential\.(?:.*)\.helper|remote\.(?:.*)\.(?:vcs|uploadpack|receivepack))",
    re.DOTALL,
)
_HARMLESS: Final[dict[bytes, bytes]] = {
    b"clean": b"",
    b"smudge": b"",
    b"process": b"",
    b"required": b"false",
    b"command": b"true",
    b"cmd": b"true",
    b"textconv": b"cat",
    b"driver": b"false",
    b"helper": b"",
    b"vcs": b"none",
    b"uploadpack": b"false",
    b"receivepack": b"false",
}
# These never look at a driver, whatever their arguments are; before any other command the drivers are listed anew.
_DRIVERLESS: Final = frozenset(
    {b"check-attr", b"check-ignore", b"commit-tree", b"config", b"for-each-ref", b"ls-files", b"ls-tree", b"merge-base"}
    | {b"merge-file", b"mktree", b"read-tree", b"reflog", b"rev-list", b"rev-parse", b"symbolic-ref", b"update-ref"}
    | {b"var", b"version", b"write-tree", b"count-objects", b"show-ref", b"check-ref-format", b"unpack-objects"}
    | {b"diff-tree"}  # with the options of `guarded`
)
_PLAIN: Final = [b"--no-ext-diff", b"--no-textconv"]
# Git asks a submodule whether it is dirty by a git of its own, which forgets our settings.
_SHUT: Final = [b"--ignore-submodules=dirty"]
_GUARDS: Final[dict[bytes, list[bytes]]] = {
    b"diff": [*_PLAIN, *_SHUT],
    b"diff-files": [*_PLAIN, *_SHUT],
    b"diff-index": [*_PLAIN, *_SHUT],
    b"diff-tree": _PLAIN,
    b"format-patch": _PLAIN,
    b"log": _PLAIN,
    b"show": _PLAIN,
    b"status": _SHUT,
}


def may_run_drivers(command: Sequence[bytes]) -> bool:
    """Tell whether git could look for a filter, diff or merge driver while it runs `command`."""
    match command[0]:
        case b"cat-file":
            return any(arg.startswith((b"--f", b"--t", b"--batch-command")) for arg in command[1:])
        case b"hash-object":
            return b"--no-filters" not in command
        case b"update-index":
            # Writing an index cleans racy entries again, so even `--index-info` may run a filter.
            return True
        case name:
            return name not in _DRIVERLESS


def guarded(command: Sequence[bytes]) -> list[bytes]:
    """Give `command` with the options that keep it from running a driver, or a git of its own in a submodule."""
    return [command[0], *_GUARDS.get(command[0], ()), *command[1:]]


def harmless_drivers(names: Iterable[bytes]) -> tuple[tuple[bytes, bytes], ...]:
    """Give, for each driver among the `names` of settings, the setting that makes it harmless."""
    found = sorted({name for name in names if _DRIVER.fullmatch(name)})
    return tuple((name, _HARMLESS[name[name.rindex(b".") + 1 :]]) for name in found)


def settings(allowed: frozenset[str], drivers: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Give the settings for one command; `drivers` come from `harmless_drivers`."""
    found = [*_SETTINGS]
    if "hooks" not in allowed:
        found += _NO_HOOKS
    if "signing" not in allowed:
        found += _NO_SIGNING
    return found + [pair for pair in drivers if not (pair[0].startswith(b"filter.") and "filters" in allowed)]


def environment(
    settings: Sequence[tuple[bytes, bytes]], where: Mapping[bytes, bytes], given: Mapping[bytes, bytes]
) -> dict[bytes, bytes]:
    """Give a process's whole environment: nothing of git's is inherited."""
    kept = {name: value for name, value in os.environb.items() if not name.startswith(_DROPPED)}
    kept[b"PATH"] = _absolute(kept.get(b"PATH", b""))
    counted: dict[bytes, bytes] = {b"GIT_CONFIG_COUNT": str(len(settings)).encode()}
    for n, (key, value) in enumerate(settings):
        counted[b"GIT_CONFIG_KEY_%d" % n] = key
        counted[b"GIT_CONFIG_VALUE_%d" % n] = value
    return {**kept, **_ENVIRONMENT, **counted, **where, **given}


def _absolute(path: bytes) -> bytes:
    """Give the folders of a PATH that are the same wherever one stands: `.` would be the repository git runs in."""
    folders = [folder for folder in path.split(b":") if os.path.isabs(folder)]
    return b":".join(folders) or os.defpath.encode()
