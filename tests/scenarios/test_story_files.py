"""The format of stories is read strictly, and what differs from one telling to the next has one name."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scenarios.placeholders import Placeholders
from tests.scenarios.story import NotAStory, Step, parse, render
from tests.scenarios.window import BadLine, words_of

ENDS = "-- journal --\n-- repository --\n"
STORY = f"""Title

Prose.

-- options --
ordinary user
-- file a b.txt --
one

two
-- commit First --
-- story --
# He looks.
$ git status
  On branch main

  nothing
  ! a warning
  [1]

> open a.txt

{ENDS}"""


def test_a_story_is_what_it_says_and_is_written_back_the_same() -> None:
    story = parse(STORY)
    assert (story.title, story.prose, set(story.options)) == ("Title", "Prose.", {"ordinary user"})
    assert [(one.name, one.of, one.body) for one in story.setting] == [
        ("options", "", "ordinary user\n"),
        ("file", "a b.txt", "one\n\ntwo\n"),
        ("commit", "First", ""),
    ]
    assert story.steps == [
        Step("prose", "He looks.", 13),
        Step("shell", "git status", 14, ["On branch main", "", "nothing", "! a warning", "[1]"]),
        Step("editor", "open a.txt", 21),
    ]
    assert render(story) == STORY


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Title\n\n-- story --\n$ true\n", "The story, the journal and the repository come last"),
        (f"Title\n\n-- story --\n{ENDS}", "Nothing happens in the story."),
        (f"Title\n\n-- story --\ntrue\n{ENDS}", "Line 4 means nothing: true"),
        (f"Title\n\n-- story --\n  true\n{ENDS}", "Line 4 means nothing:   true"),
        (f"Title\n\n-- story --\n# prose\n  true\n{ENDS}", "Line 5 means nothing:   true"),
        (f"Title\n\n-- story --\n$ true\n\n  true\n{ENDS}", "Line 6: what is printed stands directly below."),
        (f"Title\n\n-- play --\n-- story --\n$ true\n{ENDS}", "Line 3: there is no section 'play'."),
        (f"Title\n\n-- Story --\n$ true\n{ENDS}", "Line 3 is no header of a section: -- Story --"),
        (f"Title\n\n-- file --\nx\n-- story --\n$ true\n{ENDS}", "Line 3: `file` needs name."),
        (f"Title\n\n-- shell x --\nx\n-- story --\n$ true\n{ENDS}", "Line 3: `shell` has no name."),
        (f"Title\n\n-- commit x --\nx\n-- story --\n$ true\n{ENDS}", "Line 3: a commit has no text."),
        (f"Title\n\n-- options --\nfast\n-- story --\n$ true\n{ENDS}", "There is no option 'fast'."),
        (f"\n\n-- story --\n$ true\n{ENDS}", "Line 1 is to be the title."),
        (f"Title\n\n-- story --\n$ true\n-- story --\n$ true\n{ENDS}", "The story, the journal"),
        (f"Title\n\n-- story --\n$ true\n{ENDS}-- file x --\nx\n", "The story, the journal"),
        ("Title", "The last line does not end."),
        ("Title\n", "There is no section."),
    ],
)
def test_whatever_means_nothing_is_an_error(text: str, wrong: str) -> None:
    with pytest.raises(NotAStory) as error:
        parse(text)
    assert str(error.value).startswith(wrong)


@settings(deadline=None)  # a busy machine is no fault of the story
@given(st.text(alphabet="Tab #$>!-\n  storyjunal", max_size=200))
def test_any_text_is_a_story_or_not_one_and_a_story_is_stable(text: str) -> None:
    try:
        story = parse(f"{text}\n-- story --\n$ {text}\n{ENDS}")
    except NotAStory:
        return
    written = render(story)
    assert render(parse(written)) == written


@pytest.mark.parametrize("line", ["fly", "open", "open a b", "press a 1", "edit a 'b c", "save a by hand", "leave now"])
def test_a_line_that_no_window_knows_is_an_error(line: str) -> None:
    with pytest.raises(BadLine):
        words_of(line)


def test_the_json_of_a_command_is_one_word() -> None:
    assert words_of('command casework.task.add {"title": "a b"}') == [
        "command",
        "casework.task.add",
        '{"title": "a b"}',
    ]


def test_the_same_thing_keeps_its_name_whole_or_cut_short() -> None:
    named = Placeholders({"/tmp/w": "<world>", "/tmp/w/shop": "<shop>"}, "ada")
    commit, other = "c0ffee" + "0" * 34, "beef" * 10
    assert named(f"at {commit[:12]}..{other}") == "at <id 1>..<id 2>"
    assert named(f"{commit} and {other[:10]}, {other[:16]}") == "<id 1> and <id 2>, <id 2>"
    assert named("/tmp/w/shop/a in /tmp/w/state") == "<shop>/a in <world>/state"
    assert named("0199a0c0-0000-7000-8000-000000000001") == "<uuid 1>"
    assert named("2026-11-20 14:23:15 UTC, 1763648595123456") == "<time>, <time>"
    assert named("human:ada said; approved by ada (cli) at 2026-11-20 14:23; the ada of old") == (
        "human:<user> said; approved by <user> (cli) at <time>; the ada of old"
    )
    assert named("step 3 · 0:42, a.py:12, process 4711") == "step 3 · <clock>, a.py:12, process <pid>"
    assert named("index 73cb284..f025757 100644") == "index 73cb284..f025757 100644"


def test_no_story_is_left_without_what_was_seen() -> None:
    stories = [parse(file.read_text("utf-8")) for file in Path(__file__).parent.glob("*.txt")]
    assert len(stories) >= 40
    assert [story.title for story in stories if not story.repository] == ["A folder that is no git repository"]
