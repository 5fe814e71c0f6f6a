"""Confinement: what a process may see, change, reach and use up. Everything foreign is started through this port.

A box is described from nothing upwards: what is not named in it is not there. Not here: what is run in it, and whether
it may be run at all (the user's trust, and the gate in core).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol

from pydantic import Field

from casework.domain.frozen import Frozen

OURS: Final = "/run/casework"
"""Where in a box lies what Casework puts there: the way out, the objects of git."""

STRAIGHT: Final = f"{OURS}/out"
"""In a box: the socket of its way out."""
WAY_OUT: Final = "CASEWORK_WAY_OUT"
"""The variable that says so to what opens it by itself."""

SandboxName = Literal["bubblewrap", "landlock", "seatbelt", "none"]


class Place(Frozen):
    """A file or folder that is there in the box."""

    path: str
    """Absolute, outside; a place that does not exist is left out."""
    at: str = ""
    """Absolute, inside; empty for the same path as outside. Only a box with mounts of its own can move a place."""
    writable: bool = False


class Limits(Frozen):
    """What everything in a box may use up together, unless it says `each`."""

    wall_s: float = 600.0
    memory_bytes: int = 4 * 1024**3
    processes: int = 256
    """Threads count."""
    output_bytes: int = 1024 * 1024
    """Of standard output and error together that is kept; what comes beyond is read, counted and forgotten."""
    file_bytes: int = 1024**3
    """Of each file that is written."""
    disk_bytes: int = 4 * 1024**3
    """By which the writable places and the private temporary folder may grow."""


class Box(Frozen):
    """One box."""

    places: tuple[Place, ...]
    """Later ones lie over earlier ones. The system's programs and libraries are there without being named."""
    cwd: str
    """Absolute, inside."""
    protected: tuple[str, ...] = ()
    """Absolute, inside; read-only although they lie in a writable place, also where nothing is there yet."""
    environment: Mapping[str, str] = Field(default_factory=dict)
    """All of it, but for HOME, TMPDIR and PATH where they are not given: a private home and a private tmp."""
    socket: str = ""
    """Absolute, outside: the unix socket at which a forwarder of ours listens, the only way out; empty for none."""
    straight: bool = False
    """The socket leads to one host: the command itself opens it, as `STRAIGHT`, and needs no HTTP proxy in the box."""
    limits: Limits = Field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class SandboxFacts:
    """What this sandbox can do on this machine, looked at and not assumed."""

    name: SandboxName
    ends_trees: bool
    """Whether ending a box ends everything in it, whatever it did to get away (a pid namespace)."""
    closes_network: bool
    moves_places: bool
    """Whether `Place.at` works."""
    sentence: str
    """What holds and what does not, for people; with what to install where something is missing."""

    @property
    def confines(self) -> bool:
        """Whether foreign programs may be run at all."""
        return self.name != "none"


@dataclass(frozen=True, slots=True)
class Boxed:
    """A command that enters the box by itself when it is started, for whoever starts and watches it themselves."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    cwd: str
    """Outside, where the command is started."""
    files: tuple[int, ...] = ()
    """Open files that the command inherits by their numbers; whoever starts it closes them then."""


End = Literal["exited", "timed_out", "too_much_memory", "too_many_processes", "too_much_disk", "stopped"]


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a command; nothing of it is alive any more."""

    end: End
    exit_code: int | None
    """None where it did not end by itself; 128 + number for a signal."""
    output: bytes
    """The beginning and the end, where there was more than `output_bytes`: a line in between says how much is left out.
    """
    output_total: int
    """Bytes that were written, kept or not."""
    seconds: float


class Sandbox(Protocol):
    """One way to confine."""

    def facts(self) -> SandboxFacts:
        """Tell what holds here; looked at once, by really confining something. Blocks at the first call."""
        ...

    def command(self, command: Sequence[str], box: Box) -> Boxed:
        """Give what to start. Limits of time, output and disk are then the starter's own business.

        Raises:
            Refused (`no_sandbox`): nothing confines on this machine, or not what this box asks for.
        """
        ...

    async def watch(self, pid: int, box: Box) -> End:
        """Return when the process that was started with `command` and all it started use too much together, with what
        of; never while they don't. Ending them is the starter's.
        """
        ...

    async def run(
        self, command: Sequence[str], box: Box, *, stdin: bytes = b"", told: Callable[[bytes], None] | None = None
    ) -> Ran:
        """Run `command` to its end within all of the limits; `told` hears the output as it comes.

        Cancelling ends the whole tree (within five seconds where `ends_trees`), and leaves what was written.

        Raises:
            Refused (`no_sandbox`): as `command`.
            Trouble (`not_started`): there is no such program or folder.
        """
        ...


class WaysOut(Protocol):
    """Opens ways out of boxes."""

    def open(
        self, hosts: Collection[str], told: Callable[[str], None] | None = None
    ) -> AbstractAsyncContextManager[str]:
        """Listen for one box, and give the socket for `Box.socket`; leaving closes it with every connection.

        Only `hosts` (`name:port`, exact; `[address]:port` of IPv6) are connected to or looked up, and of a name only
        what does not lead to this machine; an HTTP client in the box finds the way by its usual variables. `told` hears
        of each host that was refused.
        """
        ...

    def lead(self, host: str) -> AbstractAsyncContextManager[str]:
        """Listen for one box, and give the socket for a `Box.socket` that is `straight`; leaving closes it.

        What is connected there is connected to `host` (`name:port`), byte for byte. A name that leads to this machine,
        and is not `localhost`, is not connected to.
        """
        ...


def place(path: str | Path, *, writable: bool = False, at: str = "") -> Place:
    """Name a place."""
    return Place(path=str(path), at=at, writable=writable)
