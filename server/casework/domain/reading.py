"""The reading order: what a human should see first, decided by paths and counts alone.

Two runs over the same change give the same order. Nothing here reads a file: a name is a hint about where to look
first, never a reason to leave something out.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import IntEnum
from typing import Final

from casework.domain.change import Change, FileChange
from casework.domain.protected import protection_of


class Shelf(IntEnum):
    """The parts of the order, first to last."""

    WEAKENED_TESTS = 0
    """A test is deleted, or loses more lines than it gains."""
    PROTECTED = 1
    """What runs by itself or steers tools: CI, hooks, editor and agent settings, build entry points."""
    SECURITY = 2
    """Names that speak of authentication, secrets, permissions, cryptography."""
    INTERFACES = 3
    """What others build on: migrations, schemas, published types."""
    CODE = 4
    """Everything else, by directory, tests beside their code."""
    DOCUMENTATION = 5
    """Prose for people."""
    GENERATED = 6
    """Generated files and lock files."""


def in_reading_order(change: Change) -> Change:
    """Give the same change with its files in reading order, each saying in `why_here` why it stands where it stands."""
    subjects = _subjects(change.files)
    names = {_name(file) for file in change.files}
    shelved = {_name(file): _shelved(file, names) for file in change.files}

    def place(file: FileChange) -> tuple[Shelf, str, str, bool, str]:
        path = _name(file)
        subject = subjects.get(path, path)
        shelf = shelved[path if shelved[path][0] is not Shelf.CODE else subject][0]
        return (shelf, _directory(subject), subject, subject != path, path)

    files = tuple(
        file.model_copy(update={"why_here": shelved[_name(file)][1] or _why_of_code(file, subjects)})
        for file in sorted(change.files, key=place)
    )
    return change.model_copy(update={"files": files})


def first_looks(change: Change) -> list[FileChange]:
    """Give the files that deserve the first look: they weaken tests, run by themselves, guard, or are built upon."""
    names = {_name(file) for file in change.files}
    return [file for file in change.files if _shelved(file, names)[0] <= Shelf.INTERFACES]


_TEST: Final = re.compile(
    r"(^|/)(tests?|specs?|__tests__|testing|e2e)/|(^|/)(test_[^/]*|conftest)\.py$"
    r"|[^/](_test|_spec|\.test|\.spec|Tests?|IT|Spec)\.[A-Za-z]+$"
)
_PROTECTED: Final = re.compile(
    r"(^|/)(\.github|\.gitlab|\.circleci|\.buildkite|\.ci|\.husky|\.githooks|\.hooks|\.vscode|\.idea|\.zed|\.nvim|\.helix"
    r"|\.claude|\.codex|\.cursor|\.gemini|\.aider[^/]*|\.continue|\.devcontainer)/"
    r"|(^|/)(\.gitlab-ci\.ya?ml|\.travis\.ya?ml|azure-pipelines\.ya?ml|bitbucket-pipelines\.ya?ml|Jenkinsfile[^/]*|\.drone\.ya?ml"
    r"|\.gitattributes|\.gitmodules|\.gitconfig|\.lfsconfig|\.mailmap|CODEOWNERS|\.pre-commit-config\.ya?ml|lefthook\.ya?ml"
    r"|\.exrc|\.nvimrc|\.nvim\.lua|\.dir-locals\.el|\.editorconfig|\.envrc|\.mcp\.json|\.npmrc|\.yarnrc(\.yml)?|\.pypirc|pip\.conf"
    r"|AGENTS\.md|CLAUDE\.md|GEMINI\.md|\.cursorrules|\.clinerules|\.windsurfrules|copilot-instructions\.md"
    r"|Makefile|GNUmakefile|Dockerfile[^/]*|docker-compose[^/]*\.ya?ml|compose\.ya?ml|setup\.py|build\.rs|sitecustomize\.py)$"
)
_SECURITY: Final = re.compile(
    r"(^|[/_.\-])(auth[a-z]*|oauth\d?|login|session|passwords?|passwd|secrets?|credentials?|tokens?|crypt[a-z]*|ciphers?|tls|ssl|certs?"
    r"|permissions?|polic(y|ies)|acl|rbac|sandbox[a-z]*|security|sanitiz[a-z]*|csrf|cors|jwt|sudo[a-z]*|keys?)([/_.\-]|s?$)",
    re.IGNORECASE,
)
_INTERFACES: Final = re.compile(
    r"(^|/)(migrations?|migrate|schemas?|alembic|api|apis|public|include|proto|ports|wire)/"
    r"|\.(proto|thrift|graphqls?|avsc|xsd|wsdl|sql|pyi|d\.ts|hpp|h|idl)$"
    r"|(^|/)(openapi|swagger)[^/]*\.(ya?ml|json)$|(^|/)(package\.json|pyproject\.toml|Cargo\.toml|go\.mod|pom\.xml|build\.gradle(\.kts)?)$"
)
_DOCUMENTATION: Final = re.compile(
    r"(^|/)(docs?|documentation|changes|changelog\.d|man)/|\.(md|mdx|rst|adoc|txt|org|tex)$|(^|/)(README|LICEN[CS]E|NOTICE|AUTHORS|CHANGELOG|NEWS)[^/]*$",
    re.IGNORECASE,
)
_LOCKS: Final = {
    "package-lock.json": ("package.json",),
    "npm-shrinkwrap.json": ("package.json",),
    "yarn.lock": ("package.json",),
    "pnpm-lock.yaml": ("package.json",),
    "bun.lockb": ("package.json",),
    "bun.lock": ("package.json",),
    "poetry.lock": ("pyproject.toml",),
    "uv.lock": ("pyproject.toml",),
    "pdm.lock": ("pyproject.toml",),
    "Pipfile.lock": ("Pipfile",),
    "Cargo.lock": ("Cargo.toml",),
    "go.sum": ("go.mod",),
    "composer.lock": ("composer.json",),
    "Gemfile.lock": ("Gemfile",),
    "mix.lock": ("mix.exs",),
    "flake.lock": ("flake.nix",),
}
_GENERATED: Final = re.compile(
    r"(^|/)(generated|__generated__|gen|dist|vendor|third_party|node_modules|__snapshots__)/"
    r"|\.(min\.(js|css)|map|snap|pb\.go|g\.dart|designer\.cs)$|(_pb2(_grpc)?\.pyi?|[._]generated\.[A-Za-z]+)$|\.lock$"
)


def _name(file: FileChange) -> str:
    """The path for matching; in quoted form the quotes go, and what is escaped stays escaped."""
    return file.path[1:-1] if file.path.startswith('"') else file.path


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _directory(path: str) -> str:
    return path.rpartition("/")[0]


def _shelved(file: FileChange, changed: Collection[str]) -> tuple[Shelf, str]:
    """Give the shelf and the words that say why; no words for ordinary code."""
    path = _name(file)
    added = sum(hunk.added for hunk in file.hunks)
    removed = sum(hunk.removed for hunk in file.hunks)
    lock = _LOCKS.get(_last(path))
    shelf, why = Shelf.CODE, ""
    if lock and not any(_beside(path, manifest) in changed for manifest in lock):
        shelf, why = Shelf.PROTECTED, "dependencies change and their manifest does not"
    elif lock or _GENERATED.search(path):
        shelf, why = Shelf.GENERATED, "lock file" if lock else "looks generated"
    elif is_test(path) and file.status == "deleted":
        shelf, why = Shelf.WEAKENED_TESTS, "a test is deleted"
    elif is_test(path) and removed > added:
        lost = removed - added
        shelf, why = Shelf.WEAKENED_TESTS, f"a test loses {lost} line{'' if lost == 1 else 's'}"
    elif _PROTECTED.search(path) or protection_of(path) is not None:
        shelf, why = Shelf.PROTECTED, "runs by itself or steers tools"
    elif is_test(path):
        pass
    elif _DOCUMENTATION.search(path):
        shelf, why = Shelf.DOCUMENTATION, "documentation"
    elif _SECURITY.search(path):
        shelf, why = Shelf.SECURITY, "its name speaks of security"
    elif _INTERFACES.search(path):
        shelf, why = Shelf.INTERFACES, "others build on it"
    return shelf, why


def is_test(path: str) -> bool:
    """Tell by its name whether a file is a test, or belongs to tests."""
    return _TEST.search(path) is not None


def _beside(path: str, name: str) -> str:
    directory = _directory(path)
    return f"{directory}/{name}" if directory else name


def _subjects(files: Collection[FileChange]) -> dict[str, str]:
    """Tell for each changed test which changed file it tests, by name; the nearest directory wins."""
    by_stem: dict[str, list[str]] = {}
    for file in files:
        path = _name(file)
        if not is_test(path):
            by_stem.setdefault(_stem(path), []).append(path)
    found = {}
    for file in files:
        path = _name(file)
        candidates = by_stem.get(_tested_stem(path), []) if is_test(path) else []
        if candidates:
            found[path] = max(sorted(candidates), key=lambda candidate: _shared_words(path, candidate))
    return found


def _stem(path: str) -> str:
    return _last(path).partition(".")[0]


def _tested_stem(path: str) -> str:
    stem = _stem(path)
    for ending in ("_test", "_spec", "Tests", "Test", "Spec", "IT"):
        stem = stem.removesuffix(ending)
    return stem.removeprefix("test_")


def _shared_words(one: str, other: str) -> int:
    return len(set(_directory(one).split("/")) & set(_directory(other).split("/")))


def _why_of_code(file: FileChange, subjects: dict[str, str]) -> str:
    path = _name(file)
    if path in subjects:
        return f"test of {_last(subjects[path])}"
    if is_test(path):
        return "test"
    return f"code of {_directory(path)}/" if _directory(path) else "code at the top"
