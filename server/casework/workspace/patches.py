"""A part of a change as a commit: exactly the chosen hunks, applied by position on bytes.

A hunk's position and both blobs are known, so its lines are taken from the head's blob and put in the place of the
base's lines: no patch is parsed or applied, and nothing can apply "with an offset". A mode or a rename comes with any
chosen hunk of its file; a file without hunks is taken whole.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from casework.domain.change import Change, FileChange, Hunk
from casework.domain.errors import Refused, Trouble
from casework.domain.ids import CommitId, HunkId
from casework.domain.repopath import quote, unquote
from casework.workspace.git import Git
from casework.workspace.objects import NewObjects, Place
from casework.workspace.trees import Clash, edit_tree, folders_of, read_trees

_SUBMODULE: Final = "160000"


def select(git: Git, change: Change, chosen: Collection[HunkId], message: str) -> CommitId:
    """Make the commit on the base that holds exactly the chosen hunks; with all of them its tree is the head's.

    Raises:
        Refused: `unknown_hunk`, an id is not of this change; `one_decision`, the choice parts what belongs together.
        Trouble: an object is missing.
    """
    wanted = frozenset(chosen)
    strange = wanted.difference(change.judged)
    if strange:
        raise Refused(
            f"{len(strange)} of the chosen hunks are not part of this change, so nothing was made of the choice. "
            "Open the review again and choose anew.",
            code="unknown_hunk",
        )
    new = NewObjects(git)
    base = change.base.encode()
    if len(wanted) == len(change.judged):
        (head,) = git.objects([change.head.encode() + b"^{tree}"])
        if head is None:
            raise _missing(change.head)
        tree = head.id
    else:
        edits = _edits(new, change, wanted)
        trees = read_trees(git, base, folders_of(edits))
        try:
            tree = edit_tree(new, trees, edits)
        except Clash as clash:
            raise Refused(
                f"{quote(clash.path)} would be a file and a folder at once with this choice, so it can't be made. "
                "Accept or reject what concerns both together.",
                code="one_decision",
            ) from clash
    commit = new.commit(tree, (base,), message)
    new.write()
    return CommitId(commit.decode())


def _edits(new: NewObjects, change: Change, wanted: frozenset[HunkId]) -> dict[bytes, Place | None]:
    removed: dict[bytes, Place | None] = {}
    written: dict[bytes, Place | None] = {}
    partly: list[tuple[FileChange, Sequence[Hunk]]] = []
    for file in change.files:
        taken = wanted.intersection(file.judged)
        if not taken:
            continue
        _refuse_parted_type(file, taken)
        if file.status in ("deleted", "renamed") or not file.new_mode:
            removed[unquote(file.old_path or file.path)] = None
        if len(taken) == len(file.judged):
            if file.new_mode:
                written[unquote(file.path)] = Place(file.new_mode.encode(), file.new_blob.encode())
        else:
            partly.append((file, [hunk for hunk in file.hunks if hunk.id in taken]))
    for (file, _), data in zip(partly, _assemble_all(new.git, partly), strict=True):
        # Of a deletion only a part can be wanted when git splits it into hunks: the file stays, with its old mode.
        mode = (file.new_mode or file.old_mode).encode()
        written[unquote(file.path)] = Place(mode, new.blob(data))
    return removed | written


def _refuse_parted_type(file: FileChange, taken: Collection[HunkId]) -> None:
    if file.status == "type_changed" and len(taken) != len(file.judged):
        raise Refused(
            f"{file.path} becomes another kind of file, so its parts are one decision. Accept or reject all of them.",
            code="one_decision",
        )


def _assemble_all(git: Git, partly: Sequence[tuple[FileChange, Sequence[Hunk]]]) -> list[bytes]:
    blobs = git.objects([name.encode() for file, _ in partly for name in (file.old_blob, file.new_blob) if name])
    found = {each.id.decode(): each.data for each in blobs if each is not None}
    return [_assemble(found, file, hunks) for file, hunks in partly]


def _assemble(found: Mapping[str, bytes], file: FileChange, hunks: Sequence[Hunk]) -> bytes:
    """Put the head's lines of the chosen hunks in the place of the base's."""
    if any(name and name not in found for name in (file.old_blob, file.new_blob)):
        raise _missing(file.old_blob)
    old = lines_of(found.get(file.old_blob, b""))
    new = lines_of(found.get(file.new_blob, b""))
    result: list[bytes] = []
    at = 0
    for hunk in hunks:
        # Where a side has no lines git names the line before; there is none such in a file that is not empty.
        start = hunk.old_start - 1 if hunk.old_lines else hunk.old_start
        begin = hunk.new_start - 1 if hunk.new_lines else hunk.new_start
        result += old[at:start]
        result += new[begin : begin + hunk.new_lines]
        at = start + hunk.old_lines
    result += old[at:]
    return b"".join(result)


def lines_of(data: bytes) -> list[bytes]:
    """Cut into lines as git does: a newline ends a line, nothing else does, and it belongs to the line."""
    lines = data.split(b"\n")
    last = lines.pop()
    return [line + b"\n" for line in lines] + ([last] if last else [])


def _missing(name: str) -> Trouble:
    return Trouble(
        f"Git no longer has the object {name[:12]}, so the choice can't be made. Open the review again.",
        code="objects_missing",
    )
