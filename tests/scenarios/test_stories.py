"""Every story of this folder, told on real git with the real daemon, and compared word for word."""

# ruff: noqa: ASYNC240 - nothing else runs on a test's loop

from __future__ import annotations

import asyncio
import difflib
from pathlib import Path

import pytest

from tests.sandbox.machine import bubblewrap
from tests.scenarios.ordinary import ordinary_user
from tests.scenarios.stage import Stage
from tests.scenarios.story import Step, Story, parse, render, trimmed
from tests.scenarios.window import Window

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*.txt"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.stem))
async def test_the_story_goes_as_it_is_told(file: Path, world: Path, request: pytest.FixtureRequest) -> None:
    text = file.read_text("utf-8")
    story = parse(text)
    update = bool(request.config.getoption("--update-scenarios", default=False))
    if story.defect and not update:
        request.applymarker(pytest.mark.xfail(strict=True, reason=story.defect))
    user = ordinary_user()
    if "ordinary user" in story.options and user.why_not:
        pytest.skip(user.why_not)
    if "needs a box" in story.options:
        bubblewrap()
    stage = Stage(world, user, story)
    with stage.disks():
        try:
            stage.set_up(story)
            told = Story(story.title, story.prose, story.setting, await _tell(stage, story, update=update), [], [])
            told.repository = stage.repository()
            told.journal = stage.journal()
        finally:
            stage.stop()
            complaints = stage.complaints()
            stage.sweep()
    if update and not story.defect:
        file.write_text(render(told), "utf-8")
    assert not complaints, "\n".join(complaints)
    assert "Traceback" not in render(told), render(told)
    if update:
        return
    wanted, found = render(story), render(told)
    assert found == wanted, "\n" + "".join(
        difflib.unified_diff(wanted.splitlines(True), found.splitlines(True), "the file", "what happened")
    )


async def _tell(stage: Stage, story: Story, *, update: bool) -> list[Step]:
    told: list[Step] = []
    window = Window(stage)
    try:
        for step in story.steps:
            printed: list[str] = []
            if step.kind == "shell":
                printed = await asyncio.to_thread(stage.shell, step.text)
            elif step.kind == "editor":
                printed = await window.do(step.text, None if update else step.printed)
            told.append(Step(step.kind, step.text, step.line, trimmed(printed)))
    finally:
        await window.close_all()
    return told


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.stem))
def test_the_file_is_written_as_we_write_it(file: Path) -> None:
    text = file.read_text("utf-8")
    assert render(parse(text)) == text
