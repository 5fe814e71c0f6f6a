"""An agent's files stay below its worktree, whatever names and links say."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from casework.agents.confined import Worktree, check_path
from casework.domain.errors import Refused

SPARE = b".spare"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder with a secret, beside the worktree."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret").write_bytes(b"secret")
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "worktree"
    folder.mkdir()
    (folder / ".git").write_text("gitdir: elsewhere\n")
    return folder


@pytest.fixture
def files(root: Path) -> Iterator[Worktree]:
    worktree = Worktree(str(root))
    yield worktree
    worktree.close()


ACTS: dict[str, Callable[[Worktree, bytes], object]] = {
    "read": lambda files, path: files.read(path),
    "write": lambda files, path: files.write(path, b"x", spare=SPARE),
    "delete": lambda files, path: files.delete(path),
    "rename": lambda files, path: files.rename(path, b"moved"),
    "rename to": lambda files, path: files.rename(b"plain", path),
    "chmod": lambda files, path: files.chmod(path, 0o777),
    "symlink": lambda files, path: files.symlink(path, b"x"),
}

_GIT = [
    ".git",
    ".GIT",
    ".Git",
    "git~1",
    "GIT~1",
    "git~2",
    ".git ",
    ".git.",
    ".git . .",
    ".git::$INDEX_ALLOCATION",
    ".git:x",
    ".g\u200cit",
    "\ufeff.git",
    ".gi\u200dt\u206f",
    "git~1:x",
]
_HOSTILE = [
    *(name.encode() for name in _GIT),
    *(f"{name}/config".encode() for name in _GIT),
    *(f"sub/{name}".encode() for name in _GIT),
    *(f"{name}\\config".encode() for name in _GIT),
    b"",
    b"/",
    b"//",
    b"..",
    b".",
    b"../outside/secret",
    b"a/../../outside/secret",
    b"a/./b",
    b"a//b",
    b"a/",
    b"./a",
    b"a/..",
    b"a\0b",
    b"x" * 256,
    b"y/" * 3000 + b"z",
]


@pytest.mark.parametrize("path", _HOSTILE, ids=lambda path: ascii(path[:30]))
def test_a_hostile_path_is_refused_by_every_act(files: Worktree, root: Path, outside: Path, path: bytes) -> None:
    (root / "plain").write_bytes(b"plain")
    for act in ACTS.values():
        with pytest.raises(Refused):
            act(files, path)
    assert _everything(root.parent) == {
        "outside/secret": b"secret",
        "worktree/.git": b"gitdir: elsewhere\n",
        "worktree/plain": b"plain",
    }


@pytest.mark.parametrize(
    "name",
    [
        ".gitignore",
        ".github",
        ".gitmodules",
        "git",
        "git~",
        "x.git",
        ".gitx",
        "...",
        "-rf",
        "a b",
        "\u202e",
        "a:b",
        "a\\b",
        "\n",
    ],
)
def test_an_unusual_but_harmless_name_is_taken(files: Worktree, root: Path, name: str) -> None:
    files.write(name.encode(), b"x", spare=SPARE)
    assert (root / name).read_bytes() == b"x"


_PART = st.sampled_from([b"..", b".", b"", b".git", b"link", b"up", b"a", b"b", b"secret", b"outside"]) | st.binary(
    max_size=5
)


@given(st.lists(_PART, max_size=5).map(b"/".join), st.sampled_from(sorted(ACTS)))
@example(b"link/secret", "write")
@example(b"up/outside/secret", "delete")
@example(b"link", "read")
def test_nothing_outside_is_ever_touched(tmp_path_factory: pytest.TempPathFactory, path: bytes, act: str) -> None:
    folder = tmp_path_factory.mktemp("w")
    root, outside = folder / "worktree", folder / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    (root / "plain").write_bytes(b"plain")
    (root / "link").symlink_to(outside)
    (root / "up").symlink_to("..")
    (root / "a").symlink_to(outside / "secret")
    files = Worktree(str(root))
    try:
        assert ACTS[act](files, path) != b"secret"
    except (Refused, OSError):
        pass
    finally:
        files.close()
    assert _everything(outside) == {"secret": b"secret"}
    assert stat.S_IMODE((outside / "secret").stat().st_mode) != 0o777
    assert sorted(path.name for path in folder.iterdir()) == ["outside", "worktree"]


@pytest.mark.parametrize("act", ["read", "write", "chmod"])
def test_a_link_in_the_place_of_a_file_is_not_followed(files: Worktree, root: Path, outside: Path, act: str) -> None:
    (root / "link").symlink_to(outside / "secret")
    with pytest.raises(Refused) as refused:
        ACTS[act](files, b"link")
    assert refused.value.sentence.startswith("link is a link")
    assert (outside / "secret").read_bytes() == b"secret"


def test_a_link_is_deleted_and_its_target_stays(files: Worktree, root: Path, outside: Path) -> None:
    files.symlink(b"link", os.fsencode(outside / "secret"))
    files.delete(b"link")
    assert not (root / "link").is_symlink()
    assert (outside / "secret").read_bytes() == b"secret"


def test_a_file_that_is_linked_to_elsewhere_is_replaced_here_only(files: Worktree, root: Path, outside: Path) -> None:
    (root / "hard").hardlink_to(outside / "secret")
    files.write(b"hard", b"mine", spare=SPARE)
    assert (root / "hard").read_bytes() == b"mine"
    assert (outside / "secret").read_bytes() == b"secret"


def test_a_named_pipe_keeps_nobody_waiting(files: Worktree, root: Path) -> None:
    os.mkfifo(root / "pipe")
    for act in ("read", "write", "chmod"):
        with pytest.raises(Refused):
            ACTS[act](files, b"pipe")


def test_a_link_planted_where_a_file_is_written_first_is_not_followed(
    files: Worktree, root: Path, outside: Path
) -> None:
    (root / ".spare").symlink_to(outside / "secret")
    with pytest.raises(FileExistsError):
        files.write(b"a", b"x", spare=SPARE)
    assert _everything(root.parent / "outside") == {"secret": b"secret"}


def test_a_written_file_keeps_its_mode_and_leaves_nothing_beside_it(files: Worktree, root: Path) -> None:
    (root / "tool").write_bytes(b"old")
    (root / "tool").chmod(0o750)
    files.write(b"tool", b"new", spare=SPARE)
    assert (root / "tool").read_bytes() == b"new"
    assert stat.S_IMODE((root / "tool").stat().st_mode) == 0o750
    assert sorted(path.name for path in root.iterdir()) == [".git", "tool"]


def test_what_an_interrupted_write_left_is_cleared(files: Worktree, root: Path) -> None:
    (root / "sub").mkdir()
    (root / "sub/.spare").write_bytes(b"half")
    files.clear(b"sub/a", spare=SPARE)
    files.clear(b"gone/a", spare=SPARE)
    assert not (root / "sub/.spare").exists()


def test_a_write_that_fails_leaves_the_old_file(files: Worktree, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "a").write_bytes(b"old")

    def fail(*_arguments: object, **_more: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "rename", fail)
    with pytest.raises(OSError, match="No space left"):
        files.write(b"a", b"new", spare=SPARE)
    assert _everything(root) == {".git": b"gitdir: elsewhere\n", "a": b"old"}


def test_nothing_is_replaced_by_a_rename(files: Worktree, root: Path) -> None:
    (root / "a").write_bytes(b"a")
    (root / "b").write_bytes(b"b")
    with pytest.raises(Refused) as refused:
        files.rename(b"a", b"b")
    assert refused.value.sentence == "b exists already"
    files.rename(b"a", b"new/c")
    assert (root / "new/c").read_bytes() == b"a"


@given(st.binary(min_size=1, max_size=40))
def test_a_path_is_refused_or_stays_inside_in_the_eyes_of_the_system(path: bytes) -> None:
    try:
        check_path(path)
    except Refused:
        return
    assert os.path.normpath(b"/top/" + path).startswith(b"/top/")
    assert b".git" not in path.lower().split(b"/")


def _everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
