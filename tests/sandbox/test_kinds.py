"""The kinds of sandboxes: which is chosen, what is closed in them, and what the profile for macOS says."""

from __future__ import annotations

import asyncio
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from casework.domain.errors import Refused
from casework.ports.sandbox import Box, Sandbox, place
from casework.sandbox import bubblewrap as bubblewrap_room
from casework.sandbox import calls, choose, seatbelt
from casework.sandbox import landlock as landlock_room
from tests.sandbox.ground import PRELUDE
from tests.sandbox.machine import bubblewrap, landlock

CLOSED: Final = """
import errno
def told(name, *given):
    found = sc(name, *given)
    print(name, errno.errorcode.get(ctypes.get_errno(), 0) if found < 0 else 'open')
for name in ('keyctl', 'add_key', 'request_key', 'bpf', 'perf_event_open', 'userfaultfd', 'io_uring_setup',
             'name_to_handle_at'):
    told(name, 0, 0, 0, 0, 0)
for family in (1, 2, 10, 16, 17, 38, 40):
    try: socket.socket(family, 3 if family == 16 else 1); print(family, 'open')
    except OSError as no: print(family, errno.errorcode[no.errno])
a, b = socket.socketpair(); print('a pair')
"""  # fmt: skip


def refuses() -> Sandbox:
    raise Refused("it is not there", code="no_sandbox")


def python_box(tmp_path: Path) -> Box:
    return Box(places=tuple(place(path) for path in {sys.prefix, sys.base_prefix} if path != "/usr"), cwd="/usr")


@pytest.mark.parametrize("kind", [bubblewrap, landlock], ids=["bubblewrap", "landlock"])
async def test_calls_that_no_build_needs_are_closed(tmp_path: Path, kind: Callable[[], Sandbox]) -> None:
    ran = await kind().run([sys.executable, "-I", "-c", PRELUDE + CLOSED], python_box(tmp_path))
    said = ran.output.decode().splitlines()
    assert {line.split()[1] for line in said[:8]} == {"ENOSYS"}
    families = dict(line.split() for line in said[8:15])
    if kind is landlock:
        assert set(families.values()) == {"EACCES"}
    else:
        assert families == {
            "1": "open", "2": "open", "10": "open", "16": "open", "17": "EAFNOSUPPORT", "38": "EAFNOSUPPORT",
            "40": "EAFNOSUPPORT",
        }  # fmt: skip
    assert said[15:] == ["a pair"]


def test_a_filter_is_whole_steps_that_end_with_an_answer() -> None:
    for sockets in (True, False):
        filtered = calls.closed(sockets=sockets)
        steps = list(struct.iter_unpack("=HBBI", filtered))
        assert steps[-1] == (0x06, 0, 0, 0x7FFF0000)
        assert all(at + 1 + max(yes, no) < len(steps) for at, (code, yes, no, _) in enumerate(steps) if code != 0x06)


def test_no_filter_is_made_for_a_machine_whose_numbers_are_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    assert calls.closed(sockets=True) == b""


def test_the_best_that_works_is_chosen_and_nothing_where_none_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap_room, "probe", refuses)
    monkeypatch.setattr(landlock_room, "probe", lambda: landlock_room.Landlock(3))
    chosen = choose.Chosen()
    assert chosen.facts().name == "landlock"
    assert "it can send signals" in chosen.facts().sentence
    monkeypatch.setattr(landlock_room, "probe", refuses)
    assert not choose.Chosen().facts().confines
    assert choose.Chosen().facts().sentence == (
        "Nothing can be confined on this machine, so no shell and no check is run: it is not there; it is not there."
    )


def test_on_macos_a_profile_is_used_where_its_program_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(seatbelt, "probe", seatbelt.Seatbelt)
    assert choose.Chosen().facts().name == "seatbelt"


def test_a_profile_names_what_the_box_names_and_denies_the_rest(tmp_path: Path) -> None:
    room, shown = tmp_path / 'ro"om', tmp_path / "shown"
    box = Box(places=(place(shown), place(room, writable=True)), cwd=str(room), protected=(f"{room}/.vscode",))
    text = seatbelt.profile(box, "/private/box")
    lines = text.splitlines()
    assert lines[:2] == ["(version 1)", "(deny default)"]
    (write,) = [line for line in lines if line.startswith("(allow file-write*")]
    quoted = str(room).replace('"', '\\"')
    assert f'(subpath "{quoted}")' in write
    assert str(shown) not in write
    assert '(subpath "/private/box")' in write
    assert lines[-1] == f'(deny file-write* (subpath "{quoted}/.vscode"))'
    assert "network" not in text


@pytest.mark.parametrize("kind", [seatbelt.Seatbelt, lambda: landlock_room.Landlock(7)], ids=["seatbelt", "landlock"])
def test_what_a_kind_can_not_do_is_refused(tmp_path: Path, kind: Callable[[], Sandbox]) -> None:
    for asked in ({"socket": "/s"}, {"places": (place(tmp_path, at="/elsewhere"),)}):
        with pytest.raises(Refused) as refused:
            kind().command(["true"], Box.model_validate({"places": (), "cwd": str(tmp_path), **asked}))
        assert refused.value.code == "no_sandbox"


async def test_what_is_adopted_ends_with_its_box_of_landlock(tmp_path: Path) -> None:
    running = asyncio.create_task(
        landlock().run(["/bin/sh", "-c", f"setsid sleep 1001 & echo > {tmp_path}/x"], Box(
            places=(place(tmp_path, writable=True),), cwd=str(tmp_path)))
    )  # fmt: skip
    ran = await running
    assert (ran.end, ran.exit_code) == ("exited", 0)
    assert ran.seconds < 5
