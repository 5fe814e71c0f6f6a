"""Journals of every release fold for ever, and the one being made holds every kind and field there is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from casework import __version__
from casework.store.chain import verify_chain
from casework.store.readers import KINDS, version_of
from tests.journals.story import story
from tests.journals.write import HERE, exported, folded, write

RELEASES = sorted(path.parent for path in HERE.glob("*/rows.jsonl"))


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
async def test_a_released_journal_is_read_and_folds_as_it_did(release: Path, world: Path) -> None:
    path = world / "journal.sqlite3"
    shutil.copyfile(release / "journal.sqlite3", path)
    assert verify_chain(path).sound
    assert exported(path) == (release / "rows.jsonl").read_text(encoding="utf-8")
    assert await folded(path) == json.loads((release / "tasks.json").read_text(encoding="utf-8"))
    assert exported(path) == (release / "rows.jsonl").read_text(encoding="utf-8"), "reading changes no row"


async def test_writing_the_same_story_today_gives_the_same_rows(world: Path) -> None:
    await write(world / "again")
    for name in ("rows.jsonl", "tasks.json"):
        assert (world / "again" / name).read_text("utf-8") == (HERE / __version__ / name).read_text("utf-8")


def test_every_kind_of_event_has_a_golden_row_of_its_version() -> None:
    rows = map(json.loads, (HERE / __version__ / "rows.jsonl").read_text(encoding="utf-8").splitlines())
    assert {(row["kind"], row["kind_v"]) for row in rows} == {(kind, version_of(kind)) for kind in KINDS}


def test_every_field_of_every_event_has_a_golden_value() -> None:
    missing = {f"{kind}.{name}" for kind, shape in KINDS.items() for name in shape.model_fields if name != "kind"}
    for draft in story():
        event = draft.event
        missing -= {
            f"{event.kind}.{name}"
            for name, field in type(event).model_fields.items()
            if field.is_required() or getattr(event, name) != field.default
        }
    assert missing == set()
