"""W' for every touched path: looks at the disk, lets git convert in batches, and decides file by file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from casework.domain.repopath import quote
from casework.ports.landing import LandingRefused, LandingRequest
from casework.processes import users_umask
from casework.workspace.git import Git
from casework.workspace.landing.contents import Contents
from casework.workspace.landing.conversion import Conversion
from casework.workspace.landing.index import Index
from casework.workspace.landing.index_plan import Staged
from casework.workspace.landing.merge import Merger
from casework.workspace.landing.names import check_folding
from casework.workspace.landing.places import ABSENT, Blocked, Nested, Seen, look_at, missing_folders
from casework.workspace.landing.rooms import Room
from casework.workspace.landing.working_file import LINK, NOTHING, Outcome, Rules, Side, settle
from casework.workspace.landing.world import Settings
from casework.workspace.objects import Place
from casework.workspace.trees import folders_of

_ATTRIBUTES = b".gitattributes"


@dataclass(slots=True)
class DiskResults:
    """What is to happen on disk."""

    outcomes: dict[bytes, Outcome] = field(default_factory=dict)
    folders: list[bytes] = field(default_factory=list)
    """To be made, outer ones first."""
    not_on_disk: list[bytes] = field(default_factory=list)


def look_at_all(git: Git, staged: Staged) -> dict[bytes, Seen]:
    """Look at every path whose entry changes.

    Raises:
        LandingRefused: see `look_where_it_lands`.
    """
    assert git.top is not None
    changed = [path for path, after in staged.after.items() if after != staged.before[path]]
    leaving = staged.leaving()
    return {path: look_where_it_lands(git.top, path, staged.after[path] is not None, leaving) for path in changed}


def look_where_it_lands(top: bytes, path: bytes, stays: bool, leaving: frozenset[bytes]) -> Seen:
    """Look at one path; what is in the way of it, and goes away with the landing, counts as gone.

    Raises:
        LandingRefused: `blocked`, a link on the way; `nested_repository`; `unreadable`, the disk has no such names, or
            does not let us look.
    """
    try:
        seen = look_at(top, path)
    except OSError as error:
        raise _refused(path, f"can't be looked at on this disk ({error.strerror})", "unreadable") from error
    except Blocked as blocked:
        if leaving.isdisjoint(folders_of([path])):
            why = "is reached through a link, or through something that is not a folder"
            raise _refused(path, why, "blocked") from blocked
        return ABSENT
    except Nested as nested:
        raise _refused(path, "lies in a repository of its own", "nested_repository") from nested
    if seen.kind == "folder" and stays and _makes_room(top, path, leaving):
        return ABSENT
    return seen


def _makes_room(top: bytes, path: bytes, leaving: frozenset[bytes]) -> bool:
    """Whether everything in a folder goes away with the change, so that a file can take its place."""
    inside = {
        os.path.join(folder, name)
        for folder, folders, files in os.walk(os.path.join(top, path))
        for name in [*files, *(link for link in folders if os.path.islink(os.path.join(folder, link)))]
    }
    return bool(inside) and {os.path.relpath(each, top) for each in inside} <= leaving


class DiskPlanner:
    """Decides for all files of one landing."""

    def __init__(
        self,
        git: Git,
        request: LandingRequest,
        settings: Settings,
        contents: Contents,
        merger: Merger,
        room: Room,
    ) -> None:
        assert git.top is not None
        self._git, self._top, self._request, self._settings = git, git.top, request, settings
        self._contents, self._merger, self._room = contents, merger, room

    def plan(self, index: Index, staged: Staged, seen: dict[bytes, Seen]) -> DiskResults:
        """Decide. What is not checked out is added to the flags in `staged`.

        Raises:
            LandingRefused: a file and the change clash, something is in the way, a filter may not run.
        """
        results = DiskResults()
        if self._request.mode == "working_tree":
            return results
        self._leave_out_sparse(index, staged, seen, results)
        if self._folds():
            check_folding(staged.after, index.paths())
        conversion = self._conversion(index)
        converted = [path for path in seen if not _both_links(staged, path)]
        conversion.ask(converted)
        first = {path for path in seen if path.rpartition(b"/")[2] == _ATTRIBUTES}
        self._decide(conversion, staged, {path: seen[path] for path in first}, results)
        if first:
            changed = {path: _bytes_after(results.outcomes[path], seen[path]) for path in first}
            conversion.change_attributes(changed, converted)
        self._decide(conversion, staged, {path: look for path, look in seen.items() if path not in first}, results)
        adds = [path for path, outcome in results.outcomes.items() if outcome.action == "add"]
        results.folders = missing_folders(self._top, adds, staged.leaving())
        return results

    def _decide(self, conversion: Conversion, staged: Staged, seen: Mapping[bytes, Seen], results: DiskResults) -> None:
        if not seen:
            return
        before = _only(staged.before, seen)
        after = _only(staged.after, seen)
        self._contents.load([*before.values(), *after.values()])
        smudged_before = conversion.smudge(before, "before")
        smudged_after = conversion.smudge(after, "after")
        rules = self._rules(conversion)
        for path, look in seen.items():
            base = self._side(before.get(path), smudged_before.get(path))
            theirs = self._side(after.get(path), smudged_after.get(path))
            results.outcomes[path] = settle(rules, path, base, theirs, look)

    def _side(self, place: Place | None, smudged: bytes | None) -> Side | None:
        if place is None or smudged is None:
            return None
        return Side(place, self._contents.get(place), smudged)

    def _rules(self, conversion: Conversion) -> Rules:
        return Rules(
            merger=self._merger,
            clean=lambda path, data: conversion.clean({path: data})[path],
            smudge=lambda path, place: conversion.smudge({path: place}, "after")[path],
            keep=self._contents.put,
            converts=lambda path: conversion.converts(path) or conversion.converts(path, "after"),
            modes=self._settings.flag("core.filemode", default=True),
            links=self._settings.flag("core.symlinks", default=True),
            umask=users_umask(),
        )

    def _conversion(self, index: Index) -> Conversion:
        return Conversion(
            self._git,
            self._contents,
            self._room,
            index_data=index.data,
            filters=self._settings.filters,
            autocrlf=self._settings.autocrlf,
            trusted=self._request.trusted,
            filtered=self._request.mode != "files",
        )

    def _leave_out_sparse(self, index: Index, staged: Staged, seen: dict[bytes, Seen], results: DiskResults) -> None:
        """What is outside the user's sparse checkout and not on disk changes in the commit and the index alone."""
        sparse = self._settings.flag("core.sparsecheckout", default=False)
        outside = _Outside(index) if sparse else None
        for path in [path for path, look in seen.items() if look.kind == "absent"]:
            is_new = staged.before[path] is None and not index.has(path)
            if is_new and outside is not None and outside.has(path):
                staged.flags[path] = "S"
            if "S" in staged.flags[path]:
                results.not_on_disk.append(path)
                results.outcomes[path] = NOTHING
                del seen[path]

    def _folds(self) -> bool:
        """Whether this disk takes two names for one: letters of either case, or composed and not."""
        room = self._room()
        for name, other in ((b"probe-a", b"probe-A"), ("probe-\u00e9".encode(), "probe-e\u0301".encode())):
            with open(os.path.join(room, name), "wb"):
                pass
            if os.path.lexists(os.path.join(room, other)):
                return True
        return False


class _Outside:
    """Whether a new path lies outside the sparse checkout: it does where nothing of its nearest known folder is in it.

    `git sparse-checkout check-rules` would say it, from git 2.41 on.
    """

    def __init__(self, index: Index) -> None:
        self._inside = folders_of(path for path in index.paths() if "S" not in index.flags(path))
        self._known = folders_of(index.paths())

    def has(self, path: bytes) -> bool:
        folder = path.rpartition(b"/")[0]
        while folder not in self._known:
            folder = folder.rpartition(b"/")[0]
        return folder not in self._inside


def _only(places: Mapping[bytes, Place | None], paths: Mapping[bytes, Seen]) -> dict[bytes, Place]:
    return {path: place for path in paths if (place := places[path]) is not None}


def _both_links(staged: Staged, path: bytes) -> bool:
    return all(place is None or place.mode == LINK for place in (staged.before[path], staged.after[path]))


def _bytes_after(outcome: Outcome, seen: Seen) -> bytes | None:
    match outcome.action:
        case "delete":
            return None
        case "none":
            return seen.data if seen.kind == "file" else None
        case "replace" | "add":
            return outcome.data


def _refused(path: bytes, why: str, code: str) -> LandingRefused:
    return LandingRefused(
        f"{quote(path)} {why}, so nothing was landed. Make a branch of the change, or take that path out of it.",
        code=code,
        offered=("branch",),
        paths=(quote(path),),
    )
