"""Facts about a repository as sentences for a human, each with what mends it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from casework.core.purge import Purge
from casework.ports.agent import AgentFacts
from casework.ports.journal import JournalState
from casework.ports.sandbox import SandboxFacts
from casework.ports.workspace import RepositoryFacts
from casework.wire.views import FindingView


def repository_findings(top: str, facts: RepositoryFacts, *, trusted: bool) -> Iterator[FindingView]:
    """Say what matters for reviews and landings."""
    yield _place(top, facts)
    if facts.unread:
        yield _bad(
            "settings of git",
            f"The repository's settings can't be read: {facts.unread}.",
            "git config --list, and mend what it complains about",
        )
    yield from _identity(facts)
    if facts.operation:
        yield _bad(
            "operation",
            f"{facts.operation[0].upper()}{facts.operation[1:]} is under way: until it is over, a review can land only "
            "as a new branch.",
            "git status says how to finish or abort it",
        )
    yield from _programs(facts, trusted=trusted)
    shape = ", ".join(_shape(facts))
    yield _good(
        "shape", f"{facts.object_format}, index version {facts.index_version or 'none'}{shape and ', ' + shape}"
    )
    yield from (_good("remote", f"{name}: {url}") for name, url in facts.remotes)


def sandbox_finding(facts: SandboxFacts) -> FindingView:
    """Say what confines agents and checks here, and what it does not."""
    best = facts.ends_trees and facts.closes_network and facts.moves_places
    return FindingView(
        what="sandbox",
        ok=facts.confines,
        sentence=facts.sentence,
        mend="" if best else "install bubblewrap 0.8 or newer (on Debian and Ubuntu: apt-get install bubblewrap)",
    )


def journal_findings(state: JournalState, complaint: str) -> Iterator[FindingView]:
    """Say whether everything that was recorded is there, and may be written on."""
    if complaint:
        yield _bad(
            "journal",
            complaint,
            "casework daemon stop: the next start keeps the damaged file aside and recovers every row that can be read",
        )
    else:
        yield _good("journal", f"{state.last_seq} rows, each follows from the one before")
    if state.read_only:
        yield _bad("journal", state.read_only, "use the newer Casework that wrote it")
    if state.repaired:
        yield _good("journal", state.repaired)


def leftover_findings(found: Purge, *, stages: int, landing: int) -> Iterator[FindingView]:
    """Say what lies about of ours."""
    if stages > landing:
        yield _bad(
            "landings",
            f"{_many(stages - landing, 'folder')} of landings that are over could not be cleared away.",
            "casework daemon stop: the next start looks at each, and finishes or removes it",
        )
    count = len(found.leftovers)
    if not count:
        yield _good("leftovers", "nothing to clear away")
        return
    size = sum(one.leftover.bytes for one in found.leftovers) / 1_000_000
    unlanded = sum(1 for one in found.leftovers if one.leftover.unlanded)
    yield FindingView(
        what="leftovers",
        ok=True,
        sentence=f"{_many(count, 'thing')} that no task needs ({size:.1f} MB), {unlanded} with unlanded work",
        mend="casework purge",
    )


def agent_findings(agents: Mapping[str, AgentFacts]) -> Iterator[FindingView]:
    """Say of every agent whether it has what it needs; one that lacks something is no fault of the repository's."""
    for name, facts in agents.items():
        yield FindingView(what="agent", ok=True, sentence=f"{name}: {facts.sentence}", mend=facts.mend)


def _place(top: str, facts: RepositoryFacts) -> FindingView:
    if facts.head is None:
        return _bad("repository", f"{top} has no commit yet, so nothing can be reviewed or landed.", "git commit")
    if facts.bare:
        return _good("repository", f"{top}, bare: a review can land only as a new branch")
    if facts.branch is None:
        return _good("repository", f"{top}, HEAD detached at {facts.head[:12]}: what lands there, no branch holds")
    return _good("repository", f"{top}, on {facts.branch.removeprefix('refs/heads/')}")


def _identity(facts: RepositoryFacts) -> Iterator[FindingView]:
    missing = [what for what, there in (("user.name", facts.named), ("user.email", facts.mailed)) if not there]
    if not missing:
        yield _good("identity", "git knows your name and mail address")
    elif not facts.unread:
        unsure = "; the files that its settings include were not looked at" if facts.includes else ""
        yield FindingView(
            what="identity",
            ok=bool(facts.includes),
            sentence=f"{' and '.join(missing)} not found, without which no commit can be made{unsure}.",
            mend="; ".join(f'git config --global {name} "..."' for name in missing),
        )


def _programs(facts: RepositoryFacts, *, trusted: bool) -> Iterator[FindingView]:
    if not facts.programs:
        yield _good(
            "trust", "trusted" if trusted else "not trusted, so no test and no check of it is run: casework trust"
        )
        return
    named = ", ".join(facts.programs)
    if trusted:
        yield _good("trust", f"trusted; git's programs here: {named}")
        return
    yield FindingView(
        what="trust",
        ok=not facts.signs,
        sentence=f"not run: not trusted: {named}"
        + ("; commits are to be signed, so none can be made before you trust it" if facts.signs else ""),
        mend="casework trust",
    )


def _shape(facts: RepositoryFacts) -> Iterator[str]:
    if facts.shallow:
        yield "shallow"
    if facts.sparse:
        yield "sparse"
    if facts.partial:
        yield "partial (nothing is fetched)"
    if facts.linked_worktrees:
        yield _many(len(facts.linked_worktrees), "linked work tree")
    if facts.submodules:
        yield f"{_many(len(facts.submodules), 'submodule')} (each is a repository of its own)"
    if facts.includes:
        yield f"settings include {_many(facts.includes, 'file')}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _good(what: str, sentence: str) -> FindingView:
    return FindingView(what=what, ok=True, sentence=sentence)


def _bad(what: str, sentence: str, mend: str) -> FindingView:
    return FindingView(what=what, ok=False, sentence=sentence, mend=mend)
