"""Settings: defaults, a file, and what a broken file says."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.domain.errors import Refused
from casework.settings import Settings, SettingsFile, read_settings


def check(directory: Path, text: str) -> Settings:
    (directory / "settings.toml").write_text(text, "utf-8")
    return read_settings(directory)


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert read_settings(tmp_path) == Settings()


def test_what_the_file_says_holds(tmp_path: Path) -> None:
    read = check(tmp_path, 'runs_at_once = 5\nprotected_branches = ["release/*"]\n')
    assert (read.runs_at_once, read.protected_branches, read.follow_ups_per_run) == (5, ["release/*"], 20)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("runs_at_once = 0\n", "runs_at_once"),
        ('runs_at_once = "2"\n', "runs_at_once"),
        ("runs_at_onc = 2\n", "runs_at_onc"),
        ("protected_branches = 'main'\n", "protected_branches"),
        ("runs_at_once = \n", "line 1"),
    ],
)
def test_a_broken_file_is_refused_with_file_and_place(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(Refused) as refusal:
        check(tmp_path, text)
    assert str(tmp_path / "settings.toml") in refusal.value.sentence
    assert named in refusal.value.sentence


@given(st.binary(max_size=80))
def test_no_bytes_end_in_anything_but_settings_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    directory = tmp_path_factory.mktemp("settings")
    (directory / "settings.toml").write_bytes(raw)
    with suppress(Refused):
        assert isinstance(read_settings(directory), Settings)


def test_a_changed_file_is_read_again_and_a_broken_one_leaves_what_held(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path)
    assert file.current().runs_at_once == 2
    check(tmp_path, "runs_at_once = 5\n")
    assert file.current().runs_at_once == 5
    (tmp_path / "settings.toml").write_text("runs_at_once = 99\n", "utf-8")
    assert file.current().runs_at_once == 5
    assert "runs_at_once" in file.warning
    (tmp_path / "settings.toml").unlink()
    assert (file.current().runs_at_once, file.warning) == (2, "")
