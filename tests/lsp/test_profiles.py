"""The floor as each editor gets it, with the capabilities that editor really sends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from casework.lsp.actions import TRUST
from casework.lsp.documents import uri_of
from tests.lsp.light import Light, light
from tests.repositories import Repository
from tests.waiting import wait_until_async

pytestmark = pytest.mark.e2e

PROFILES: Final[dict[str, Any]] = json.loads((Path(__file__).parent / "client_capabilities.json").read_text("utf-8"))
"""What each editor says it can do, cut to what a server may look at."""
ENCODINGS: Final = {"eglot": "utf-32", "helix": "utf-8", "neovim": "utf-8", "ale": "utf-16", "vscode": "utf-16"}
BEFORE: Final = "# \U0001f600\n# \U0001d518nicode \U0001f600 = old\nlast\n"
EDITED: Final = BEFORE.replace("old", "saved")


def diagnostics(client: Light, path: Path) -> list[dict[str, Any]]:
    """What stands at a file now, as the client was told last."""
    told = [
        params["diagnostics"]
        for method, params in client.told
        if method == "textDocument/publishDiagnostics" and params["uri"] == uri_of(str(path))
    ]
    return list(told[-1]) if told else []


def messages(client: Light, path: Path) -> list[str]:
    return [one["message"] for one in diagnostics(client, path)]


async def until(client: Light, path: Path, wanted: list[str]) -> None:
    """Wait until exactly these stand at a file."""
    await wait_until_async(lambda: messages(client, path) == wanted, description=f"{path.name} has {wanted}")


def width(text: str, encoding: str) -> int:
    """How many units of an encoding a text has."""
    return len(text.encode(encoding + "-le" if encoding != "utf-8" else encoding)) // (int(encoding[4:]) // 8)


@pytest.mark.parametrize("profile", sorted(PROFILES))
async def test_an_editor_with_no_plug_in_gets_the_whole_floor(profile: str, world: Path) -> None:
    repository = Repository.new(world / "shop")
    repository.commit("First", {"a.txt": BEFORE})
    repository.git("checkout", "-q", "-b", "new")
    repository.commit("Say new", {"a.txt": BEFORE.replace("old", "new")})
    repository.git("checkout", "-q", "main")
    path = repository.path / "a.txt"
    capabilities = PROFILES[profile]["capabilities"]
    async with light(repository.path, name=profile, capabilities=capabilities) as client:
        assert client.capabilities.get("positionEncoding", "utf-16") == ENCODINGS[profile]
        client.open(path)
        await client.ask("workspace/executeCommand", _open_review("new"))
        await until(client, path, ["review 1 changes this: Say new"])
        assert diagnostics(client, path)[0]["range"]["start"] == {"line": 0, "character": 0}

        titles = [one["title"] for one in await client.actions(path, 2)]
        assert titles == [
            "Casework: Open review 1: Say new",
            "Casework: Approve review 1: Land 1 on main",
            "Casework: Accept this hunk of review 1",
            "Casework: Reject this hunk of review 1",
            f"Casework: {TRUST}",
        ]
        lenses = await client.ask("textDocument/codeLens", {"textDocument": {"uri": uri_of(str(path))}})
        assert [one["command"]["command"] for one in lenses] == ["casework.review.document"]
        assert client.capabilities["codeLensProvider"]["resolveProvider"] is False

        await _shows_the_review(client, capabilities)
        await _counts_as_the_editor_does(client, path, ENCODINGS[profile])
        approve = next(one for one in await client.actions(path, 2) if "Approve" in one["title"])
        path.write_text(BEFORE, "utf-8")
        _changed(client, path, 3, BEFORE)
        await client.ask("workspace/executeCommand", {key: approve["command"][key] for key in ("command", "arguments")})
        await client.ask("casework/task/wait", {"number": 1, "statuses": ["landed"], "timeout_s": 30})
    assert repository.id("main") == repository.id("new")


def _open_review(branch: str) -> dict[str, Any]:
    return {"command": "casework.review.open", "arguments": [{"kind": "branch", "name": branch}]}


def _changed(client: Light, path: Path, version: int, text: str) -> None:
    document = {"uri": uri_of(str(path)), "version": version}
    client.tell("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})


def _save(client: Light, path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    client.tell("textDocument/didSave", {"textDocument": {"uri": uri_of(str(path))}})


async def _shows_the_review(client: Light, capabilities: dict[str, Any]) -> None:
    """A document is shown where the editor can show one, and named where it can't."""
    able = capabilities.get("window", {}).get("showDocument", {}).get("support", False)

    def seen() -> list[str]:
        shown = [params["uri"] for method, params in client.asked if method == "window/showDocument"]
        said = [params["message"] for method, params in client.told if method == "window/showMessage"]
        return shown if able else said

    await wait_until_async(lambda: bool(seen()), description="the review's file is shown")
    assert "review-1.md" in seen()[0]
    assert able or not [method for method, _ in client.asked if method == "window/showDocument"]


async def _counts_as_the_editor_does(client: Light, path: Path, encoding: str) -> None:
    """An edit behind letters beyond the basic plane lands where the editor made it: else the buffer stays unsaved."""
    before = BEFORE.splitlines()[1].partition("old")[0]
    start = width(before, encoding)
    change = {
        "range": {"start": {"line": 1, "character": start}, "end": {"line": 1, "character": start + 3}},
        "text": "saved",
    }
    document = {"uri": uri_of(str(path)), "version": 2}
    client.tell("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})
    await until(client, path, ["you are editing what review 1 changes: Say new"])
    _save(client, path, EDITED)
    await until(client, path, ["review 1 changes this: Say new"])


def _type_and_save_at_once(client: Light, document: Path) -> None:
    client.open(document)
    typed = document.read_text("utf-8").replace("Verdict:", "Verdict: approve", 1)
    client.tell("textDocument/willSave", {"textDocument": {"uri": uri_of(str(document))}, "reason": 1})
    document.write_text(typed, "utf-8")
    _changed(client, document, 2, typed)
    client.tell("textDocument/didSave", {"textDocument": {"uri": uri_of(str(document))}, "text": typed})


async def test_an_editor_that_tells_what_was_typed_with_the_save_itself_is_asked_about_it(world: Path) -> None:
    """Eglot collects keystrokes for half a second; who saves sooner announces the save before the last of them."""
    repository = Repository.new(world / "shop")
    repository.commit("First", {"a.txt": "old\n"})
    repository.write({"a.txt": "new\n"})
    async with light(repository.path, name="Eglot", capabilities=PROFILES["eglot"]["capabilities"]) as client:
        await client.ask("casework/review/open", {"kind": "working_tree"})
        given = await client.ask("casework/review/document", {"number": 1})
        _type_and_save_at_once(client, Path(given["path"]))
        await wait_until_async(
            lambda: "window/showMessageRequest" in [method for method, _ in client.asked],
            description="the one question is asked",
        )


@pytest.mark.parametrize(
    ("only", "some"),
    [
        (["quickfix"], False),
        (["source"], False),
        (["source.fixAll"], False),
        (["refactor"], False),
        (["source.organizeImports", "quickfix"], False),
        (["casework"], True),
        ([""], True),
        (None, True),
    ],
)
async def test_an_editor_that_applies_actions_by_itself_finds_none_of_ours(
    only: list[str] | None, some: bool, world: Path
) -> None:
    repository = Repository.new(world / "shop")
    repository.commit("First", {"a.txt": "1\nTODO: two\n"})
    repository.write({"a.txt": "1\nTODO: three\n"})
    async with light(repository.path) as client:
        client.open(repository.path / "a.txt")
        await client.ask("casework/review/open", {"kind": "working_tree"})
        found = await client.actions(repository.path / "a.txt", 2, **({"only": only} if only is not None else {}))
        assert bool(found) == some
        assert {one["kind"] for one in found} <= {"casework"}
