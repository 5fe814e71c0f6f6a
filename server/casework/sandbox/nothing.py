"""No sandbox: nothing foreign is run.

Not here: who goes on without one (the scripted agent, which runs no programs).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NoReturn

from casework.domain.errors import Refused
from casework.ports.sandbox import Box, Boxed, End, Ran, SandboxFacts


class Nothing:
    """Stands where nothing confines."""

    def __init__(self, why: str) -> None:
        """`why` says what is missing, and what to do."""
        self._sentence = f"Nothing can be confined on this machine, so no shell and no check is run: {why}."

    def facts(self) -> SandboxFacts:
        """Tell that nothing holds."""
        return SandboxFacts("none", ends_trees=False, closes_network=False, moves_places=False, sentence=self._sentence)

    def command(self, command: Sequence[str], box: Box) -> Boxed:  # noqa: ARG002 - as the port says
        """Refuse."""
        self._refuse()

    async def watch(self, pid: int, box: Box) -> End:  # noqa: ARG002
        """Refuse."""
        self._refuse()

    async def run(
        self,
        command: Sequence[str],  # noqa: ARG002 - as the port says, and so the others
        box: Box,  # noqa: ARG002
        *,
        stdin: bytes = b"",  # noqa: ARG002
        told: Callable[[bytes], None] | None = None,  # noqa: ARG002
    ) -> Ran:
        """Refuse."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise Refused(self._sentence, code="no_sandbox")
