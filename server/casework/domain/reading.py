"""The reading order: what a human should see first, by risk, then what is built on before what builds on it.

Two runs over the same change give the same order. Nothing here reads a file: which file uses which, what is folded and
what is hidden come in. A name is a hint about where to look first, never a reason to leave something out.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Collection, Mapping
from enum import IntEnum
from typing import Final

from casework.domain.change import Change, FileChange
from casework.domain.protected import protection_of
from casework.domain.repopath import NotAPath, unquote
from casework.domain.showing import hidden_in, twins_in


class Shelf(IntEnum):
    """The parts of the order, first to last."""

    HIDDEN = 0
    """Lines that are not seen as what they are: hidden characters, letters that look like others."""
    WEAKENED_TESTS = 1
    """A test is deleted, is none any more, or loses more lines than it gains."""
    PROTECTED = 2
    """What runs by itself or steers tools: CI, hooks, editor and agent settings, build entry points."""
    SECURITY = 3
    """Names that speak of authentication, secrets, permissions, cryptography."""
    INTERFACES = 4
    """What others build on: migrations, schemas, published types."""
    CODE = 5
    """Everything else, what is used before what uses it, tests beside their code."""
    DOCUMENTATION = 6
    """Prose for people."""
    GENERATED = 7
    """Generated files and lock files."""
    FOLDED = 8
    """Files of which everything is folded."""


Uses = Mapping[str, Collection[str]]
"""The paths that each path uses: imports, includes."""


def in_reading_order(change: Change, uses: Uses | None = None) -> Change:
    """Give the same change with its files and folds in reading order; `why_here` of each file says why it stands there.

    `uses` has paths as they stand in the change. Where files use each other in a circle, their names decide.
    """
    subjects = _subjects(change.files)
    names = {_name(file) for file in change.files}
    folded = frozenset(hunk for fold in change.folds for hunk in fold.hunks)
    shelved = {_name(file): _shelved(file, names, folded) for file in change.files}

    def shelf_of(path: str) -> Shelf:
        return shelved[path if shelved[path][0] is not Shelf.CODE else subjects.get(path, path)][0]

    ranks = _ranks(names, subjects, shelf_of, uses or {})

    def place(file: FileChange) -> tuple[Shelf, int, bool, str]:
        path = _name(file)
        subject = subjects.get(path, path)
        return (shelf_of(path), ranks[subject], subject != path, path)

    files = tuple(
        file.model_copy(update={"why_here": shelved[_name(file)][1] or _why_of_code(file, subjects)})
        for file in sorted(change.files, key=place)
    )
    at = {hunk: n for n, hunk in enumerate(hunk for file in files for hunk in file.judged)}
    folds = (
        fold.model_copy(update={"hunks": tuple(sorted(fold.hunks, key=at.__getitem__))})
        for fold in sorted(change.folds, key=lambda fold: min(at[hunk] for hunk in fold.hunks))
    )
    return change.model_copy(update={"files": files, "folds": tuple(folds)})


def _ranks(
    names: Collection[str], subjects: Mapping[str, str], shelf_of: Callable[[str], Shelf], uses: Uses
) -> dict[str, int]:
    """Number the files so that, on one shelf, what is used comes before what uses it; else by directory and name.

    A circle is entered at its first name.
    """
    nodes = {subjects.get(name, name) for name in names}
    waits: dict[str, set[str]] = {node: set() for node in nodes}
    users: dict[str, set[str]] = {node: set() for node in nodes}
    for user, used in uses.items():
        if user in nodes and subjects.get(user, user) == user:
            on = {one for name in used if (one := subjects.get(name, name)) in nodes and one != user}
            waits[user] = {one for one in on if shelf_of(one) is shelf_of(user)}
            for one in waits[user]:
                users[one].add(user)
    key = {node: (_directory(node), node) for node in nodes}
    free = [(key[node], node) for node in nodes if not waits[node]]
    heapq.heapify(free)
    left = sorted(nodes, key=key.__getitem__, reverse=True)
    ranks: dict[str, int] = {}
    while len(ranks) < len(nodes):
        while not free:  # only circles are left, and what builds on them
            if (first := left.pop()) not in ranks:
                left.append(first)
                first = _circle(first, waits, key)
                free = [(key[first], first)]
        _, node = heapq.heappop(free)
        if node in ranks:
            continue
        ranks[node] = len(ranks)
        for user in users[node]:
            waits[user].discard(node)
            if not waits[user] and user not in ranks:
                heapq.heappush(free, (key[user], user))
    return ranks


def first_looks(change: Change) -> list[FileChange]:
    """Give the files that deserve the first look: they weaken tests, run by themselves, guard, or are built upon."""
    names = {_name(file) for file in change.files}
    folded = frozenset(hunk for fold in change.folds for hunk in fold.hunks)
    return [file for file in change.files if _shelved(file, names, folded)[0] <= Shelf.INTERFACES]


def _circle(node: str, waits: Mapping[str, Collection[str]], key: Mapping[str, tuple[str, str]]) -> str:
    """Give the first name of the circle that a file waits for, or is part of."""
    seen: dict[str, None] = {}
    while node not in seen:
        seen[node] = None
        node = min(waits[node], key=key.__getitem__)
    walked = list(seen)
    return min(walked[walked.index(node) :], key=key.__getitem__)


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


def _old_name(file: FileChange) -> str:
    old = file.old_path or file.path
    return old[1:-1] if old.startswith('"') else old


def _plain(path: str) -> str:
    try:
        return unquote(path).decode("utf-8", "replace") if path.startswith('"') else path
    except NotAPath:
        return path


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _directory(path: str) -> str:
    return path.rpartition("/")[0]


def _shelved(file: FileChange, changed: Collection[str], folded: frozenset[str]) -> tuple[Shelf, str]:
    """Give the shelf and the words that say why; no words for ordinary code."""
    path = _name(file)
    hunks = [hunk for hunk in file.hunks if hunk.id not in folded]
    added, removed = sum(hunk.added for hunk in hunks), sum(hunk.removed for hunk in hunks)
    lock = _LOCKS.get(_last(path))
    shelf, why = Shelf.CODE, ""
    if (hidden := _hides(file)) is not None:
        shelf, why = Shelf.HIDDEN, hidden
    elif folded and not folded.isdisjoint(file.judged) and folded.issuperset(file.judged):
        shelf, why = Shelf.FOLDED, "folded"
    elif lock and not any(_beside(path, manifest) in changed for manifest in lock):
        shelf, why = Shelf.PROTECTED, "dependencies change and their manifest does not"
    elif lock or _GENERATED.search(path):
        shelf, why = Shelf.GENERATED, "lock file" if lock else "looks generated"
    elif is_test(path) and file.status == "deleted":
        shelf, why = Shelf.WEAKENED_TESTS, "a test is deleted"
    elif was_test(file) and not is_test(path):
        shelf, why = Shelf.WEAKENED_TESTS, "a test is moved away from the tests"
    elif is_test(path) and removed > added:
        lost = removed - added
        shelf, why = Shelf.WEAKENED_TESTS, f"a test loses {lost} line{'' if lost == 1 else 's'}"
    elif is_protected(path) or is_protected(_old_name(file)):
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


def _hides(file: FileChange) -> str | None:
    """Say what in a file is not seen as what it is: in its name, or in lines that the change brings."""
    path = _plain(file.path)
    if any(hidden_in(path)) or any(twins_in(path)):
        return "its name is not what it looks like"
    kinds = {mark.kind for hunk in file.hunks for mark in hunk.marks if mark.is_added}
    if "hidden" in kinds:
        return "holds hidden characters"
    return "holds letters that look like others" if "twin" in kinds else None


def is_protected(path: str) -> bool:
    """Tell by its name whether a file runs by itself or steers tools."""
    return _PROTECTED.search(path) is not None or protection_of(path) is not None


def is_interface(path: str) -> bool:
    """Tell by its name whether others build on a file, in an order or under a name that may matter."""
    return _INTERFACES.search(path) is not None


def manifests_of(path: str) -> tuple[str, ...]:
    """Give the files of which one leads to this lock file; empty for what is none."""
    return tuple(_beside(path, name) for name in _LOCKS.get(_last(path), ()))


def was_test(file: FileChange) -> bool:
    """Tell whether what was renamed was a test."""
    return file.status == "renamed" and is_test(_old_name(file))


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
