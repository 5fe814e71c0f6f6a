"""The commit that lands, and the one that keeps what undo needs. Both exist before anything is touched."""

from __future__ import annotations

import re
from typing import Final

from casework.domain.errors import Trouble
from casework.ports.landing import FileState, LandingPlan, LandingRefused, LandingRequest
from casework.workspace.git import Git
from casework.workspace.git_settings import Allowed
from casework.workspace.landing.world import read_settings
from casework.workspace.objects import NewObjects, Place
from casework.workspace.trees import Tree

LANDING_TRAILER: Final = "Casework-Landing"
TASK_TRAILER: Final = "Casework-Task"
_TRAILER_LINE: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]*: \S.*")
_SIGNING_S: Final = 60.0


def full_message(request: LandingRequest, author: str = "") -> str:
    """The message with its trailers: who helped beside `author`, which task, which landing."""
    text = request.message.replace("\0", "\N{REPLACEMENT CHARACTER}").replace("\r\n", "\n").strip("\n").rstrip()
    text = text or f"Land task {request.number}"
    trailers = [f"Co-authored-by: {_one_line(name)}" for name in dict.fromkeys(request.co_authors) if name != author]
    trailers += [f"{TASK_TRAILER}: {request.task}", f"{LANDING_TRAILER}: {request.landing}"]
    last = text.split("\n\n")[-1]
    block = "\n\n" in text and all(_TRAILER_LINE.fullmatch(line) for line in last.splitlines())
    return text + ("\n" if block else "\n\n") + "\n".join(trailers) + "\n"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def make_commit(git: Git, plan: LandingPlan) -> bytes:
    """Make N, signed where the user's settings ask for it; its only parent is what the plan stands on.

    Raises:
        LandingRefused: `signing_failed`.
    """
    if plan.known_commit is not None:
        return plan.known_commit.encode()
    own = read_settings(git)
    signs = own.signs
    author = f"{own.get('user.name')} <{own.get('user.email')}>"
    if signs and not plan.request.trusted:
        raise LandingRefused(
            "Your settings ask for signed commits, and the program that signs may run only in a trusted repository, "
            "so nothing was landed. Trust the repository, or turn commit.gpgSign off for it, and approve again.",
            code="signing",
        )
    allow: tuple[Allowed, ...] = ("signing",) if signs else ()
    try:
        found = git.ask(
            "commit-tree", *(["-S"] if signs else []), plan.commit_tree, "-p", plan.head,
            stdin=full_message(plan.request, author).encode("utf-8", "replace"), allow=allow, timeout_s=_SIGNING_S,
        )  # fmt: skip
    except Trouble:
        if not signs:
            raise
        found = None
    if found is not None and found.returncode == 0:
        return found.stdout.strip()
    said = found.sentence if found is not None else f"it did not end in {_SIGNING_S:g} s"
    if not signs:
        raise Trouble(f"git can't make the commit: {said}", code="git_failed")
    raise LandingRefused(
        f"The commit could not be signed ({said}), so nothing was landed. "
        "Mend the signing, or turn commit.gpgSign off for this repository, and approve again.",
        code="signing_failed",
        offered=("branch",),
    )


def keep_images(git: Git, plan: LandingPlan, commit: bytes) -> bytes:
    """Make a commit that holds the exact bytes of every touched file, before and after, and both ends of the branch."""
    new = NewObjects(git)
    images = Tree()
    for n, path in enumerate(plan.paths):
        for name, state in (("before", path.before), ("after", path.after)):
            if state.blob:
                images.put(f"{n:06d}.{name}".encode(), Place(b"100644", state.blob.encode()))
    parents = dict.fromkeys((plan.head.encode(), commit))
    real = tuple(parent for parent in parents if parent.strip(b"0"))
    made = new.commit(
        new.add(b"tree", images.data()), real, f"What landing {plan.request.landing} changed, before and after"
    )
    new.write()
    return made


def bytes_of(git: Git, state: FileState) -> bytes:
    """Give the exact bytes of a state.

    Raises:
        Trouble: they are gone from the object store.
    """
    found = git.objects([state.blob.encode()])[0]
    if found is None:
        raise Trouble(f"The kept bytes {state.blob[:12]} are gone from git's store.", code="objects_missing")
    return found.data
