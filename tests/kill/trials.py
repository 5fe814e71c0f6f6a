"""One trial: a fresh copy, the brink, the last act, a kill, a new daemon, no further act of a human, the checker."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from casework import paths
from casework.cli.connection import Daemon
from casework.domain.errors import Trouble
from tests.kill import checker, stories
from tests.kill.checker import Damage, End, Expected
from tests.kill.keeper import Keeper
from tests.kill.switch import Order, Passed
from tests.landing.looking import lines_of_edits
from tests.repositories import Repository
from tests.store.looking import raw_rows
from tests.waiting import wait_until

_ENDS: Final = ["landed", "in_review"]
_PATIENCE_S: Final = 40.0


@dataclass(frozen=True, slots=True)
class Trial:
    """How one trial went."""

    trace: tuple[Passed, ...]
    """What the killed daemon passed and noted, from the last act on."""
    done: bool
    """Whether the act was done in the end; else it was handed back."""
    end: End

    @property
    def places(self) -> list[str]:
        """The boundaries it passed."""
        return [passed.place for passed in self.trace if not passed.is_note]


class Trials:
    """The same story again and again; the first time undisturbed, to see how it looks when it is done."""

    def __init__(self, keeper: Keeper, story: stories.Story, folder: Path) -> None:
        self.keeper, self.story = keeper, story
        self._copies = stories.Copies(story, folder)
        if not keeper.pid:
            keeper.start()
        repository = self._copies.fresh()
        edits = lines_of_edits(repository)
        with keeper.client() as client:
            number = self._to_the_brink(client, repository)
            before = checker.picture(repository)
            keeper.switch.forget()
            story.last_act(client, repository.path, number)
            end = self._at_rest(client, repository, number, asked=True)
        trace = keeper.switch.trace(keeper.pid)
        self._expected = Expected(before, checker.picture(repository))
        self.boundaries = [passed.place for passed in trace if not passed.is_note]
        """Every boundary of the act, in order, from before the first row to the last clearing up."""
        checker.check_expected(story, self._expected, repository, edits)
        assert checker.check(story, repository, self._expected, end, trace, journal_of(repository))
        stories.remove(repository)

    def run(self, order: Order, *, save: bool = False, blind: bool = False, then: Order | None = None) -> Trial:
        """Have the daemon killed as ordered, at the latest when all is at rest; start another one; check.

        With `save` the user saves a file while no daemon lives; with `blind` the new one recovers without looking;
        with `then` it is killed too, and a third one recovers.

        Raises:
            Damage: something is not as it must be.
        """
        keeper, repository = self.keeper, self._copies.fresh()
        with keeper.client() as client:
            number = self._to_the_brink(client, repository)
            keeper.switch.forget()
            keeper.switch.give(order)
            answered = self._last_act(client, repository, number)
        pid = keeper.pid
        keeper.kill()
        trace = tuple(keeper.switch.trace(pid))
        if save:
            stories.save_in_a_bad_moment(repository)
        if then is not None:
            trace += self._kill_recovering(then)
        keeper.switch.give(Order(blind=blind))
        keeper.start()
        asked = answered or any(passed.is_row("review.answered", "landing.announced") for passed in trace)
        with keeper.client() as client:
            self._recover_unasked(client, repository)
            end = self._at_rest(client, repository, number, asked=asked)
        done = checker.check(self.story, repository, self._expected, end, trace, journal_of(repository), saved=save)
        stories.remove(repository)
        return Trial(trace, done, end)

    def _kill_recovering(self, order: Order) -> tuple[Passed, ...]:
        self.keeper.switch.give(order)
        self.keeper.start()
        with suppress(Trouble), self.keeper.client() as client:
            client.ask("casework/daemon/status")
            self._until_at_rest()
        pid = self.keeper.pid
        self.keeper.kill()
        return tuple(self.keeper.switch.trace(pid))

    def _recover_unasked(self, client: Daemon, repository: Repository) -> None:
        """Attach, ask nothing of the repository, and see that looking at it afterwards has nothing left to recover."""
        client.ask("casework/daemon/status")
        self._until_at_rest()
        before, rows = checker.picture(repository), raw_rows(journal_of(repository))
        client.ask("casework/board/read", str(repository.path))
        self._until_at_rest()
        if raw_rows(journal_of(repository)) != rows or checker.picture(repository) != before:
            raise Damage("it was recovered only when somebody asked for the repository")

    def _to_the_brink(self, client: Daemon, repository: Repository) -> int:
        number = self.story.to_the_brink(client, repository.path)
        if not (self.story.undo and self.story.goes_back):  # there a run waits for an answer
            self._until_at_rest()  # an earlier landing may still be clearing up
        return number

    def _last_act(self, client: Daemon, repository: Repository, number: int) -> bool:
        """Do it, and follow it until the daemon dies or all is at rest; whether it was answered."""
        answered = False
        with suppress(Trouble):
            self.story.last_act(client, repository.path, number)
            answered = True
            self._at_rest(client, repository, number, asked=True)
        return answered

    def _at_rest(self, client: Daemon, repository: Repository, number: int, *, asked: bool) -> End:
        view = client.ask(
            "casework/task/wait", str(repository.path), number=number, statuses=_ENDS, timeout_s=_PATIENCE_S
        )
        self._until_at_rest()
        if self.story.goes_back:
            view = client.ask("casework/task/show", str(repository.path), number=number)
        return End(view["card"]["status"], view["reason"], view["commit"], asked)

    def _until_at_rest(self) -> None:
        wait_until(lambda: not self.keeper.is_busy(), description="the daemon is at rest", timeout_s=_PATIENCE_S)


def journal_of(repository: Repository) -> Path:
    """The journal of a repository, where the daemon keeps it."""
    name = (repository.path / ".git/casework/identity").read_text().strip()
    return paths.state_directory() / "repositories" / name / "journal.sqlite3"
