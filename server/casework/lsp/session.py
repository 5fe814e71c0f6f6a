"""One connection's point of view: who speaks, which repositories are meant, what is open in its editor."""

from __future__ import annotations

import getpass
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from casework.core.desk import Desk, OpenRepository
from casework.domain.envelope import Actor
from casework.domain.errors import Refused
from casework.lsp.desktop import Desktop
from casework.lsp.documents import SessionDocuments
from casework.lsp.names import path_in
from casework.lsp.protocol import SessionServer

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DaemonFacts:
    """What the daemon can tell about itself."""

    version: str
    build: str
    pid: int
    socket: str
    state_directory: str
    log: str
    started_at: int
    connections: Callable[[], int]
    stop: Callable[[], None]


@dataclass(slots=True)
class Session:
    """What every handler gets."""

    name: str
    """The client's name: `vscode`, `neovim`, `cli` ..."""
    id: str
    server: SessionServer
    desk: Desk
    daemon: DaemonFacts
    documents: SessionDocuments
    desktop: Desktop
    roots: list[str] = field(default_factory=list)
    """Folders the client has open, as absolute paths."""
    repositories: dict[str, OpenRepository] = field(default_factory=dict)
    """What this session has asked for or has roots in, by repository id."""
    tops: dict[str, OpenRepository] = field(default_factory=dict)
    """The work trees this session has open."""
    on_repository: list[Callable[[OpenRepository, str], None]] = field(default_factory=list)
    """Called once for each work tree that becomes part of the session, with its top."""

    def __post_init__(self) -> None:
        """Remember how the editor names its folders."""
        for root in self.roots:
            self.documents.names.add_root(root)

    @property
    def actor(self) -> Actor:
        """The human behind this connection."""
        return Actor(kind="human", id=user_name(), via=self.name, session=self.id)

    async def repository(self, named: str | None) -> OpenRepository:
        """Give the repository that a path or `file:` URI names; without one the session's only repository.

        Raises:
            Refused: there is none, or more than one and none was named.
        """
        if named is not None:
            return await self.join(path_of(named))
        if not self.repositories:
            for root in self.roots if len(self.roots) != 1 else ():
                await self.try_join(root)
            if len(self.roots) == 1:
                return await self.join(self.roots[0])  # the only one: what is wrong with it is what is to be said
        if len(self.repositories) == 1:
            return next(iter(self.repositories.values()))
        if not self.repositories:
            where = self.roots[0] if self.roots else "the editor's window"
            raise Refused(
                f"No git repository is open here ({where}), so there is nothing to work on; "
                "open a folder of a repository, or name one.",
                code="no_repository",
            )
        tops = ", ".join(sorted(opened.repository.identity.top for opened in self.repositories.values()))
        raise Refused(f"Several repositories are open ({tops}); say which one is meant.", code="which_repository")

    async def join(self, path: str) -> OpenRepository:
        """Open the repository of a path and make it part of this session.

        Raises:
            Refused, Trouble: there is none, or it can't be opened.
        """
        identity = await self.desk.identify(path)
        opened = await self.desk.open(path)
        if identity.top not in self.tops:
            self.repositories[identity.id] = opened
            self.tops[identity.top] = opened
            opened.repository.tops[identity.top] = None
            for told in self.on_repository:
                told(opened, identity.top)
        return opened

    async def top(self, named: str | None) -> str:
        """Give the work tree that is meant, as `repository` gives the repository."""
        opened = await self.repository(named)
        if named is not None:
            return (await self.desk.identify(path_of(named))).top
        mine = [top for top, found in self.tops.items() if found is opened]
        return mine[0] if mine else opened.repository.identity.top

    async def try_join(self, path: str) -> OpenRepository | None:
        """As `join`, for folders that may be no repository at all."""
        try:
            return await self.join(path)
        except Refused as no:
            logger.info("%s is not a repository to work on: %s", path, no.sentence)
            return None

    def of_file(self, path: str) -> tuple[OpenRepository, str] | None:
        """Give the session's repository that a file lies in, and the work tree's top, without opening one.

        The path may be named through links, as the editor names it.
        """
        real = self.documents.names.real(path)[0]
        inside = [top for top in self.tops if real.startswith(top.rstrip("/") + "/")]
        top = max(inside, key=len, default=None)
        return (self.tops[top], top) if top is not None else None


def user_name() -> str:
    """Give the user's login name, or the number where there is no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "user"


def path_of(named: str) -> str:
    """Give the path of a `file:` URI (RFC 8089), or the path itself.

    Raises:
        Refused: another kind of URI, or a path that is not absolute.
    """
    path = path_in(named) if named.startswith("file:") else named
    if path is None or (not path.startswith("/") and "://" in path):
        raise Refused(f"{named} is not a file here, so Casework can't look at it.", code="not_a_file")
    if not path.startswith("/") or "\0" in path:
        raise Refused(f"{named} is not an absolute path; name the repository by its whole path.", code="not_absolute")
    return path
