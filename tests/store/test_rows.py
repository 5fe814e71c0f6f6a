"""The canonical bytes of a row are what rows.py says, by an implementation that shares nothing with it."""

from __future__ import annotations

import hashlib
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from casework.domain.envelope import Actor, Draft
from casework.domain.events import TaskAdded
from casework.domain.ids import StreamId, TaskId
from casework.store.rows import GENESIS, Row, RowCoder, digest

_TEXT = st.text(st.characters(codec="utf-8"), max_size=40)


@settings(deadline=None)
@given(
    title=_TEXT,
    actor=_TEXT,
    command=st.none() | _TEXT,
    at=st.integers(0, 2**62),
    prev=st.binary(min_size=32, max_size=32),
)
def test_the_digest_is_over_the_documented_bytes(
    title: str, actor: str, command: str | None, at: int, prev: bytes
) -> None:
    added = TaskAdded(number=1, task_kind="change", title=title, status="backlog")
    draft = Draft(id="i", event=added, actor=Actor(kind="agent", id=actor), task=TaskId("t"), command=command, at=at)
    coder = RowCoder(StreamId("s"))
    written, last = coder.rows([draft, draft], after=6, epoch=3, prev=prev)
    rows = [Row._make(values) for values in written]
    assert [row.seq for row in rows] == [7, 8]
    before = prev
    for row in rows:
        assert row.prev == before
        header = json.dumps(row[:13], ensure_ascii=False, separators=(",", ":")).encode()
        before = hashlib.sha256(before + header + b"\n" + row.data.encode()).digest()
        assert digest(row) == before
        assert coder.recorded(row).draft == draft
    assert last == before


def test_the_bytes_of_one_row_are_pinned() -> None:
    """A released journal must verify for ever: this digest never changes."""
    added = TaskAdded(number=1, task_kind="change", title='na\u00efve "\u2603"\n', status="backlog")
    draft = Draft(id="i", event=added, actor=Actor(kind="human", id="ada"), task=TaskId("t"), command="c", at=5)
    rows, last = RowCoder(StreamId("s")).rows([draft], after=0, epoch=1, prev=GENESIS)
    assert Row._make(rows[0]).actor == '{"kind":"human","id":"ada","via":"","session":""}'
    assert last.hex() == "f290ea86e5e1a7e83edf6fae3189ad2585dd2001fb42b3e69f1fc28e0272d857"


def test_actors_that_come_and_go_are_told_apart() -> None:
    coder = RowCoder(StreamId("s"))
    added = TaskAdded(number=1, task_kind="change", title="t", status="backlog")
    drafts = [Draft(id=str(n), event=added, actor=Actor(kind="human", id=str(n % 700))) for n in range(1400)]
    rows, _ = coder.rows(drafts, after=0, epoch=1, prev=GENESIS)
    assert [coder.recorded(Row._make(values)).draft for values in rows] == drafts
