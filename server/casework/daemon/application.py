"""What the daemon asks of the application it carries, and what it tells about a client. No code that does anything.

The daemon answers `hello` and `initialize` by itself. Only then is the application loaded (`Load`), once for all
sessions; messages of a session wait, in order, until it was configured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from casework.lsp.protocol import SessionServer


class DaemonControl(Protocol):
    """The power over the daemon that a session has: its client may look, and end it."""

    def status(self) -> dict[str, object]:
        """Pid, build, uptime, sessions, paths of socket and log, whether there is work; JSON's types only."""

    def stop(self, *, force: bool = False) -> None:
        """Begin to end. Raises `Refused` (`busy`) when work is under way and not `force`."""


@dataclass(frozen=True, slots=True)
class Session:
    """One client from its `hello` to the end of its connection."""

    id: str
    """Unique while the daemon runs; stands in the log."""
    client: str
    """The name the client gave: `relay`, `cli`, ...; text from outside, at most 64 characters."""
    build: str
    """The client's version, as it says."""
    protocol: int
    """The protocol both sides speak from now on."""
    features: frozenset[str]
    """What the client can do beyond the protocol, as it says."""
    pid: int | None
    """The process at the other end of the socket, where the system tells it."""
    daemon: DaemonControl


class SessionHandler(Protocol):
    """The application's side of one session."""

    async def configure(self, server: SessionServer) -> None:
        """Register features and commands on `server`, whose `initialize` was answered.

        `server.client_capabilities` and `server.workspace` are there. Raises a `CaseworkError` when nothing can be
        served; its sentence then answers every request of the session. May do slow things once: messages wait.
        """

    async def closed(self) -> None:
        """The connection ended and no handler of it runs any more; called once, also when `configure` failed."""


class Application(Protocol):
    """What the daemon runs: built on demand, started once, asked for a handler per session."""

    async def start(self) -> None:
        """Make everything ready, recovery included. Raises a `CaseworkError` that each session is answered with."""

    async def stop(self) -> None:
        """Let go of everything; what runs is ended or left so that the next start finds it. Called once."""

    def busy(self) -> bool:
        """Whether work is under way that must not be ended by idleness or a newer version (runs, landings)."""

    def open_session(self, session: Session) -> SessionHandler:
        """A handler for a client that said hello and `initialize`."""


Load = Callable[[], Application]
"""Imports and builds the application; called once, in a thread, after the first `initialize` was answered."""
