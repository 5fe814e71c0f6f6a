"""Code that attrs compiled is taken up again exactly where its text is the same, and never needed."""

from __future__ import annotations

import builtins
from pathlib import Path
from types import CodeType

import attrs
import pytest

from casework.lsp import kept_code
from casework.lsp.kept_code import keeping


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were compiled."""
    texts: list[str] = []

    def note(script: str, name: str, mode: str) -> CodeType:
        texts.append(script)
        found = builtins.compile(script, name, mode)
        assert isinstance(found, CodeType)
        return found

    monkeypatch.setattr(kept_code, "compile", note, raising=False)
    return texts


def record(file: Path, *names: str) -> object:
    with keeping(str(file)):
        kind = attrs.make_class("Record", list(names))
    return kind(*range(len(names)))


def test_the_same_record_is_compiled_once(tmp_path: Path, compiled: list[str]) -> None:
    first = record(tmp_path / "code", "x", "y")
    assert (repr(first), len(compiled)) == ("Record(x=0, y=1)", 1)
    assert (repr(record(tmp_path / "code", "x", "y")), len(compiled)) == ("Record(x=0, y=1)", 1)
    assert [path.name for path in tmp_path.iterdir()] == ["code"]


def test_when_a_record_changed_everything_is_kept_anew(tmp_path: Path, compiled: list[str]) -> None:
    record(tmp_path / "code", "x", "y")
    for times in (2, 3, 3):
        assert (repr(record(tmp_path / "code", "x", "z")), len(compiled)) == ("Record(x=0, z=1)", times)


def test_a_few_records_that_are_never_the_same_cost_the_others_nothing(tmp_path: Path, compiled: list[str]) -> None:
    def start(last: str) -> None:
        with keeping(str(tmp_path / "code")):
            for name in (*"abcdefgh", last):
                attrs.make_class("Record", [name])

    for last, times in (("x", 9), ("y", 10), ("z", 11)):
        start(last)
        assert len(compiled) == times


@pytest.mark.parametrize("damage", [b"", b"\0", kept_code._MAGIC, kept_code._MAGIC + b"i\1\0\0\0", b"old " + b"{0"])
def test_a_damaged_file_is_made_anew(damage: bytes, tmp_path: Path, compiled: list[str]) -> None:
    file = tmp_path / "code"
    file.write_bytes(damage)
    assert (repr(record(file, "x")), len(compiled)) == ("Record(x=0)", 1)
    assert (repr(record(file, "x")), len(compiled)) == ("Record(x=0)", 1)


@pytest.mark.parametrize("file", ["", "missing/code", "folder"])
def test_where_nothing_can_be_kept_everything_is_compiled(
    file: str, tmp_path: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    for times in (1, 2):
        with keeping(file):
            kind = attrs.make_class("Record", ["x"])
        assert (repr(kind(0)), len(compiled)) == ("Record(x=0)", times)
    assert [path.name for path in tmp_path.rglob("*")] == ["folder"]


def test_attrs_compiles_by_itself_again_afterwards(tmp_path: Path, compiled: list[str]) -> None:
    with pytest.raises(ZeroDivisionError), keeping(str(tmp_path / "code")):
        1 / 0  # noqa: B018
    attrs.make_class("Record", ["x"])
    assert compiled == []
