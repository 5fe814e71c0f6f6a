"""Where the socket lies: the rule, its refusals word for word, and that the relay's copy says the same."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest

from casework import attaching, paths, relay
from casework.daemon import hello
from casework.domain.errors import CaseworkError


def _by_paths() -> str:
    try:
        return str(paths.socket_path())
    except CaseworkError as error:
        return error.sentence


def _by_relay() -> str:
    try:
        return attaching.socket_path()
    except attaching.NotAttached as error:
        return error.sentence


def check(expected: str) -> None:
    """Both say this, in either order."""
    assert [_by_paths(), _by_relay(), _by_paths()] == [expected] * 3


def test_the_socket_lies_in_the_runtime_directory_that_the_session_gives(world: Path) -> None:
    check(str(world / "run" / "casework" / "daemon.sock"))
    assert (world / "run" / "casework").stat().st_mode & 0o777 == 0o700


def test_a_final_slash_changes_nothing(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", f"{world}/run/")
    check(str(world / "run" / "casework" / "daemon.sock"))


@pytest.mark.parametrize("value", ["", "relative/run", "/nowhere/at/all", "/etc/passwd"])
def test_without_a_folder_of_ones_own_the_socket_lies_below_tmp(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", value)
    monkeypatch.setattr(os, "mkdir", _fail)
    assert _by_relay() == (
        f"The folder of Casework's socket, /tmp/casework-{os.getuid()}, can not be used (Permission denied), so no "
        "editor can attach. Remove what stands there, or set XDG_RUNTIME_DIR to a folder of your own."
    )
    assert _by_paths() == _by_relay()


def _fail(*_: object) -> None:
    raise PermissionError(13, "Permission denied")


def test_a_runtime_directory_of_another_user_is_not_used(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = os.getuid() + 1
    monkeypatch.setattr(os, "getuid", lambda: owner)
    monkeypatch.setattr(os, "mkdir", _fail)
    assert f"/tmp/casework-{owner}" in _by_relay()
    assert _by_paths() == _by_relay()


NOT_OWN = (
    "The folder of Casework's socket, {}, is not a folder that only you can enter, so others could listen in. "
    "Remove it, or set XDG_RUNTIME_DIR to a folder of your own."
)


def _link(folder: Path) -> None:
    (folder.parent / "elsewhere").mkdir(mode=0o700)
    folder.symlink_to(folder.parent / "elsewhere")


def _open_to_others(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o750)


def _file(folder: Path) -> None:
    folder.write_text("")


@pytest.mark.parametrize("plant", [_link, _open_to_others, _file], ids=["a link", "open to others", "a file"])
def test_a_folder_that_is_not_the_users_alone_is_refused(plant: Callable[[Path], None], world: Path) -> None:
    folder = world / "run" / "casework"
    plant(folder)
    check(NOT_OWN.format(folder))


def test_a_dangling_link_is_refused_and_not_followed(world: Path) -> None:
    folder = world / "run" / "casework"
    folder.symlink_to(world / "nowhere")
    check(NOT_OWN.format(folder))
    assert not (world / "nowhere").exists()


def test_a_path_too_long_for_a_socket_is_refused_in_a_sentence(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = world / ("r" * 90)
    base.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(base))
    check(
        f"The path of Casework's socket, {base}/casework/daemon.sock, is longer than this system allows "
        f"({paths.SOCKET_PATH_LIMIT - 1} bytes). Set XDG_RUNTIME_DIR to a shorter folder."
    )


def test_relay_daemon_and_package_are_of_one_version() -> None:
    assert {attaching.BUILD, hello.BUILD, version("casework")} == {hello.BUILD}
    assert attaching.PROTOCOL == hello.PROTOCOL
    assert attaching.SOCKET_PATH_LIMIT == paths.SOCKET_PATH_LIMIT
    assert attaching.ENDED.decode() in hello.ended(0, "").decode()


def _imported(module: ModuleType, pattern: str) -> set[str]:
    assert module.__file__ is not None
    return set(re.findall(pattern, Path(module.__file__).read_text(), re.MULTILINE))


def test_the_relay_imports_the_standard_library_only_and_little_of_it() -> None:
    for module in (relay, attaching):
        assert _imported(module, r"^\s*(?:import|from) (\w+)") <= set(sys.stdlib_module_names)
    assert _imported(attaching, r"^(?:import|from) (\w+)") == {"_socket", "os", "stat", "sys", "time"}
    assert _imported(relay, r"^(?:import|from) (\w+)") == {"os", "sys", "_frozen_importlib_external"}


def test_the_state_directory_is_the_users_alone(world: Path) -> None:
    (world / "state" / "casework").mkdir(mode=0o755)
    assert paths.state_directory() == world / "state" / "casework"
    assert (world / "state" / "casework").stat().st_mode & 0o777 == 0o700


def test_relative_paths_in_the_environment_are_ignored(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "state")
    monkeypatch.setenv("XDG_CONFIG_HOME", "config")
    monkeypatch.setattr(sys, "platform", "linux")
    assert paths.state_directory() == world / "home" / ".local" / "state" / "casework"
    assert paths.config_directory() == world / "home" / ".config" / "casework"


def test_on_macos_the_state_lies_where_applications_keep_theirs(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert paths.state_directory() == world / "home" / "Library" / "Application Support" / "casework"


def test_a_state_directory_that_can_not_be_made_is_said_in_a_sentence(world: Path) -> None:
    (world / "state" / "casework").write_text("")
    with pytest.raises(CaseworkError) as refusal:
        paths.state_directory()
    assert refusal.value.sentence == (
        f"Casework can not write its state directory {world}/state/casework (File exists), so nothing could be kept. "
        "Make it writable, or set XDG_STATE_HOME to a folder of your own."
    )
