"""What is tried from inside of a box leaves no trace outside: no byte changed, no secret heard, nobody reached, nothing
that stays, nothing approved. The same ways without a box do leave traces, or these tests could not fail.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from casework.core.boxes import run_box
from casework.ports.sandbox import Box, Limits, Sandbox
from casework.ports.workspace import Identity
from casework.processes import end_now
from tests.sandbox import ways_approve, ways_connect, ways_escape, ways_persist, ways_read, ways_write
from tests.sandbox.ground import CANARY, Ground, command, ground, template
from tests.sandbox.machine import bubblewrap, landlock
from tests.waiting import wait_until

KINDS: Final[dict[str, tuple[Mapping[str, str], Sequence[str]]]] = {
    "write": (ways_write.WAYS, ways_write.TRACES),
    "read": (ways_read.WAYS, ways_read.TRACES),
    "connect": (ways_connect.WAYS, ways_connect.TRACES),
    "persist": (ways_persist.WAYS, ways_persist.TRACES),
    "approve": (ways_approve.WAYS, ways_approve.TRACES),
    "escape": (ways_escape.WAYS, ways_escape.TRACES),
}
ALL: Final = [(kind, way) for kind, (ways, _) in KINDS.items() for way in ways]
TRACES: Final = [(kind, way) for kind, (_, traces) in KINDS.items() for way in traces]
WEAKER: Final = {("write", "change modes")}
"""What Landlock does not keep in, as docs/explanation/confinement.md says."""
OF_FILES: Final = [one for one in ALL if one[0] in ("write", "read", "connect", "approve") and one not in WEAKER]
SAID: Final = (CANARY, b"wrote /proc", b"\nreached ", b"\ntyped\n", b"\nbecame ", b"\nmade ")
"""What only a way that led somewhere says."""
AFTERWARDS: Final = "\n(echo x > $OUT/new) 2>&1; cat $OUT/.netrc 2>&1"
LIMITS: Final = Limits(wall_s=30, processes=200, memory_bytes=1024**3, disk_bytes=512 * 1024**2)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return template(tmp_path_factory.mktemp("made"))


@pytest.fixture
def here(tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    for name in ("AWS_SECRET_ACCESS_KEY", "ANTHROPIC_API_KEY", "SSH_AUTH_SOCK"):
        monkeypatch.setenv(name, "CANARY-variable")
    with ground(tmp_path, made) as here:
        yield here


def box_of(here: Ground, sandbox: Sandbox) -> Box:
    identity = Identity(id="x", top=str(here.top), common_dir=str(here.top / ".git"))
    box = run_box(identity, sandbox.facts(), "", str(here.tree), limits=LIMITS)
    return box.model_copy(update={"environment": {**box.environment, **here.variables()}})


def script_of(kind: str, way: str) -> str:
    script = KINDS[kind][0][way]
    return script + AFTERWARDS if kind == "escape" and not way.startswith("py: ") else script


async def tried(here: Ground, sandbox: Sandbox, kind: str, way: str) -> bytes:
    heard: list[bytes] = []
    await sandbox.run(command(way, script_of(kind, way)), box_of(here, sandbox), told=heard.append)
    return b"".join(heard)


@pytest.mark.parametrize(("kind", "way"), ALL, ids=[f"{kind}-{way}" for kind, way in ALL])
async def test_a_box_keeps_it_in(here: Ground, kind: str, way: str) -> None:
    await keeps_in(here, bubblewrap(), kind, way)


@pytest.mark.parametrize(("kind", "way"), OF_FILES, ids=[f"{kind}-{way}" for kind, way in OF_FILES])
async def test_landlock_keeps_it_in(here: Ground, kind: str, way: str) -> None:
    await keeps_in(here, landlock(), kind, way)


async def keeps_in(here: Ground, sandbox: Sandbox, kind: str, way: str) -> None:
    before = here.picture()
    said = await tried(here, sandbox, kind, way)
    assert here.heard() == []
    assert [word for word in SAID if word in b"\n" + said] == []
    assert stolen(here) == []
    after = here.picture()
    assert changes(before, after) == {}


def changes(before: dict[str, str], after: dict[str, str]) -> dict[str, tuple[str | None, str | None]]:
    """Give what is another one now, with what it was and is."""
    both = {name: (before.get(name), after.get(name)) for name in before | after}
    return {name: pair for name, pair in both.items() if pair[0] != pair[1]}


def stolen(here: Ground) -> list[str]:
    """Name the files of the worktree that hold a secret now."""
    found = []
    for folder, _, names in os.walk(here.tree):
        for name in names:
            path = Path(folder, name)
            with suppress(OSError):
                if path.is_file() and not path.is_symlink() and CANARY in path.read_bytes():
                    found.append(str(path))
    return found


@pytest.mark.parametrize(("kind", "way"), TRACES, ids=[f"{kind}-{way}" for kind, way in TRACES])
def test_without_a_box_it_leaves_a_trace(here: Ground, kind: str, way: str) -> None:
    before = here.picture()
    home = str(here.root / "home")
    variables = {"PATH": os.environ["PATH"], "HOME": home, "AWS_SECRET_ACCESS_KEY": "CANARY-variable"}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command(way, script_of(kind, way)), cwd=here.tree, env=variables | here.variables(), start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=said, stderr=said,
        )  # fmt: skip
        heard: list[str] = []

        def is_over() -> bool:
            heard.extend(here.heard())
            return bool(heard) or process.poll() is not None

        wait_until(is_over, description="it ended, or somebody was reached")
        after = here.picture()
        end_now(process)
        said.seek(0)
        text = b"\n" + said.read()
    assert heard or any(word in text for word in SAID) or stolen(here) or changes(before, after)


def test_there_are_enough_ways_and_each_is_one_of_its_own() -> None:
    assert len(ALL) >= 150
    scripts = [script_of(kind, way) for kind, way in ALL]
    assert len(set(scripts)) == len(scripts)
