"""What each step of a script does to a worktree, and what it says about it."""

from __future__ import annotations

import base64
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from casework.agents.confined import Worktree
from casework.agents.scripted import play
from casework.domain.ids import RunId, TaskId
from casework.ports.agent import AgentReport, Briefing, Failed, Finished, FollowedUp, StepDone


def played(worktree: Path, *steps: dict[str, Any], **more: Any) -> list[AgentReport]:
    """Play steps that ask nothing, and give the reports."""
    briefing = Briefing(
        task=TaskId("t"),
        run=RunId("r"),
        n=1,
        epoch=1,
        title="x",
        worktree=str(worktree),
        script=json.dumps({"steps": steps}),
        **more,
    )
    files = Worktree(str(worktree))
    try:
        return list(play(briefing, files))  # type: ignore[arg-type]
    finally:
        files.close()


def failure(worktree: Path, *steps: dict[str, Any]) -> str:
    last = played(worktree, *steps)[-1]
    assert isinstance(last, Failed)
    begin, _, end = last.sentence.partition(" could not be done: ")
    assert end.endswith("; the steps before it are kept in the worktree, so correct the script and retry the task.")
    return f"{begin}: {end.split(';')[0]}"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_any_bytes_can_be_written_under_any_name(tmp_path: Path) -> None:
    name, content = b"caf\xe9 \x01", bytes(range(256)) + b"\r\n\xef\xbb\xbf"
    played(tmp_path, {"do": "write", "path_b64": b64(b"sub/" + name), "content_b64": b64(content)})
    path = os.path.join(os.fsencode(tmp_path), b"sub", name)  # noqa: PTH118 - a Path would hide the bytes
    assert Path(os.fsdecode(path)).read_bytes() == content


def test_the_other_acts_do_what_they_say(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one two\r\n")
    (tmp_path / "gone").write_bytes(b"")
    reports = played(
        tmp_path,
        {"do": "edit", "path": "a", "old": "two", "new": "three"},
        {"do": "rename", "path": "a", "to": "b/c"},
        {"do": "chmod", "path": "b/c", "mode": "755"},
        {"do": "symlink", "path": "link", "target": "/etc/passwd"},
        {"do": "delete", "path": "gone"},
        {"do": "finish", "comment": "Done.", "notes": [{"path": "b/c", "text": "renamed"}]},
    )
    assert (tmp_path / "b/c").read_bytes() == b"one three\r\n"
    assert stat.S_IMODE((tmp_path / "b/c").stat().st_mode) == 0o755
    assert (tmp_path / "link").readlink() == Path("/etc/passwd")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "link"]
    last = reports[-1]
    assert isinstance(last, Finished)
    assert [(note.anchor.path, note.anchor.snippet, note.text) for note in last.notes] == [
        ("b/c", "one three", "renamed")
    ]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"do": "edit", "path": "a", "old": "zz", "new": ""}, "Step 1 (edit a): the text to replace does not occur"),
        (
            {"do": "edit", "path": "a", "old": "x", "new": ""},
            "Step 1 (edit a): the text to replace occurs more than once",
        ),
        (
            {"do": "edit", "path": "a", "old": "xx", "new": ""},
            "Step 1 (edit a): the text to replace occurs more than once",
        ),
        ({"do": "delete", "path": "b"}, "Step 1 (delete b): No such file or directory"),
        ({"do": "delete", "path": "sub"}, "Step 1 (delete sub): sub is a folder, files are deleted one by one"),
        ({"do": "rename", "path": "a", "to": "sub"}, "Step 1 (rename a to sub): sub exists already"),
        ({"do": "chmod", "path": "sub", "mode": "755"}, "Step 1 (chmod sub): sub is a folder or a device, not a file"),
        ({"do": "write", "path": "a/b", "content": ""}, "Step 1 (write a/b): a/b leads through a link or a file"),
        (
            {"do": "write", "path": "sub", "content": ""},
            "Step 1 (write sub): sub is a link, a folder or a device, and not replaced",
        ),
        ({"do": "symlink", "path": "a", "target": "x"}, "Step 1 (symlink a): File exists"),
    ],
)
def test_what_can_not_be_done_says_which_step_and_why(tmp_path: Path, step: dict[str, Any], said: str) -> None:
    (tmp_path / "a").write_bytes(b"xxx")
    (tmp_path / "sub").mkdir()
    assert failure(tmp_path, step) == said
    assert (tmp_path / "a").read_bytes() == b"xxx"


def test_a_name_that_is_no_text_is_said_in_gits_quoting(tmp_path: Path) -> None:
    assert failure(tmp_path, {"do": "delete", "path_b64": b64(b"\xff\n")}) == (
        'Step 1 (delete "\\377\\n"): No such file or directory'
    )


def test_a_follow_up_takes_the_lines_of_its_place_along(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one\ntwo\nthree\n")
    step = {"do": "follow-up", "kind": "clean-up", "title": "Tidy", "path": "a", "line": 2, "end_line": 3}
    found = [report for report in played(tmp_path, step) if isinstance(report, FollowedUp)]
    assert [report.anchor.snippet for report in found if report.anchor] == ["two\nthree"]
    told = [report for report in played(tmp_path, {**step, "snippet": "mine"}) if isinstance(report, FollowedUp)]
    assert [report.anchor.snippet for report in told if report.anchor] == ["mine"]
    placeless = {"do": "follow-up", "kind": "question", "title": "Why?"}
    assert [report.anchor for report in played(tmp_path, placeless) if isinstance(report, FollowedUp)] == [None]


def test_a_resumed_run_clears_what_the_interrupted_step_left_half_done(tmp_path: Path) -> None:
    (tmp_path / ".casework-step-1").write_bytes(b"half")
    found = played(tmp_path, {"do": "write", "path": "a", "content": "x"}, resume_after=1)
    assert found == [Finished(comment="The script came to its end.")]
    assert list(tmp_path.iterdir()) == []


def test_the_end_of_a_script_is_never_passed_by(tmp_path: Path) -> None:
    steps: list[dict[str, Any]] = [{"do": "turn"}, {"do": "fail", "sentence": "It can't be done."}]
    assert played(tmp_path, *steps, resume_after=9) == [Failed(sentence="It can't be done.")]


def test_a_step_has_the_number_of_its_place_in_the_script(tmp_path: Path) -> None:
    steps = [{"do": "say", "text": "a"}, {"do": "turn"}, {"do": "usage"}]
    assert [report.n for report in played(tmp_path, *steps) if isinstance(report, StepDone)] == [1, 2, 3]
