"""One writer per journal: decide, append, fold, tell.

Whoever wants something to have happened hands in a decision: a plain function from the board to drafts. Decisions run
one after the other in the writer's task, so that a rule is always checked against everything recorded before it. A
batch of them is one transaction; until that is committed nobody sees any of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from casework.domain.board import Board
from casework.domain.envelope import Draft, Recorded
from casework.domain.errors import CaseworkError, Trouble
from casework.domain.task import Task
from casework.ports.journal import Journal

logger = logging.getLogger(__name__)

Decide = Callable[[Board], Sequence[Draft]]
Told = Callable[[Sequence[Recorded]], None]

_Step = tuple[Task | None, Task | None, int]
"""One row folded in: the task before and after, and the last number the board had given before."""

_MOST_IN_A_BATCH = 256
_COMMANDS_REMEMBERED = 4096


@dataclass(slots=True)
class _Wish:
    decide: Decide
    command: str | None
    full_sync: bool
    done: asyncio.Future[list[Recorded]]
    rows: list[Recorded] = field(default_factory=list)
    """What it gave, once it is granted."""


class Recorder:
    """The one way anything comes to have happened in a repository."""

    def __init__(self, journal: Journal, board: Board, redact: Callable[[Draft], Draft]) -> None:
        self.board = board
        self._journal = journal
        self._opened = journal.state
        """Of this nothing but `last_seq` ever changes, and the board counts that."""
        self._redact = redact
        self._wishes: list[_Wish] = []
        self._idle: asyncio.Future[None] | None = None
        """What the writer waits for while there is nothing to write."""
        self._commands: OrderedDict[str, list[Recorded]] = OrderedDict()
        self._listeners: list[Told] = []
        self._writer: asyncio.Task[None] | None = None

    @property
    def journal(self) -> Journal:
        """The journal, for reading."""
        return self._journal

    def start(self) -> None:
        """Begin to write."""
        self._writer = asyncio.create_task(self._write(), name="journal writer")
        self._writer.add_done_callback(_log_end)

    async def close(self) -> None:
        """Refuse what still waits, finish what is under way, and close the journal."""
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        while self._wishes:
            self._fail(self._wishes.pop(0), Trouble("Casework is stopping; nothing was recorded.", code="stopping"))
        await self._journal.close()

    def listen(self, told: Told) -> Callable[[], None]:
        """Have `told` called on the loop with every committed and folded batch; gives the way to stop that."""
        self._listeners.append(told)
        return lambda: self._listeners.remove(told)

    async def record(self, decide: Decide, *, command: str | None = None, full_sync: bool = False) -> list[Recorded]:
        """Record what `decide` gives for the board as it is when its turn comes; give the committed rows.

        With a `command` that was recorded before, nothing is decided and the rows of then are given. Cancelling the
        wait does not take the wish back.

        Raises:
            Refused: `decide` said no.
            Trouble: the journal could not be written; nothing was recorded.
        """
        if self._opened.read_only:
            raise Trouble(self._opened.read_only, code="read_only")
        if command is not None:
            before = self._commands.get(command) or await self._journal.answered(command)
            if before:
                return list(before)
        wish = _Wish(decide, command, full_sync, asyncio.get_running_loop().create_future())
        self._wishes.append(wish)
        if self._idle is not None and not self._idle.done():
            self._idle.set_result(None)
        return await wish.done

    async def _write(self) -> None:
        while True:
            if not self._wishes:
                self._idle = asyncio.get_running_loop().create_future()
                await self._idle
            batch = self._wishes[:_MOST_IN_A_BATCH]
            del self._wishes[:_MOST_IN_A_BATCH]
            try:
                await self._commit(batch)
            except asyncio.CancelledError:
                for wish in batch:
                    self._fail(wish, Trouble("Casework is stopping; look whether it was recorded.", code="stopping"))
                raise

    async def _commit(self, batch: list[_Wish]) -> None:
        try:
            granted, rows = await self._decide_and_append(batch)
        except Trouble as trouble:
            for wish in batch:
                self._fail(wish, trouble)
            return
        except Exception as bug:
            logger.exception("decisions could not be recorded")
            for wish in batch:
                self._fail(wish, bug)
            return
        for wish in granted:
            if wish.command is not None and wish.rows:
                self._remember(wish.command, wish.rows)
            if not wish.done.done():
                wish.done.set_result(wish.rows)
        if rows:
            self._tell(rows)

    async def _decide_and_append(self, batch: list[_Wish]) -> tuple[list[_Wish], list[Recorded]]:
        """Give the wishes that were granted and all their rows, which are committed and folded into the board by then.

        Until they are committed nobody sees them: either nothing else runs meanwhile, or the board is put back first.
        """
        with _Tentative(self.board) as tentative:
            granted = self._decide(batch, tentative)
            rows = tentative.rows
            drafts = [row.draft for row in rows]
            expected, full_sync = tentative.begin, any(wish.full_sync for wish in granted)
            if not drafts or (not full_sync and self._journal.append_at_once(drafts, expected_seq=expected)):
                tentative.keep()
                return granted, rows
        await self._journal.append(drafts, expected_seq=expected, full_sync=full_sync)
        tentative.put_again()
        return granted, rows

    def _decide(self, batch: list[_Wish], tentative: _Tentative) -> list[_Wish]:
        """Run the decisions, each on the board with what those before it gave; give the wishes that are granted."""
        granted: list[_Wish] = []
        board, redact, stream, epoch = self.board, self._redact, self._opened.stream, self._opened.epoch
        for wish in batch:
            if self._is_answered(wish, granted):
                continue
            mark = tentative.mark()
            try:
                for wanted in wish.decide(board):
                    draft = redact(wanted if wish.command is None else replace(wanted, command=wish.command))
                    tentative.apply(Recorded(board.last_seq + 1, stream, epoch, draft))
            except CaseworkError as refusal:
                tentative.back_to(mark)
                self._fail(wish, refusal)
            except Exception as bug:
                logger.exception("a decision failed")
                tentative.back_to(mark)
                self._fail(wish, bug)
            else:
                wish.rows = tentative.rows[mark:]
                granted.append(wish)
        return granted

    def _is_answered(self, wish: _Wish, granted: list[_Wish]) -> bool:
        """Answer a command that was recorded before; have one that is about to be wait for the same commit."""
        if wish.command is None:
            return False
        before = self._commands.get(wish.command)
        if before is not None:
            if not wish.done.done():
                wish.done.set_result(list(before))
            return True
        for other in granted:
            if other.command == wish.command:
                wish.rows = list(other.rows)
                granted.append(wish)
                return True
        return False

    def _remember(self, command: str, rows: list[Recorded]) -> None:
        self._commands[command] = rows
        if len(self._commands) > _COMMANDS_REMEMBERED:
            self._commands.popitem(last=False)

    def _tell(self, rows: Sequence[Recorded]) -> None:
        for told in list(self._listeners):
            try:
                told(rows)
            except Exception:
                logger.exception("a listener failed")

    @staticmethod
    def _fail(wish: _Wish, error: Exception) -> None:
        if not wish.done.done():
            wish.done.set_exception(error)


class _Tentative:
    """The board with rows folded in that are not committed yet: taken back at the end, unless they are by then."""

    def __init__(self, board: Board) -> None:
        self.begin = board.last_seq
        """The number of the last row before these."""
        self.rows: list[Recorded] = []
        self._board = board
        self._steps: list[_Step] = []
        self._kept = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._kept:
            self._take_back(0)

    def mark(self) -> int:
        return len(self._steps)

    def apply(self, row: Recorded) -> None:
        board, name = self._board, row.draft.task
        before = board.tasks.get(name) if name is not None else None
        last_number = board.last_number
        self._steps.append((before, board.apply(row), last_number))
        self.rows.append(row)

    def back_to(self, mark: int) -> None:
        """Take back, for good, what was folded in after `mark`."""
        self._take_back(mark)
        del self._steps[mark:], self.rows[mark:]

    def keep(self) -> None:
        """Leave on the board what was folded in: it is committed."""
        self._kept = True

    def put_again(self) -> None:
        """Put what was taken back on the board again: it is committed."""
        board = self._board
        for before, after, _ in self._steps:
            if after is not None:
                board.put(after, before)
        board.last_seq = self.begin + len(self._steps)

    def _take_back(self, mark: int) -> None:
        board = self._board
        for before, after, board.last_number in reversed(self._steps[mark:]):
            if after is not None and before is None:
                board.forget(after)
            elif after is not None and before is not None:
                board.put(before, after)
        board.last_seq = self.begin + mark


def _log_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        logger.error("the journal's writer ended", exc_info=task.exception())
