"""Checks without processes: what a tree comes to is told beforehand, by its folder or once for all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from casework.domain.evidence import Seen
from casework.ports.checks import Checked, WantedCheck

GREEN = Seen(colour="green", sentence="`true`: exit code 0.", exit_code=0, proven=True)


@dataclass(slots=True)
class FakeChecks:
    """Does what `Checks` promises, with what it was told to see."""

    seen: Callable[[WantedCheck], Seen] = lambda _: GREEN
    why_not: str = ""
    ran: list[WantedCheck] = field(default_factory=list)
    held: asyncio.Event | None = None
    """Set: nothing ends before this does."""

    def refusal(self) -> str:
        return self.why_not

    async def run(self, wanted: WantedCheck, told: Callable[[bytes], None] | None = None) -> Checked:
        self.ran.append(wanted)
        output = b"said\n"
        if told is not None:
            told(output)
        if self.held is not None:
            await self.held.wait()
        return Checked(self.seen(wanted), output)
