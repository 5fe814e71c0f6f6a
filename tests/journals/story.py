"""A journal with every kind of event, every field of them, and the same bytes each time it is written.

A new kind of event or a new field gets its place here, and then `python -m tests.journals.write`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from casework.domain import events as e
from casework.domain.actions import Grants
from casework.domain.anchor import Anchor
from casework.domain.change import ChangeKind
from casework.domain.envelope import Actor, Draft, Origin
from casework.domain.events import Event
from casework.domain.evidence import Proof
from casework.domain.ids import BlobHash, CommentId, CommitId, HunkId, LandingId, QuestionId, RunId, TaskId
from casework.domain.rules import CommandShape, HostShape, RuleId, Wanted
from casework.domain.spec import Criterion, Spec
from casework.domain.survey import HunkMark
from casework.domain.survey_events import HunksSurveyed, TaskSettled

_HUMAN = Actor(kind="human", id="ada", via="lsp", session="s1")
_SHELL = Actor(kind="human", id="ada", via="cli")
_AGENT = Actor(kind="agent", id="scripted", via="worker")
_DAEMON = Actor(kind="daemon")
_DETECTOR = Actor(kind="detector", id="missing-tests")
_TRACKER = Actor(kind="tracker", id="github")

_BASE, _HEAD, _LANDED = (CommitId(letter * 40) for letter in "abc")
_TARGET = "refs/heads/main"
_NPM = CommandShape(words=("npm", "install"), names=True, hosts=("packages.example:443",))
_HUNKS = (HunkId("0123456789abcdef"), HunkId("0123456789abcdef-2"))


def _blob(n: int) -> BlobHash:
    return BlobHash(f"{n:064x}")


def _landing(n: int) -> LandingId:
    return LandingId(f"00000000-0000-7000-8000-00001a{n:06x}")


class _Writer:
    """Gives drafts numbers, times and the envelope of one task."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self.task: TaskId | None = None
        self.run: RunId | None = None

    def begin(self, number: int) -> None:
        self.task, self.run = TaskId(f"00000000-0000-7000-8000-00007a{number:06x}"), None

    def begin_run(self, number: int) -> None:
        self.run = RunId(f"00000000-0000-7000-8000-00004a{number:06x}")

    def __call__(self, event: Event, actor: Actor = _DAEMON, *, origin: Origin = "user", command: str = "") -> Draft:
        n = next(self._numbers)
        return Draft(
            id=f"00000000-0000-7000-8000-{n:012x}",
            event=event,
            actor=actor,
            task=self.task,
            run=self.run,
            origin=origin,
            command=command or None,
            cause=f"00000000-0000-7000-8000-{n - 1:012x}" if n % 7 == 0 else None,
            at=1_790_000_000_000_000 + n * 1_000_000,
        )


def story() -> list[Draft]:
    """Give the drafts, in order."""
    write = _Writer()
    return [
        *_trust(write),
        *_a_change_that_lands_and_is_undone(write),
        *_a_change_that_can_not_land(write),
        *_a_range_that_is_read(write),
        *_a_run_that_fails_and_one_that_is_stopped(write),
        *_proposals(write),
        *_a_survey(write),
        *_checks(write),
        *_a_change_that_is_read_twice(write),
    ]


def _trust(write: _Writer) -> Iterator[Draft]:
    yield write(e.RepositorySeen(repository="r1", path="/home/ada/cards", common_dir="/home/ada/cards/.git"))
    yield write(e.TrustGranted(repository="r1", path="/home/ada/cards"), _SHELL, command="c1")
    yield write(e.TrustRevoked(repository="r1", path="/home/ada/cards"), _SHELL)
    yield write(e.RuleAdded(id=RuleId("rule-1"), repository="r1", path="/home/ada/cards", shape=_NPM), _SHELL)
    yield write(e.RuleRemoved(id=RuleId("rule-1")), _SHELL)
    yield write(e.ChecksChosen(repository="r1", commands=("pytest -q",), environment="/home/ada/env"), _SHELL)


def _opened(kind: ChangeKind, *, run: int | None = None) -> e.ReviewOpened:
    return e.ReviewOpened(
        change_kind=kind,
        base=_BASE,
        head=_HEAD,
        diff_hash="d" * 64,
        manifest=_blob(1),
        comment=_blob(2),
        target=None if kind == "range" else _TARGET,
        files=2,
        hunks=2,
        minutes=3,
        run=run,
        range_text="main~3..main" if kind == "range" else "",
        authors=_blob(3) if kind == "branch" else None,
        top="/home/ada/shop",
        diverged=kind == "branch",
    )


def _a_conversation(write: _Writer) -> Iterator[Draft]:
    yield write(e.TurnKept(n=1, role="result", content=_blob(21), call="toolu_1"), _AGENT)
    yield write(e.ModelOutOfReach(why="The model can't be reached."))
    yield write(e.ModelBack())


def _a_change_that_lands_and_is_undone(write: _Writer) -> Iterator[Draft]:
    write.begin(1)
    spec = Spec(
        intent="Refuse expired cards.",
        criteria=(Criterion(id="c1", text="an expired card is refused"),),
        scope=("src/**", '"na\\303\\257ve/**"'),
        checks=("pytest -q",),
    )
    anchor = Anchor(path="src/cards.py", line=3, end_line=4, snippet="def check(card):\n    return True")
    yield write(
        e.TaskAdded(
            number=1, task_kind="change", title="Refuse expired cards", status="backlog", spec=spec, anchor=anchor
        ),
        _HUMAN,
        command="c2",
    )
    yield write(e.TaskQueued(agent="scripted", script=_blob(4), top="/home/ada/shop"), _HUMAN)
    write.begin_run(1)
    yield write(e.RunStarted(n=1, agent="scripted", base=_BASE, worktree="/home/ada/.local/state/w/1"))
    yield write(e.StepBegun(n=1, what="write", summary="src/cards.py"), _AGENT)
    yield write(e.StepDone(n=1, outcome="written"), _AGENT)
    yield write(e.AgentSaid(text=_blob(5), preview="Cards are checked \u2603"), _AGENT, origin="outside")
    yield write(e.UsageCounted(input_tokens=1200, output_tokens=80, cost_microdollars=4100), _AGENT)
    yield write(
        e.QuestionAsked(id=QuestionId("q1"), text="Which clock?", why="Zones.", choices=("UTC", "local")), _AGENT
    )
    yield write(e.QuestionAnswered(id=QuestionId("q1"), answer="UTC"), _HUMAN)
    yield from _a_question_about_an_action(write)
    yield write(e.RunResumed(after_step=1, note="The daemon was restarted."))
    yield write(e.CheckpointKept(n=1, commit=_HEAD))
    yield from _a_conversation(write)
    yield write(e.RunFinished(comment=_blob(2)))
    yield write(_opened("run", run=1))
    yield write(e.HunkDecided(hunks=_HUNKS, decision="accepted"), _HUMAN)
    yield write(e.HunkDecided(hunks=_HUNKS[1:], decision="rejected", reason="Not asked for."), _HUMAN)
    yield write(
        e.CommentAdded(id=CommentId("k1"), text=_blob(6), preview="Why?", hunk=_HUNKS[0], anchor=anchor), _HUMAN
    )
    yield write(e.ReviewAnswered(verdict="request_changes", shown="d" * 64), _HUMAN, command="c3")
    write.begin_run(2)
    yield write(e.RunStarted(n=2, agent="scripted", base=_HEAD, worktree="/home/ada/.local/state/w/2"))
    yield write(e.RunFinished())
    yield write(_opened("run", run=2))
    yield from _a_landing_taken_back(write)


def _a_landing_taken_back(write: _Writer) -> Iterator[Draft]:
    yield write(
        e.ReviewAnswered(
            verdict="approve",
            shown="d" * 64,
            mode="branch",
            message=_blob(7),
            landing=_landing(1),
            left=1,
            branch="cards",
            rest="follow_up",
            only_accepted=True,
        ),
        _SHELL,
        command="c4",
    )
    yield write(e.LandingAnnounced(landing=_landing(1), plan=_blob(8), commit=_LANDED, branch="refs/heads/cards"))
    yield write(e.LandingConfirmed(landing=_landing(1), commit=_LANDED, how_seen="ref", note="Landed on cards."))
    yield write(e.LandingAnnounced(landing=_landing(2), plan=_blob(9), commit=_BASE, undo_of=_landing(1)), _SHELL)
    yield write(e.LandingTakenBack(landing=_landing(1), undo=_landing(2), commit=_BASE))


def _a_question_about_an_action(write: _Writer) -> Iterator[Draft]:
    grants = Grants(hosts=("packages.example:443",))
    yield write(
        e.QuestionAsked(
            id=QuestionId("q2"),
            text="May it run npm install undici@7?",
            choices=("yes, once", "no"),
            wanted=Wanted(digest="5" * 64, grants=grants, shapes=(_NPM, HostShape(host="packages.example:443"))),
        ),
        _AGENT,
    )
    yield write(e.QuestionAnswered(id=QuestionId("q2"), answer="yes, once"), _HUMAN)
    yield write(
        e.ActionRuled(
            what="run npm install undici@7",
            digest="5" * 64,
            allowed=True,
            by="human",
            reason="The user said yes, once.",
            rule="rule-1",
            question=QuestionId("q2"),
            grants=grants,
        ),
        _AGENT,
    )


def _a_change_that_can_not_land(write: _Writer) -> Iterator[Draft]:
    write.begin(2)
    yield write(e.TaskAdded(number=2, task_kind="review", title="Branch cards", status="in_review"), _SHELL)
    yield write(_opened("branch"))
    why = "main moved, so this is what would land."
    yield write(e.ReviewReshown(onto=_LANDED, from_tree="d" * 40, result_tree="e" * 40, why=why, manifest=_blob(10)))
    yield write(e.ReviewAnswered(verdict="approve", shown="e" * 64, mode="fast_forward", landing=_landing(3)), _HUMAN)
    yield write(
        e.LandingUndone(landing=_landing(3), reason="src/cards.py was edited meanwhile.", kept_aside=("a.orig",))
    )


def _checks(write: _Writer) -> Iterator[Draft]:
    write.begin(7)
    yield write(e.TaskAdded(number=7, task_kind="change", title="Round prices", status="backlog"), _HUMAN)
    yield write(e.TaskQueued(agent="scripted"), _HUMAN)
    write.begin_run(5)
    yield write(e.RunStarted(n=1, agent="scripted", base=_BASE, worktree="/home/ada/.local/state/w/5"))
    yield write(e.ChecksBegun(head=_HEAD, commands=("pytest -q",)))
    yield write(e.ChecksBegun(head=_LANDED, commands=("pytest -q",), part="6" * 16))
    captured = e.EvidenceCaptured(
        head=_HEAD,
        command="pytest -q",
        colour="red",
        sentence="`pytest -q`: 1 failed.",
        result=_blob(12),
        output=_blob(13),
        milliseconds=1250,
    )
    yield write(captured)
    yield write(e.ChecksEnded(head=_HEAD, colour="red", sentence="`pytest -q`: 1 failed."))
    proofs = (Proof(criterion="AC1", test="tests/test_price.py::test_total"),)
    yield write(e.RunFinished(comment=_blob(14), words=_blob(16), claims=("AC1",), proofs=proofs), _AGENT)
    yield write(e.RunSentBack(said=_blob(15), sentence="A check is red, so it goes back to its agent."))


def _a_range_that_is_read(write: _Writer) -> Iterator[Draft]:
    write.begin(3)
    yield write(e.TaskAdded(number=3, task_kind="review", title="main~3..main", status="in_review"), _SHELL)
    yield write(_opened("range"))
    yield write(e.ReviewRead(), _HUMAN)


def _a_run_that_fails_and_one_that_is_stopped(write: _Writer) -> Iterator[Draft]:
    write.begin(4)
    ticket = e.TaskAdded(number=4, task_kind="change", title="Sort", status="backlog", ticket=_blob(11))
    yield write(ticket, _TRACKER, origin="member")
    yield write(e.TaskQueued(agent="scripted"), _HUMAN)
    write.begin_run(3)
    yield write(e.RunStarted(n=1, agent="scripted", base=_BASE, worktree="/home/ada/.local/state/w/3"))
    yield write(e.RunFailed(reason="The worker fell silent.", lost=True))
    yield write(e.TaskQueued(agent="scripted"), _HUMAN)
    write.begin_run(4)
    yield write(e.RunStarted(n=2, agent="scripted", base=_BASE, worktree="/home/ada/.local/state/w/4"))
    yield write(e.TaskStopped(reason="Stopped by ada."), _HUMAN)
    yield write(e.TaskSnoozed(until=1_790_100_000_000_000), _HUMAN)
    yield write(e.TaskWoken(reason="The branch has moved."))


def _proposals(write: _Writer) -> Iterator[Draft]:
    for number, (kind, severity) in enumerate((("missing-tests", "low"), ("security-review", "high")), 5):
        write.begin(number)
        added = e.TaskAdded.model_validate(
            {
                "number": number,
                "task_kind": kind,
                "title": f"Look at {kind}",
                "status": "proposed",
                "found_in": 1,
                "why": "Nothing guards it.",
                "severity": severity,
                "fingerprint": f"f{number}",
            }
        )
        yield write(added, _DETECTOR)
    yield write(e.TaskDismissed(reason="Known."), _HUMAN)
    yield write(e.TaskRestored(), _HUMAN)
    yield write(e.TaskDropped(reason="No."), _HUMAN)
    write.begin(5)
    yield write(e.TaskAccepted(), _HUMAN)
    yield write(e.SkeletonKept(path="tests/test_cards.py", text=_blob(12), line=6), _DETECTOR)
    yield write(e.SkeletonTaken(path="tests/test_cards.py"), _HUMAN)
    yield write(e.FollowUpLeftOut(reason="too_many", title="One more"), _AGENT)


def _a_survey(write: _Writer) -> Iterator[Draft]:
    write.begin(20)
    added = e.TaskAdded(
        number=20, task_kind="missing-tests", title="What nothing guards in b..c", status="backlog", fingerprint="s1"
    )
    yield write(added, _SHELL)
    yield write(e.TaskQueued(agent="survey", script=_blob(12), top="/home/ada/shop"), _SHELL)
    write.begin_run(20)
    yield write(e.RunStarted(n=1, agent="survey", base=_HEAD, worktree="/home/ada/.local/state/w/20"))
    guarded = HunkMark(hunk=_HUNKS[0], guard="guarded", why="tests/test_cards.py::test_expired")
    late = HunkMark(hunk=_HUNKS[1], guard="not_looked_at", why="the budget was spent", final=False)
    yield write(HunksSurveyed(marks=(guarded, late)), Actor(kind="agent", id="survey"))
    yield write(e.RunFinished(comment=_blob(13)))
    yield write(TaskSettled(reason="The survey found nothing to propose."))


def _a_change_that_is_read_twice(write: _Writer) -> Iterator[Draft]:
    write.begin(21)
    yield write(e.TaskAdded(number=21, task_kind="review", title="Branch prices", status="in_review"), _SHELL)
    yield write(_opened("branch"))
    yield write(e.HunksSeen(hunks=_HUNKS), _HUMAN)
    yield write(e.HunksSeen(hunks=_HUNKS[1:], seen=False), _HUMAN)
    yield write(e.HunkDecided(hunks=_HUNKS[:1], decision="rejected", reason="Too dear."), _HUMAN)
    begun = CommentId("k2")
    yield write(e.CommentAdded(id=begun, text=_blob(17), preview="Round?", path="src/cards.py"), _HUMAN)
    yield write(e.CommentAdded(id=CommentId("k3"), text=_blob(18), preview="Up.", thread=begun), _AGENT)
    yield write(e.ThreadResolved(thread=begun), _HUMAN)
    yield write(e.ThreadResolved(thread=begun, resolved=False), _HUMAN)
    again = _opened("branch").model_copy(update={"head": _LANDED, "carried": True, "ledger": _blob(19), "cuts": "cd"})
    yield write(again)
    carried = e.HunksCarried(
        hunks=_HUNKS[:1], seen=True, decision="rejected", reason="Too dear.", back=True, back_reason="Too dear."
    )
    yield write(carried)
    yield write(e.HunksCarried(hunks=_HUNKS[1:], stale=True, was="accepted", was_reason="Fine."))
    place = e.ThreadPlace(thread=begun, hunk=_HUNKS[1], line=7, outdated=True)
    yield write(e.ThreadsCarried(places=(place,)))
    parts = tuple(e.PartOfHunk(hunk=HunkId(f"{n}" * 16), was=_HUNKS[0]) for n in (7, 8))
    yield write(e.HunkSplit(hunk=_HUNKS[0], parts=parts, manifest=_blob(7), hunks=4, minutes=2, cuts="ab"), _HUMAN)
    yield write(e.HunkDecided(hunks=(parts[0].hunk,), decision="accepted"), _HUMAN)
    whole = tuple(part.hunk for part in parts)
    yield write(e.HunkJoined(hunk=_HUNKS[0], parts=whole, manifest=_blob(6), hunks=3, minutes=2, cuts="cd"), _HUMAN)
