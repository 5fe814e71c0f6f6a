"""Mode `branch`: the accepted change as one commit on its own base, held by a new branch. It touches nothing else."""

from __future__ import annotations

import itertools

from casework.domain.ids import CommitId
from casework.ports.landing import LandingPlan, LandingRefused, LandingRequest
from casework.workspace.git import Git
from casework.workspace.landing.world import check_maker, read_settings


def plan_branch(git: Git, request: LandingRequest) -> LandingPlan:
    """Plan it: the result is always what was shown.

    Raises:
        LandingRefused: a name that git does not take, nobody to make the commit.
    """
    check_maker(read_settings(git), trusted=request.trusted)
    tree = git.run("rev-parse", "--verify", f"{request.accepted}^{{tree}}").strip().decode()
    before = git.run("rev-parse", "--verify", f"{request.base}^{{tree}}").strip().decode()
    return LandingPlan(
        request=request,
        head=request.base,
        branch=free_name(git, request).decode("utf-8", "surrogateescape"),
        moves_from=CommitId(git.null_id.decode()),
        commit_tree=tree,
        result_tree=tree,
        from_tree=before,
        paths=(),
        index_sha256="",
    )


def free_name(git: Git, request: LandingRequest) -> bytes:
    """Give the full name of a branch that does not exist and whose folders are no branches: the next one if need be."""
    wanted = (request.branch_name or f"casework/{request.number}").removeprefix("refs/heads/")
    full = f"refs/heads/{wanted}"
    if wanted.startswith("-") or git.ask("check-ref-format", full).returncode != 0:
        raise LandingRefused(
            f"{wanted!r} is no name that git takes for a branch, so nothing was landed. Give another name.",
            code="bad_branch_name",
            offered=("branch",),
        )
    taken = set(git.run("for-each-ref", "--format=%(refname)", "refs/heads/").splitlines())
    for n in itertools.count(1):
        name = (full if n == 1 else f"{full}-{n}").encode()
        parts = name.split(b"/")
        above = {b"/".join(parts[:depth]) for depth in range(3, len(parts))}
        if name not in taken and taken.isdisjoint(above) and not any(ref.startswith(name + b"/") for ref in taken):
            return name
        if not taken.isdisjoint(above) and n > 1:
            full = f"refs/heads/{wanted.replace('/', '-')}"
    raise AssertionError("counting never ends")
