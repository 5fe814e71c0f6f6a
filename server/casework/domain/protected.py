"""Files of a repository that make something run by themselves, or tell agents what they may: which, and why.

An agent changes none of them without being let: whatever it writes there would act outside of its box later, on the
user's machine or in their CI. Not here: how that is held (`core/boxes.py`, the sandbox), and who may let it (the gate).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Protected:
    """One protected name."""

    path: str
    """Relative to the top of the work tree; a folder with all that is in it."""
    why: str
    anywhere: bool = False
    """In every folder, and not only at the top."""


_GIT: Final = "git runs hooks, filters and aliases that stand there, and follows where it points"
_EDITOR: Final = "an editor runs tasks and settings that stand there when the folder is opened"
_SHELL: Final = "a shell runs it when somebody enters the folder"
_CI: Final = "a server runs it, with the project's secrets"
_HOOKS: Final = "it names programs that run at the next commit"
_AGENTS: Final = "agents take it for orders, or it names programs and permissions of theirs"
_CONTAINER: Final = "an editor builds and enters a container from it"

TABLE: Final = (
    Protected(".git", _GIT, anywhere=True),
    Protected(".gitmodules", "git fetches and writes what it names", anywhere=True),
    Protected(".githooks", _GIT),
    Protected(".vscode", _EDITOR, anywhere=True),
    Protected(".idea", _EDITOR, anywhere=True),
    Protected(".fleet", _EDITOR),
    Protected(".zed", _EDITOR, anywhere=True),
    Protected(".helix", _EDITOR),
    Protected(".nvim.lua", _EDITOR, anywhere=True),
    Protected(".nvimrc", _EDITOR, anywhere=True),
    Protected(".exrc", _EDITOR, anywhere=True),
    Protected(".vimrc", _EDITOR),
    Protected(".dir-locals.el", _EDITOR, anywhere=True),
    Protected(".devcontainer", _CONTAINER, anywhere=True),
    Protected(".envrc", _SHELL, anywhere=True),
    Protected(".mise.toml", _SHELL, anywhere=True),
    Protected("mise.toml", _SHELL, anywhere=True),
    Protected(".tool-versions", _SHELL, anywhere=True),
    Protected(".github/workflows", _CI),
    Protected(".github/actions", _CI),
    Protected(".gitlab-ci.yml", _CI),
    Protected(".circleci", _CI),
    Protected(".buildkite", _CI),
    Protected(".gitea/workflows", _CI),
    Protected(".forgejo/workflows", _CI),
    Protected(".woodpecker", _CI),
    Protected(".woodpecker.yml", _CI),
    Protected(".drone.yml", _CI),
    Protected(".travis.yml", _CI),
    Protected("azure-pipelines.yml", _CI),
    Protected("bitbucket-pipelines.yml", _CI),
    Protected("Jenkinsfile", _CI),
    Protected(".pre-commit-config.yaml", _HOOKS),
    Protected("lefthook.yml", _HOOKS),
    Protected(".husky", _HOOKS),
    Protected("AGENTS.md", _AGENTS, anywhere=True),
    Protected("AGENTS.override.md", _AGENTS, anywhere=True),
    Protected("CLAUDE.md", _AGENTS, anywhere=True),
    Protected("CLAUDE.local.md", _AGENTS, anywhere=True),
    Protected("GEMINI.md", _AGENTS, anywhere=True),
    Protected(".github/copilot-instructions.md", _AGENTS),
    Protected(".claude", _AGENTS, anywhere=True),
    Protected(".codex", _AGENTS, anywhere=True),
    Protected(".gemini", _AGENTS, anywhere=True),
    Protected(".cursor", _AGENTS, anywhere=True),
    Protected(".cursorrules", _AGENTS, anywhere=True),
    Protected(".windsurf", _AGENTS, anywhere=True),
    Protected(".windsurfrules", _AGENTS, anywhere=True),
    Protected(".mcp.json", _AGENTS, anywhere=True),
)
"""Every name, and why; the page on confinement shows the same table."""

_IGNORED_BY_HFS: Final = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
_PARTS: Final = {tuple(one.path.casefold().split("/")): one for one in TABLE}
_LONGEST: Final = max(len(parts) for parts in _PARTS)


def protection_of(path: str) -> Protected | None:
    """Tell what protects a path relative to the top of a work tree, None where nothing does.

    In every spelling that some file system takes for the same: another case, letters that HFS+ leaves out, dots and
    spaces at the end that NTFS leaves out.
    """
    parts = [_folded(part) for part in path.replace("\\", "/").split("/") if part not in ("", ".")]
    for start in range(len(parts)):
        for length in range(1, _LONGEST + 1):
            found = _PARTS.get(tuple(parts[start : start + length]))
            if found is not None and (start == 0 or found.anywhere):
                return found
    return None


def _folded(name: str) -> str:
    folded = _IGNORED_BY_HFS.sub("", name).casefold().partition(":")[0].rstrip(". ")
    return ".git" if re.fullmatch(r"git~\d+", folded) else folded
