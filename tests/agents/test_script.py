"""The scripted agent's language: every script is understood whole, or refused with a sentence that names the step."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from casework.agents.script import Edit, Script, Write, parse_script
from casework.domain.errors import Refused


def refusal(script: object) -> str:
    """Give what is wrong with a script, without the words that stand around it every time."""
    with pytest.raises(Refused) as refused:
        parse_script(script if isinstance(script, str) else json.dumps(script))
    assert refused.value.code == "bad_script"
    sentence = refused.value.sentence
    begin, end = "The script can't be played, ", "; nothing was started. Correct it and start the task again."
    assert sentence.startswith(begin)
    assert sentence.endswith(end)
    return sentence[len(begin) : -len(end)]


@pytest.mark.parametrize(
    ("script", "wrong"),
    [
        ("", "there is none: the agent `scripted` needs one (`--script FILE`)"),
        ("{", "it is not JSON (EOF while parsing an object at line 1 column 1)"),
        ("[" * 100_000, "it is not JSON (recursion limit exceeded at line 1 column 202)"),
        (
            "\ud800",
            "it is not JSON ('utf-8' codec can't encode character '\\ud800' in position 0: surrogates not allowed)",
        ),
        ("[]", 'it must be an object with "steps" or "runs"'),
        ("{}", 'it must be an object with "steps" or "runs"'),
        ({"steps": []}, "`steps` is empty"),
        ({"steps": 3}, "`steps` is no list"),
        ({"runs": []}, "`runs` is empty"),
        ({"steps": [{"do": "turn"}], "note": 1}, "'note' is not known there"),
        ({"steps": [{"do": "turn"}], "runs": []}, "`runs` is empty"),
    ],
)
def test_what_is_no_script_is_refused(script: object, wrong: str) -> None:
    assert refusal(script) == wrong


KINDS = (
    "write",
    "edit",
    "delete",
    "rename",
    "chmod",
    "symlink",
    "say",
    "plan",
    "turn",
    "usage",
    "ask",
    "follow-up",
    "finish",
    "fail",
    "hang",
    "crash",
)
_TURN = {"do": "turn"}


@pytest.mark.parametrize(
    ("step", "wrong"),
    [
        (3, "it is no JSON object"),
        ({}, "`do` is missing or no text"),
        (
            {"do": "wirte"},
            f"'wirte' is no step; there are {', '.join(KINDS)}",
        ),
        ({"do": "write", "content": ""}, "give either `path` or `path_b64`"),
        ({"do": "write", "path": "a"}, "give either `content` or `content_b64`"),
        ({"do": "write", "path": "a", "path_b64": "YQ==", "content": ""}, "give either `path` or `path_b64`"),
        ({"do": "write", "path_b64": "?", "content": ""}, "`path_b64` is not base64"),
        ({"do": "write", "path": "a", "content": "", "mode": "644"}, "'mode' is not known there"),
        ({"do": "write", "path": "../a", "content": ""}, "../a is not a plain path inside the worktree"),
        ({"do": "write", "path": "/a", "content": ""}, "/a is not a plain path inside the worktree"),
        (
            {"do": "write", "path": ".git/config", "content": ""},
            ".git/config belongs to git, and no agent writes there",
        ),
        ({"do": "write", "path": "a\0", "content": ""}, "a path is empty or holds a NUL byte"),
        (
            {"do": "write", "path": "a", "content": "x", "use_answer": True},
            "`use_answer` needs a `content` that says {answer}",
        ),
        (
            {"do": "write", "path": "a", "content": "{answer}", "use_answer": True},
            "`use_answer` needs an `ask` or `want` step before it",
        ),
        ({"do": "edit", "path": "a", "old": "", "new": "b"}, "the text to replace is empty"),
        ({"do": "rename", "path": "a"}, "give either `to` or `to_b64`"),
        ({"do": "rename", "path": "a", "to": "x/.GIT"}, "x/.GIT belongs to git, and no agent writes there"),
        ({"do": "chmod", "path": "a", "mode": "4755"}, "`mode`: string should match pattern '^0?[0-7]{3}$'"),
        (
            {"do": "symlink", "path": "a", "target": ""},
            "a link's target is empty, holds a NUL byte or is longer than 4,000 bytes",
        ),
        ({"do": "say"}, "`text` is missing"),
        ({"do": "plan", "items": []}, "`items` is empty"),
        ({"do": "usage", "input_tokens": -1}, "`input_tokens`: input should be greater than or equal to 0"),
        (
            {"do": "follow-up", "kind": "clean-up", "title": "x", "path": "a", "line": 3, "end_line": 2},
            "`end_line` comes before `line`",
        ),
        ({"do": "finish", "notes": [{"text": "why"}]}, "a note needs a `path`"),
        ({"do": "finish", "notes": [{"path": "a"}]}, "`text` is missing"),
    ],
)
def test_an_error_names_its_step(step: object, wrong: str) -> None:
    assert refusal({"steps": [_TURN] * 6 + [step]}) == f"step 7: {wrong}"
    assert refusal({"runs": [{"steps": [_TURN]}, {"steps": [_TURN, step]}]}) == f"run 2, step 2: {wrong}"


def test_nothing_can_come_after_the_end() -> None:
    assert refusal({"steps": [_TURN, {"do": "finish"}, _TURN]}) == "step 2: nothing can come after `finish`"
    assert refusal({"steps": [{"do": "fail", "sentence": "No."}, _TURN]}) == "step 1: nothing can come after `fail`"


def test_a_script_beyond_the_limit_is_refused_before_it_is_read() -> None:
    assert refusal(" " * (8 * 1024 * 1024) + "x") == "it is longer than 8388608 characters"


@given(st.binary(min_size=1), st.binary())
def test_base64_carries_any_bytes(old: bytes, new: bytes) -> None:
    def encoded(data: bytes) -> str:
        return base64.b64encode(data).decode()

    steps = [
        {"do": "write", "path_b64": encoded(b"caf\xe9"), "content_b64": encoded(new)},
        {"do": "edit", "path_b64": encoded(b"caf\xe9"), "old_b64": encoded(old), "new_b64": encoded(new)},
    ]
    write, edit = parse_script(json.dumps({"steps": steps})).steps_of(1)
    assert isinstance(write, Write)
    assert isinstance(edit, Edit)
    assert (write.where(), write.data("")) == (b"caf\xe9", new)
    assert edit.change() == (old, new)


_WORDS = ["do", "steps", "runs", "path", "path_b64", "content", "to", "mode", "text", "kind", "title", "notes", "line"]
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(KINDS)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(_WORDS) | st.text(), inner, max_size=5),
    max_leaves=12,
)
_STEPS = st.lists(
    st.dictionaries(st.sampled_from(_WORDS), _JSON, max_size=5).flatmap(
        lambda step: st.sampled_from(KINDS).map(lambda kind: {**step, "do": kind})
    ),
    max_size=3,
)


@given(_JSON | st.fixed_dictionaries({"steps": _STEPS}) | st.fixed_dictionaries({"runs": st.lists(_JSON, max_size=2)}))
@example({"steps": [{"do": "say", "text": "\ud800"}]})
@example({"steps": [{"do": ["write"]}]})
@example({"steps": {"0": {"do": "turn"}}})
@example({"runs": [{"steps": [{"do": "turn"}]}], "steps": [{"do": "turn"}]})
@example({"steps": [{"do": "usage", "input_tokens": 10**400}]})
def test_any_json_is_a_script_or_refused_with_a_sentence(script: Any) -> None:
    _check(json.dumps(script))


@given(st.text() | st.binary().map(lambda data: data.decode("utf-8", "surrogateescape")))
def test_any_text_is_a_script_or_refused_with_a_sentence(text: str) -> None:
    _check(text)


def _check(text: str) -> None:
    sentence = ""
    try:
        assert isinstance(parse_script(text), Script)
    except Refused as refused:
        sentence = refused.sentence
    assert sentence == "" or sentence.endswith("; nothing was started. Correct it and start the task again.")
    assert sentence.isprintable()
    assert len(sentence) < 600
