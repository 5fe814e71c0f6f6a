"""Which repository a file belongs to: several roots, submodules, linked worktrees, links, and names of any bytes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from casework.lsp.documents import uri_of
from tests.lsp.light import Light, Refusal, light
from tests.lsp.test_floor import change, press, selected, shop
from tests.lsp.test_profiles import diagnostics, messages, until
from tests.repositories import Repository, numbered, with_submodule
from tests.waiting import wait_until_async

pytestmark = pytest.mark.e2e


async def review(client: Light, top: Path, **wanted: str) -> dict[str, Any]:
    view = await client.ask("casework/review/open", {"repository": str(top), "kind": "branch", "name": "new", **wanted})
    assert isinstance(view, dict)
    return view


async def landed(client: Light, top: Path, number: int = 1) -> str:
    wanted = {"repository": str(top), "number": number, "statuses": ["landed"], "timeout_s": 30}
    return str((await client.ask("casework/task/wait", wanted))["commit"])


async def test_each_root_of_a_window_has_its_own_reviews(world: Path) -> None:
    one, two = shop(world / "one"), shop(world / "two")
    plain = world / "plain"
    plain.mkdir()
    async with light(one.path, two.path, plain) as client:
        for repository in (one, two):
            client.open(repository.path / "a.txt")
            await review(client, repository.path)
        for repository in (one, two):
            await until(client, repository.path / "a.txt", ["review 1 changes this: Say new"])
        with pytest.raises(Refusal, match="Several repositories are open"):
            await client.ask("casework/review/show", {"number": 1})
        await press(client, two.path / "a.txt", 20, "Approve review 1")
        await landed(client, two.path)
        assert two.id("main") == two.id("new")
        assert one.id("main") != one.id("new")
        await until(client, two.path / "a.txt", [])
        assert messages(client, one.path / "a.txt") == ["review 1 changes this: Say new"]

        three = shop(world / "three")
        folders = {"added": [{"uri": uri_of(str(three.path)), "name": "three"}], "removed": []}
        client.tell("workspace/didChangeWorkspaceFolders", {"event": folders})
        await review(client, three.path)
        await until(client, three.path / "a.txt", ["review 1 changes this: Say new"])


async def test_a_submodule_has_a_journal_of_its_own(world: Path) -> None:
    repository = with_submodule(world / "shop")
    inner = Repository(repository.path / "sub")
    path = inner.path / "src/app.py"
    async with light(repository.path) as client:
        client.open(path)
        [action] = await selected(client, path, 3, 3)
        card = (await client.ask("workspace/executeCommand", action["command"]))["card"]
        assert action["command"]["arguments"][0]["anchor"]["path"] == "src/app.py"
        await until(client, path, [f"{card['number']} Look at: line 3 (change)"])
        outer = await client.ask("casework/task/list", {"repository": str(repository.path)})
        assert outer["tasks"] == []
        found = await client.ask("casework/repository/list", {})
        assert {one["top"] for one in found["repositories"]} == {str(repository.path), str(inner.path)}


async def test_a_linked_worktree_shares_the_journal_and_lands_in_its_own_tree(world: Path) -> None:
    repository = shop(world / "shop")
    repository.git("worktree", "add", "-q", "-b", "side", str(world / "linked"), "main")
    linked = Repository(world / "linked")
    linked.write({"a.txt": numbered(40, but={5: "linked"})})
    async with light(repository.path) as first, light(linked.path) as second:
        second.open(linked.path / "a.txt")
        first.open(repository.path / "a.txt")
        await second.ask("casework/review/open", {"kind": "working_tree"})
        board = await first.ask("casework/board/read", {"repository": str(repository.path)})
        assert [card["number"] for card in board["needs_you"]] == [1], "one journal"
        assert await first.actions(repository.path / "a.txt", 5) == [], "nothing stands in the other tree"
        await press(second, linked.path / "a.txt", 5, "Open review 1")
        document = Path((await second.ask("casework/review/document", {"number": 1}))["path"])
        second.open(document)
        assert [one["title"] for one in await second.actions(document, 1)][1].startswith("Casework: Approve review 1")
        await press(second, linked.path / "a.txt", 5, "Approve review 1")
        commit = await landed(second, linked.path)
    assert linked.id("HEAD") == commit
    assert linked.text("status", "--porcelain") == ""
    assert repository.text("log", "--format=%s", "main") == "First"


async def test_an_editor_that_came_through_a_link_gets_its_own_names_back(world: Path) -> None:
    repository = shop(world / "shop")
    link = world / "link"
    link.symlink_to(repository.path)
    path = link / "a.txt"
    async with light(link) as client:
        await review(client, link)
        await until(client, path, ["review 1 changes this: Say new"])
        client.open(path)
        assert [one for one in await client.actions(path, 20) if "Approve" in one["title"]]
        assert messages(client, repository.path / "a.txt") == []
        change(client, path, 2, "not saved\n" + numbered(40))
        with pytest.raises(Refusal, match="unsaved changes"):
            await press(client, path, 21, "Approve review 1")
        change(client, path, 3, numbered(40))
        await press(client, path, 20, "Approve review 1")
        await landed(client, link)
    assert repository.id("main") == repository.id("new")


async def test_a_buffer_of_a_link_to_a_file_counts_as_that_file(world: Path) -> None:
    repository = shop(world / "shop")
    link = world / "a-link.txt"
    link.symlink_to(repository.path / "a.txt")
    async with light(repository.path) as client:
        client.open(link)
        await review(client, repository.path)
        change(client, link, 2, "not saved\n" + numbered(40))
        with pytest.raises(Refusal, match="unsaved changes"):
            await press(client, repository.path / "a.txt", 20, "Approve review 1")


@pytest.mark.parametrize(
    "name", [b"with space.txt", b"caf\xc3\xa9.txt", b"100%.txt", b"a#b?.txt", b"caf\xe9.txt", b'quo"te.txt', b"@:+.txt"]
)
async def test_a_file_of_any_name_is_served(name: bytes, world: Path) -> None:
    repository = Repository.new(world / "shop")
    repository.commit("First", {name: numbered(9), b"caf\xe8.txt": numbered(9)})
    repository.git("checkout", "-q", "-b", "new")
    repository.commit("Say new", {name: numbered(9, but={5: "new"})})
    repository.git("checkout", "-q", "main")
    path = Path(os.fsdecode(os.fsencode(repository.path) + b"/" + name))
    other = Path(os.fsdecode(os.fsencode(repository.path) + b"/caf\xe8.txt"))
    async with light(repository.path) as client:
        client.open(path)
        client.open(other)
        await review(client, repository.path)
        await until(client, path, ["review 1 changes this: Say new"])
        change(client, other, 2, "another file is not saved\n")
        assert len([one for one in await client.actions(path, 5) if "hunk" in one["title"]]) == 2
        [task] = await selected(client, path, 5, 5)
        card = (await client.ask("workspace/executeCommand", task["command"]))["card"]
        await until(client, path, ["review 1 changes this: Say new", f"{card['number']} Look at: line 5 (change)"])
        assert messages(client, other) == []
        await press(client, path, 5, "Approve review 1")
        await landed(client, repository.path)
    assert repository.id("main") == repository.id("new")


async def test_what_the_editor_percent_encodes_in_its_own_way_is_answered_in_that_way(world: Path) -> None:
    repository = Repository.new(world / "shop")
    repository.commit("First", {"a@b.txt": numbered(9)})
    repository.write({"a@b.txt": numbered(9, but={5: "new"})})
    uri = f"file://{repository.path}/a@b.txt"
    async with light(repository.path) as client:
        item = {"uri": uri, "languageId": "text", "version": 1, "text": numbered(9, but={5: "new"})}
        client.tell("textDocument/didOpen", {"textDocument": item})
        await client.ask("casework/review/open", {"kind": "working_tree"})

        def told() -> list[Any]:
            return [params for method, params in client.told if method.endswith("Diagnostics") and params["uri"] == uri]

        await wait_until_async(lambda: bool(told() and told()[-1]["diagnostics"]), description="it is shown as opened")
        assert diagnostics(client, repository.path / "a@b.txt") == []


@pytest.mark.parametrize(
    "uri", ["untitled:Untitled-1", "git:/a.txt?{}", "file://elsewhere/a.txt", "file:///%00", "x", "file://[x"]
)
async def test_a_document_that_is_no_file_here_is_left_alone(uri: str, world: Path) -> None:
    repository = shop(world / "shop")
    async with light(repository.path) as client:
        item = {"uri": uri, "languageId": "text", "version": 1, "text": "TODO: this\n"}
        client.tell("textDocument/didOpen", {"textDocument": item})
        place = {"line": 0, "character": 0}
        about = {"textDocument": {"uri": uri}}
        span = {"range": {"start": place, "end": place}, "context": {"diagnostics": []}}
        assert await client.ask("textDocument/codeAction", {**about, **span}) == []
        assert await client.ask("textDocument/codeLens", about) == []
        client.tell("textDocument/didSave", about)
        client.tell("textDocument/didClose", about)
        assert (await client.ask("casework/board/read"))["needs_you"] == []
