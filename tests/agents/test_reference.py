"""The reference of the scripted agent says what there is, and its examples do what it says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from casework.agents.confined import Worktree
from casework.agents.script import PlacedNote, Step, parse_script
from casework.agents.scripted import play
from casework.domain.ids import RunId, TaskId
from casework.ports.agent import AgentReport, Asked, Briefing, Finished

PAGE = (Path(__file__).parents[2] / "docs/reference/scripted-agent.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```json\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
MODELS = get_args(get_args(Step)[0])


def rows() -> dict[str, str]:
    """Give the fields' cell of the table of steps, by the name of the step."""
    found = re.findall(r"^\| `([\w-]+)` \| (.*?) ?\| ", PAGE, flags=re.MULTILINE)
    return dict(found[1:])


def walk(worktree: Path, script: str, n: int) -> list[AgentReport]:
    """Play a run, answering every question with the last of its choices."""
    told = Briefing(task=TaskId("t"), run=RunId("r"), n=n, epoch=1, title="x", worktree=str(worktree), script=script)
    files = Worktree(str(worktree))
    playing = play(told, files)
    found: list[Any] = [next(playing)]
    try:
        while True:
            last = found[-1]
            found.append(playing.send(last.choices[-1] if isinstance(last, Asked) else None))
    except StopIteration:
        return found
    finally:
        files.close()


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_script_that_can_be_played_to_its_end(tmp_path: Path, example: str) -> None:
    for n in range(1, len(parse_script(example).runs) + 1):
        assert isinstance(walk(tmp_path, example, n)[-1], Finished)


def test_the_first_example_leaves_what_it_promises(tmp_path: Path) -> None:
    walk(tmp_path, EXAMPLES[0], 1)
    assert (tmp_path / "greet.py").read_text() == "def greet(name):\n    return f'hello {name}'\n"
    assert (tmp_path / "greeting.txt").read_text() == "good morning\n"
    assert (tmp_path / "bin/greet").stat().st_mode & 0o777 == 0o755
    assert Path(tmp_path, b"caf\xe9.txt".decode("utf-8", "surrogateescape")).read_bytes() == b"\xff\x00\xfe"


def test_the_table_names_every_step_and_every_field() -> None:
    said = {
        name: {field for match in re.findall(r"`(\w+)`( \(bytes\))?", cell) for field in _fields(match)}
        for name, cell in rows().items()
    }
    there = {get_args(model.model_fields["do"].annotation)[0]: set(model.model_fields) - {"do"} for model in MODELS}
    assert said == there
    for field in PlacedNote.model_fields:
        assert f"`{field.removesuffix('_b64')}`" in PAGE


def _fields(match: tuple[str, str]) -> set[str]:
    name, is_bytes = match
    return {name, f"{name}_b64"} if is_bytes else {name}


def test_an_example_is_json_that_people_can_read() -> None:
    assert len(EXAMPLES) == 2
    for example in EXAMPLES:
        assert isinstance(json.loads(example), dict)
