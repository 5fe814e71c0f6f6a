"""A repository that would have git run programs at every turn."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from casework.workspace.git import Git
from casework.workspace.landing.lander import GitLander
from tests.landing.corpus import LINES, MINE, THREE
from tests.landing.grounds import Ground, ground
from tests.repositories import numbered

_SETTINGS: Final = (
    "core.fsmonitor",
    "core.pager",
    "core.editor",
    "core.sshCommand",
    "core.askPass",
    "core.alternateRefsCommand",
    "filter.evil.clean",
    "filter.evil.smudge",
    "filter.evil.process",
    "diff.evil.command",
    "diff.evil.textconv",
    "diff.external",
    "merge.evil.driver",
    "gpg.program",
    "credential.helper",
    "trailer.x.command",
    "uploadpack.packObjectsHook",
    "interactive.diffFilter",
    "sequence.editor",
    "core.gitProxy",
    "alias.update-ref",
)
_HOOKS: Final = (
    "post-checkout",
    "post-index-change",
    "reference-transaction",
    "pre-commit",
    "post-commit",
    "commit-msg",
    "fsmonitor-watchman",
    "prepare-commit-msg",
    "pre-auto-gc",
    "post-rewrite",
    "post-merge",
    "update",
)


def trapped(path: Path, tell: Path) -> Ground:
    """Everything that git could be made to run, on files beside the change; it would write into `tell`."""
    made = ground(
        path,
        {"a": LINES, "b.evil": numbered(5), "c": "c\n", ".gitattributes": "*.evil filter=evil diff=evil merge=evil\n"},
        {"a": THREE, "d/new": "n\n", "c": None},
    )
    repository = made.repository
    tell.mkdir()

    def program(name: str) -> str:
        script = path / ".git" / f"trap-{name}"
        script.write_text(f"#!/bin/sh\ntouch '{tell}/{name}'\ncat\n")
        script.chmod(0o755)
        return str(script)

    repository.write({"a": MINE, "b.evil": numbered(5, but={2: "x"})})
    for key in _SETTINGS:
        repository.git("config", key, program(key))
    repository.git("config", "filter.evil.required", "true")
    included = path / ".git" / "included"
    included.write_text(f'[filter "evil"]\n\tclean = {program("included")}\n')
    repository.git("config", "include.path", str(included))
    hooks = path / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in _HOOKS:
        (hooks / name).write_text(f"#!/bin/sh\ntouch '{tell}/hook-{name}'\n")
        (hooks / name).chmod(0o755)
    made.lander = GitLander(Git.open(path))
    return made
