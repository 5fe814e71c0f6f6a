"""The drafts port's promises, on files and on the fake."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from casework.domain.errors import Refused, Trouble
from casework.domain.half_written import HalfWritten
from casework.ports.drafts import Drafts
from casework.store.drafts import MOST_DRAFTS, FileDrafts
from tests.fakes.drafts import MemoryDrafts

ONE = HalfWritten(12, "comment/abc", "Half a thou", 1, 11, 1_000_000, "nvim")


@pytest.fixture(params=["files", "memory"])
def drafts(request: pytest.FixtureRequest, world: Path) -> Drafts:
    """Drafts without any in them."""
    return FileDrafts(world / "drafts") if request.param == "files" else MemoryDrafts()


def test_nothing_kept_is_nothing_given(drafts: Drafts) -> None:
    assert drafts.all() == []
    assert drafts.at(1, "request") is None
    drafts.forget(1, "request")


@pytest.mark.parametrize(
    "text", ["Half a thought\n", "\n", "ünï\u2028cöde \U0001f600", "\x00\x1b[31m", "\udcff", "x" * 200_000]
)
def test_what_is_kept_is_given_back_to_the_letter(drafts: Drafts, text: str) -> None:
    drafts.keep(replace(ONE, text=text))
    assert drafts.all() == [replace(ONE, text=text)]


def test_a_place_holds_the_last_one_and_other_places_theirs(drafts: Drafts) -> None:
    others = [replace(ONE, place="request"), replace(ONE, number=2), replace(ONE, place="file/../../etc/passwd")]
    for one in [ONE, *others, replace(ONE, text="Half a thought", column=14)]:
        drafts.keep(one)
    kept = [replace(ONE, text="Half a thought", column=14), *others]
    assert drafts.all() == sorted(kept, key=lambda one: (one.number, one.place))
    assert [drafts.at(one.number, one.place) for one in kept] == kept
    drafts.forget(ONE.number, ONE.place)
    assert drafts.at(ONE.number, ONE.place) is None
    assert drafts.all() == sorted(others, key=lambda one: (one.number, one.place))


def test_too_many_are_refused_and_those_there_are_can_still_be_written(drafts: Drafts) -> None:
    for number in range(1, MOST_DRAFTS + 1):
        drafts.keep(replace(ONE, number=number))
    with pytest.raises(Refused) as refusal:
        drafts.keep(replace(ONE, number=MOST_DRAFTS + 1))
    assert refusal.value.code == "too_many_drafts"
    drafts.keep(replace(ONE, number=7, text="more"))
    assert [one.text for one in drafts.all() if one.number == 7] == ["more"]


def test_what_is_damaged_is_left_out_and_left_alone_and_nothing_is_written_through_a_link(world: Path) -> None:
    drafts = FileDrafts(world / "drafts")
    drafts.keep(ONE)
    (path,) = (world / "drafts").iterdir()
    for content in (b"{", b"[]", b'{"number": "12"}', b"\xff"):
        damaged = path.with_name("damaged.json")
        damaged.write_bytes(content)
        assert drafts.all() == [ONE]
        assert damaged.read_bytes() == content
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_full_or_closed_disk_is_said_and_what_was_kept_stands(world: Path) -> None:
    drafts = FileDrafts(world / "drafts")
    drafts.keep(ONE)
    (path,) = (world / "drafts").iterdir()
    (world / "other").write_text("")
    with pytest.raises(Trouble):
        FileDrafts(world / "other").keep(ONE)
    assert drafts.all() == [ONE]
    assert path.exists()
