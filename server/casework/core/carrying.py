"""Carries what the human knows of each hunk over to the change that is reviewed next, and threads to their places.

Computed beside the loop, from both manifests; texts are read only of files whose base moved or whose hunks changed.
What it comes to is recorded behind `review.opened`, so that folding the journal needs nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from casework.core.repository import Repository
from casework.core.threads import carried_threads
from casework.domain import events as e
from casework.domain.change import Change, ChangeKind
from casework.domain.errors import CaseworkError
from casework.domain.ids import BlobHash, HunkId
from casework.domain.ledger import Pairing, moved_bases, paired
from casework.domain.ledger_events import HUNKS_PER_EVENT
from casework.domain.ledger_texts import MOST_REFUSALS, LedgerTexts, ReadText, Refusal, what_changed
from casework.domain.lines import Places, lines_of
from casework.domain.redaction import redact
from casework.domain.splits import cut_again, pairing_of_parts, uncut
from casework.domain.task import Decided, Review, Stale, Task

logger = logging.getLogger(__name__)

_LARGEST: Final = 8 * 1024 * 1024
"""Bytes of a file beyond which nothing is looked for in it: its hunks are to be read again where its base moved."""
_ROOM: Final = 7 * 1024 + 512
"""Bytes of one row that are for ids and reasons; a row has 8 KiB."""
_UNDECIDED: Final = Decided("none")


@dataclass(frozen=True, slots=True)
class CarriedOver:
    """What is recorded behind `review.opened`, and what it names."""

    change: Change
    """The change that is reviewed next, with every cut in it that still stands."""
    events: tuple[e.Event, ...] = ()
    ledger: BlobHash | None = None


class _State(NamedTuple):
    """What is known of one hunk."""

    seen: bool = False
    decision: e.Decision = "none"
    reason: str = ""
    stale: Stale | None = None
    back: str | None = None


def carry_over(
    repository: Repository, task: Task, before: Review, change: Change, kind: ChangeKind, run: int | None
) -> CarriedOver:
    """Say what stands of the review before. Blocks: it may read files of both changes.

    Where what was reviewed before can't be read any more, nothing stands: everything is to be read again.
    """
    try:
        then = repository.change(before.manifest)
        texts = texts_of(repository, before)
        whole, git = uncut(then), change
        pairing = paired(whole, git, _places(repository, whole, git))
        change = cut_again(then, git, pairing.kept)
        pairing = pairing_of_parts(pairing, then, change)
    except CaseworkError as gone:
        logger.warning("nothing is carried over in task %s: %s", task.number, gone.sentence)
        return CarriedOver(change, tuple(carried_threads(repository, task, Pairing(), change)))
    refused = _refused(then, before, texts)
    back = _Back(then, change, refused, anew=kind == "run" and run != before.run)
    states = dict(_states(before, change, pairing, back))
    stale = {
        hunk: pairing.changed.get(hunk) or (pairing.kept[hunk],)
        for hunk, state in states.items()
        if state.stale is not None
    }
    fresh = {old for olds in stale.values() for old in olds if old in before.seen}
    shown, now = _shown_texts(repository, (then, fresh), (change, stale))
    read = dict(_read_texts(shown, texts, stale))
    kept = LedgerTexts(
        read={hunk: _redacted(text) for hunk, text in read.items()},
        since={hunk: redact(what_changed(text, now[hunk])) for hunk, text in read.items() if hunk in now},
        refused=refused,
    )
    named = repository.blobs.put(kept.model_dump_json().encode()) if kept != LedgerTexts() else None
    threads = carried_threads(repository, task, pairing, change)
    return CarriedOver(change, (*_events(states), *threads), named)


def texts_of(repository: Repository, review: Review) -> LedgerTexts:
    """Give what a review remembers of texts; nothing where that can't be read any more."""
    if review.ledger is None:
        return LedgerTexts()
    try:
        return LedgerTexts.model_validate_json(repository.blobs.get(review.ledger))
    except (CaseworkError, ValueError) as damaged:
        logger.warning("what was read before is not known any more: %s", damaged)
        return LedgerTexts()


def _places(repository: Repository, then: Change, change: Change) -> Mapping[str, Places]:
    moved = moved_bases(then, change)
    texts = repository.workspace.blobs([blob for pair in moved.values() for blob in pair], largest=_LARGEST)
    return {
        name: Places(lines_of(texts[old]), lines_of(texts[new]))
        for name, (old, new) in moved.items()
        if old in texts and new in texts
    }


def _states(before: Review, change: Change, pairing: Pairing, back: _Back) -> Iterator[tuple[HunkId, _State]]:
    for file in change.files:
        for hunk in file.judged:
            state = _state(before, hunk, pairing)
            again = back.reason_of(hunk, pairing.kept.get(hunk), before)
            if again is not None:
                state = state._replace(back=again)
            if state != _State():
                yield hunk, state


def _state(before: Review, hunk: HunkId, pairing: Pairing) -> _State:
    was = pairing.kept.get(hunk)
    if was is not None:
        decided = before.decisions.get(was, _UNDECIDED)
        return _State(was in before.seen, decided.decision, decided.reason, before.stale.get(was))
    known = [_known(before, old) for old in pairing.changed.get(hunk, ())]
    read = [stale for stale in known if stale is not None]
    if not read:
        return _State()
    for decision in ("rejected", "accepted"):
        found = next((stale for stale in read if stale.was == decision), None)
        if found is not None:
            return _State(stale=found)
    return _State(stale=Stale())


def _known(before: Review, hunk: HunkId) -> Stale | None:
    """What was decided on a hunk that is not there any more; None where nobody ever read it."""
    if hunk in before.seen or hunk in before.decisions:
        decided = before.decisions.get(hunk, _UNDECIDED)
        return Stale(decided.decision, decided.reason)
    return before.stale.get(hunk)


class _Back:
    """Knows again what was rejected."""

    def __init__(self, then: Change, change: Change, refused: Sequence[Refusal], *, anew: bool) -> None:
        self._anew = anew
        """Whether a run made the change anew: whatever is in it, its agent brings."""
        self._there = frozenset(_keys(then).values()) if refused else frozenset()
        self._keys = _keys(change) if refused else {}
        self._reasons = {(one.path, one.core): one.reason for one in refused}

    def reason_of(self, hunk: HunkId, was: HunkId | None, before: Review) -> str | None:
        """Give the reason of then where a hunk brings back what was rejected; None where it does not."""
        if was is not None and was in before.back:
            return before.back[was]
        key = self._keys.get(hunk)
        if key is None or key not in self._reasons:
            return None
        return self._reasons[key] if self._anew or key not in self._there else None


def _keys(change: Change) -> dict[HunkId, tuple[str, str]]:
    """Give what a hunk is known by when it comes again, wherever in its file: its path and its lines."""
    return {
        name: (file.path, core)
        for file in change.files
        for name, core in (
            *((hunk.id, hunk.core or hunk.id.partition("-")[0]) for hunk in file.hunks),
            *(((file.whole, file.whole),) if file.whole is not None else ()),
        )
    }


def _refused(then: Change, before: Review, texts: LedgerTexts) -> tuple[Refusal, ...]:
    """What was rejected so far, without what was accepted later on; the last ones, where it is too much."""
    found = {(one.path, one.core): one for one in texts.refused}
    if before.decisions:
        for hunk, key in _keys(then).items():
            decided = before.decisions.get(hunk)
            if decided is not None and decided.decision == "accepted":
                found.pop(key, None)
            elif decided is not None:
                found[key] = Refusal(path=key[0], core=key[1], reason=redact(decided.reason))
    return tuple(found.values())[-MOST_REFUSALS:]


def _read_texts(
    shown: Mapping[HunkId, ReadText], texts: LedgerTexts, stale: Mapping[HunkId, tuple[HunkId, ...]]
) -> Iterator[tuple[HunkId, ReadText]]:
    """Give what was read of each stale hunk: of one that was stale before, what was read then."""
    for hunk, olds in stale.items():
        parts = [shown.get(old) or texts.read.get(old) for old in olds]
        known = [part for part in parts if part is not None]
        if known:
            yield hunk, ReadText(before="".join(one.before for one in known), after="".join(one.after for one in known))


def _shown_texts(
    repository: Repository, *wanted: tuple[Change, Collection[HunkId]]
) -> Sequence[dict[HunkId, ReadText]]:
    """Give the lines of hunks of several changes, on both sides; those whose contents are gone are left out."""
    found = [
        [(file, hunk) for file in change.files for hunk in file.hunks if hunk.id in hunks] if hunks else []
        for change, hunks in wanted
    ]
    names = {blob for pairs in found for file, _ in pairs for blob in (file.old_blob, file.new_blob)}
    texts = repository.workspace.blobs(names, largest=_LARGEST) if names else {}
    lines = {name: lines_of(text) for name, text in texts.items()} | {"": []}
    return [
        {
            hunk.id: ReadText(
                before=_cut(lines[file.old_blob], hunk.old_start, hunk.old_lines),
                after=_cut(lines[file.new_blob], hunk.new_start, hunk.new_lines),
            )
            for file, hunk in pairs
            if file.old_blob in lines and file.new_blob in lines
        }
        for pairs in found
    ]


def _cut(lines: Sequence[bytes], start: int, count: int) -> str:
    return b"".join(lines[start - 1 : start - 1 + count] if count else ()).decode("utf-8", "replace")


def _redacted(text: ReadText) -> ReadText:
    return ReadText(before=redact(text.before), after=redact(text.after))


def _events(states: Mapping[HunkId, _State]) -> Iterator[e.HunksCarried]:
    """Tell it state by state, as many hunks in a row as it has room for."""
    alike: dict[_State, list[HunkId]] = {}
    for hunk, state in states.items():
        alike.setdefault(state, []).append(hunk)
    for state, hunks in alike.items():
        told = _told(state)
        size = sum(len(text.encode()) for text in (told.reason, told.was_reason, told.back_reason))
        count = max(1, min(HUNKS_PER_EVENT, (_ROOM - size) // 24))
        for at in range(0, len(hunks), count):
            yield told.model_copy(update={"hunks": tuple(hunks[at : at + count])})


def _told(state: _State) -> e.HunksCarried:
    was = state.stale or Stale()
    return e.HunksCarried(
        hunks=(),
        seen=state.seen,
        decision=state.decision,
        reason=_short(state.reason),
        stale=state.stale is not None,
        was=was.was,
        was_reason=_short(was.reason),
        back=state.back is not None,
        back_reason=_short(state.back or "", most=1000),
    )


def _short(reason: str, *, most: int = 5000) -> str:
    """Cut a reason to so many bytes: what stands beside it in its row needs room too."""
    return reason.encode()[:most].decode("utf-8", "ignore")
