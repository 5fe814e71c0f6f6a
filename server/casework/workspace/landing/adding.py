"""One new file in the work tree, which its human asked for: never over anything, and through no link."""

from __future__ import annotations

from typing import Final

from casework.domain.errors import Refused, Trouble
from casework.domain.repopath import quote, unquote
from casework.processes import users_umask
from casework.workspace.landing.places import (
    Blocked,
    Nested,
    folder_of,
    look,
    look_at,
    make_folder,
    missing_folders,
    write_whole,
)
from casework.workspace.landing.working_file import new_mode

_NEVER: Final = (b"", b".", b"..", b".git")


def add_file(top: bytes | None, path: str, data: bytes) -> None:
    """Do what `Lander.add_file` promises."""
    if top is None:
        raise Refused("This repository has no work tree, so nothing was written.", code="bare")
    place = unquote(path)
    if any(part.lower() in _NEVER for part in place.split(b"/")):
        raise _in_the_way(place, "that is no place inside the work tree")
    try:
        seen = look_at(top, place)
        if seen.kind == "file" and seen.data == data:
            return
        if seen.kind != "absent":
            raise _in_the_way(place, "something is there already")
        for folder in missing_folders(top, [place], frozenset()):
            make_folder(top, folder)
        with folder_of(top, place) as (handle, name):
            write_whole(handle, handle, name, data, new_mode(users_umask(), executable=False))
            if look(handle, name).data != data:
                raise _in_the_way(place, "something else came there at the same moment")
    except (Blocked, Nested) as no:
        raise _in_the_way(place, "the way there leads through a link, a file or another repository") from no
    except (FileExistsError, FileNotFoundError, NotADirectoryError) as no:
        raise _in_the_way(place, "something else came there at the same moment") from no
    except OSError as error:
        raise Trouble(f"{quote(place)} could not be written: {error.strerror}.", code="not_written") from error


def _in_the_way(path: bytes, why: str) -> Refused:
    return Refused(
        f"{quote(path)} was not written: {why}. Nothing was changed; move it, or write your own file.",
        code="in_the_way",
    )
