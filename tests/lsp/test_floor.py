"""What stands in the code and what can be done there: tasks, moving places, questions, progress, the board."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from casework.lsp.actions import TRUST
from casework.lsp.documents import uri_of
from casework.lsp.new_tasks import todo_in
from tests.lsp.light import Light, Refusal, light
from tests.lsp.test_profiles import diagnostics, messages, until
from tests.repositories import Repository, numbered
from tests.waiting import wait_until_async

pytestmark = pytest.mark.e2e

PROGRESS: Final = {"window": {"workDoneProgress": True}}


def shop(folder: Path, lines: int = 40) -> Repository:
    """A file of numbered lines, and the branch `new` that changes its line 20."""
    made = Repository.new(folder)
    made.commit("First", {"a.txt": numbered(lines), "b.txt": "b\n"})
    made.git("checkout", "-q", "-b", "new")
    made.commit("Say new", {"a.txt": numbered(lines, but={20: "new"})})
    made.git("checkout", "-q", "main")
    return made


def lines_on_disk(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


def change(client: Light, path: Path, version: int, text: str) -> None:
    document = {"uri": uri_of(str(path)), "version": version}
    client.tell("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})


async def press(client: Light, path: Path, line: int, title: str) -> Any:
    found = await client.actions(path, line)
    chosen = [one for one in found if one["title"].startswith(f"Casework: {title}")]
    assert chosen, [one["title"] for one in found]
    return await client.ask("workspace/executeCommand", chosen[0]["command"])


async def selected(client: Light, path: Path, first: int, last: int, **context: Any) -> list[dict[str, Any]]:
    """Ask for the actions of whole selected lines, counted from 1; only those that make tasks."""
    span = {"start": {"line": first - 1, "character": 0}, "end": {"line": last, "character": 0}}
    found = await client.ask(
        "textDocument/codeAction",
        {"textDocument": {"uri": uri_of(str(path))}, "range": span, "context": {"diagnostics": [], **context}},
    )
    return [one for one in found if one["command"]["command"] == "casework.task.add"]


def anchor(action: dict[str, Any]) -> dict[str, Any]:
    given = action["command"]["arguments"][0]["anchor"]
    assert isinstance(given, dict)
    return given


async def test_a_selection_becomes_a_task_with_its_lines(world: Path) -> None:
    path = shop(world / "shop").path / "a.txt"
    async with light(path.parent) as client:
        client.open(path)
        [action] = await selected(client, path, 3, 5)
        assert action["title"] == "Casework: new task: Look at: line 3"
        assert anchor(action) == {"path": "a.txt", "line": 3, "end_line": 5, "snippet": "line 3\nline 4\nline 5"}
        card = (await client.ask("workspace/executeCommand", action["command"]))["card"]
        assert (card["title"], card["status"]) == ("Look at: line 3", "backlog")
        await until(client, path, [f"{card['number']} Look at: line 3 (change)"])
        titles = [one["title"] for one in await client.actions(path, 4)]
        assert titles == ["Casework: Start 1: Look at: line 3", "Casework: Drop 1"]
        await press(client, path, 4, "Drop 1")
        await until(client, path, [])
        assert await client.actions(path, 4) == []


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("x = 1  # TODO: round down", "round down"),
        ("// FIXME(ada) use the vault */", "use the vault"),
        ("<!-- TODO say more -->", "say more"),
        ("TODO", "TODO"),
        ("TODOS are not meant", ""),
    ],
)
async def test_a_comment_that_asks_for_work_becomes_a_task(line: str, title: str, world: Path) -> None:
    repository = Repository.new(world / "shop")
    repository.commit("First", {"a.py": f"first\n{line}\nlast TODO: other\n"})
    async with light(repository.path) as client:
        client.open(repository.path / "a.py")
        found = [one["title"] for one in await client.actions(repository.path / "a.py", 2)]
        assert found == ([f"Casework: new task: {title}"] if title else [])
        assert await client.actions(repository.path / "a.py", 1) == []


async def test_what_another_server_complains_about_becomes_a_task(world: Path) -> None:
    path = shop(world / "shop").path / "a.txt"
    span = {"start": {"line": 6, "character": 0}, "end": {"line": 6, "character": 4}}
    theirs = {"range": span, "message": "`line` is undefined\n  see the manual", "source": "ruff"}
    async with light(path.parent) as client:
        client.open(path)
        found = await client.ask(
            "textDocument/codeAction",
            {
                "textDocument": {"uri": uri_of(str(path))},
                "range": {"start": span["start"], "end": span["start"]},
                "context": {"diagnostics": [theirs, {**theirs, "source": "casework"}, {**theirs, "message": ""}]},
            },
        )
        assert [one["title"] for one in found] == ["Casework: new task: `line` is undefined"]
        assert anchor(found[0])["snippet"] == "line 7"


@pytest.mark.timeout(10)
@pytest.mark.parametrize("noise", ["*", " ", "/", "(("])
def test_a_comment_is_read_in_the_time_that_its_length_takes(noise: str) -> None:
    assert todo_in("# TODO: all" + noise * 200_000 + "x").startswith("all")


async def test_a_place_that_no_file_has_hides_nothing_else(world: Path) -> None:
    repository = shop(world / "shop")
    Repository.new(world / "other").commit("First", {"z.txt": "line 1\n"})
    path = repository.path / "a.txt"
    async with light(path.parent) as client:
        client.open(path)
        for title, place in (
            ("Far", {"path": "a.txt", "line": 2, "end_line": 2**40}),
            ("Backwards", {"path": "a.txt", "line": 3, "end_line": -(2**40)}),
            ("Outside", {"path": "../other/z.txt", "line": 1}),
            ("Good", {"path": "a.txt", "line": 4}),
        ):
            await client.ask("casework/task/add", {"title": title, "anchor": place})
        await until(client, path, ["1 Far (change)", "2 Backwards (change)", "4 Good (change)"])
        ends = {one["message"][0]: one["range"]["end"]["line"] for one in diagnostics(client, path)}
        assert ends == {"1": 40, "2": 3, "4": 4}
        assert not [params for method, params in client.told if "other" in params.get("uri", "")]


async def test_a_task_is_made_of_what_is_saved_and_says_so_where_that_differs(world: Path) -> None:
    path = shop(world / "shop").path / "a.txt"
    async with light(path.parent) as client:
        client.open(path)
        change(client, path, 2, "typed and not saved\n" + numbered(40, but={5: "secret = 1"}))
        [action] = await selected(client, path, 6, 7)
        assert action["title"].endswith(" (as saved: this editor has unsaved changes)")
        assert anchor(action) == {"path": "a.txt", "line": 4, "end_line": 6, "snippet": "line 4\nline 5\nline 6"}
        change(client, path, 3, numbered(40))
        [action] = await selected(client, path, 6, 7)
        assert anchor(action)["snippet"] == "line 6\nline 7"
        assert "unsaved" not in action["title"]


async def test_a_place_moves_with_its_lines_on_disk_and_in_the_editor(world: Path) -> None:
    path = shop(world / "shop").path / "a.txt"
    async with light(path.parent) as client:
        client.open(path)
        await client.ask("casework/review/open", {"kind": "branch", "name": "new"})
        await until(client, path, ["review 1 changes this: Say new"])
        assert diagnostics(client, path)[0]["range"]["start"]["line"] == 16

        change(client, path, 2, "one\ntwo\n" + numbered(40))
        await until(client, path, ["you are editing what review 1 changes: Say new"])
        assert diagnostics(client, path)[0]["range"]["start"]["line"] == 18
        assert diagnostics(client, path)[0]["severity"] == 2
        assert await client.actions(path, 18) == []
        assert await client.actions(path, 19)

        change(client, path, 3, numbered(40))
        await until(client, path, ["review 1 changes this: Say new"])
        assert diagnostics(client, path)[0]["range"]["start"]["line"] == 16

        path.write_text("one\ntwo\nthree\n" + numbered(40))
        change(client, path, 4, "one\ntwo\nthree\n" + numbered(40))
        await wait_until_async(
            lambda: [one["range"]["start"]["line"] for one in diagnostics(client, path)] == [19],
            description="the place moved with the file",
        )
        assert messages(client, path) == ["review 1 changes this: Say new"]
        assert not [one for one in await client.actions(path, 17) if "review" in one["title"]]


async def asks(client: Light, **task: Any) -> int:
    """Have an agent ask something; give the task's number."""
    steps = [{"do": "ask", "text": "Round up?", "choices": ["up", "down"]}, {"do": "hang"}]
    card = (await client.ask("casework/task/add", {"title": "Round", **task}))["card"]
    number = int(card["number"])
    script = json.dumps({"steps": steps})
    await client.ask("casework/task/start", {"number": number, "agent": "scripted", "script": script})
    await client.ask("casework/task/wait", {"number": number, "statuses": ["waiting"], "timeout_s": 30})
    return number


async def test_a_question_stands_at_its_place_and_is_answered_there(world: Path) -> None:
    path = shop(world / "shop").path / "a.txt"
    async with light(path.parent, capabilities=PROGRESS) as client:
        client.open(path)
        number = await asks(client, anchor={"path": "a.txt", "line": 7, "snippet": "line 7"})
        await until(client, path, [f"{number} asks: Round up?"])
        titles = [one["title"] for one in await client.actions(path, 7)]
        assert titles == [
            f"Casework: Answer {number}, Round up?: up",
            f"Casework: Answer {number}, Round up?: down",
            f"Casework: Stop {number}",
            f"Casework: Drop {number}",
        ]
        assert not [method for method, _ in client.asked if method == "window/showMessageRequest"], "never a pop-up"
        await press(client, path, 7, f"Answer {number}, Round up?: down")
        await client.ask("casework/task/wait", {"number": number, "statuses": ["running"], "timeout_s": 30})
        await until(client, path, [])
        await client.ask("casework/task/stop", {"number": number})


async def test_a_question_without_a_place_stands_on_the_board_and_is_answered_there(world: Path) -> None:
    repository = shop(world / "shop")
    board = repository.path / ".git" / "casework" / "reviews" / "board.md"
    async with light(repository.path) as client:
        number = await asks(client)
        await until(client, board, [f"{number} asks: Round up?"])
        line = diagnostics(client, board)[0]["range"]["start"]["line"]
        assert "Round" in lines_on_disk(board)[line]
        client.open(board)
        await press(client, board, line + 1, f"Stop {number}")
        await until(client, board, [])


async def test_each_line_of_the_board_does_what_can_be_done_with_its_task(world: Path) -> None:
    repository = shop(world / "shop")
    async with light(repository.path) as client:
        await client.ask("casework/review/open", {"kind": "branch", "name": "new"})
        await client.ask("casework/task/add", {"title": "Later"})
        board = Path((await client.ask("casework/board/document"))["path"])
        client.open(board)
        lines = lines_on_disk(board)
        found = [await client.actions(board, at) for at in range(1, len(lines) + 1)]
        assert [[one["title"].removeprefix("Casework: ") for one in actions] for actions in found if actions] == [
            ["Open review 1: Say new", "Approve review 1: Land 1 on main", TRUST, "Drop 1"],
            ["Start 2: Later", "Drop 2"],
        ]
        assert await client.actions(board, len(lines) + 10) == []


async def test_a_review_s_file_that_shows_something_older_offers_only_to_open_it_again(world: Path) -> None:
    repository = shop(world / "shop")
    async with light(repository.path) as client:
        view = await client.ask("casework/review/open", {"kind": "branch", "name": "new"})
        document = Path((await client.ask("casework/review/document", {"number": 1}))["path"])
        client.open(document)
        titles = [one["title"] for one in await client.actions(document, 5)]
        assert "Casework: Approve review 1: Land 1 on main" in titles
        hunk = view["files"][0]["hunks"][0]["id"]
        await client.ask("casework/review/decide", {"number": 1, "hunks": [hunk], "decision": "accepted"})
        titles = [one["title"] for one in await client.actions(document, 5)]
        assert titles == ["Casework: Open review 1 again: it changed"]


async def test_history_is_closed_as_read_and_never_approved(world: Path) -> None:
    repository = shop(world / "shop")
    async with light(repository.path) as client:
        await client.ask("casework/review/open", {"kind": "range", "name": "main..new"})
        document = Path((await client.ask("casework/review/document", {"number": 1}))["path"])
        client.open(document)
        assert [one["title"] for one in await client.actions(document, 1)] == [
            "Casework: Open review 1: Say new", "Casework: Close review 1 as read", f"Casework: {TRUST}",
            "Casework: Drop 1",
        ]  # fmt: skip
        await press(client, document, 1, "Close review 1 as read")
        assert (await client.ask("casework/task/show", {"number": 1}))["card"]["status"] == "read"


async def test_next_shows_the_review_at_what_is_to_be_judged(world: Path) -> None:
    repository = shop(world / "shop")
    async with light(repository.path, capabilities={"window": {"showDocument": {"support": True}}}) as client:
        view = await client.ask("casework/review/open", {"kind": "branch", "name": "new"})
        hunk = view["files"][0]["hunks"][0]["id"]

        async def following(**here: Any) -> str:
            """Run the command, and give the line that the editor was shown."""
            known = len(client.asked)
            wanted = {"command": "casework.review.next", "arguments": [{"number": 1, **here}]}
            await client.ask("workspace/executeCommand", wanted)
            await wait_until_async(lambda: len(client.asked) > known, description="a document is shown")
            method, shown = client.asked[-1]
            assert method == "window/showDocument"
            return lines_on_disk(document)[int(shown["selection"]["start"]["line"])]

        document = repository.path / ".git/casework/reviews/review-1.md"
        assert (await following()).startswith("### 1. a.txt:17  ")
        with document.open("a", encoding="utf-8") as file:
            file.write("> typed meanwhile\n")
        assert (await following()).startswith("### 1. a.txt:17  ")
        assert lines_on_disk(document)[-1] == "> typed meanwhile"
        await client.ask("casework/review/decide", {"number": 1, "hunks": [hunk], "decision": "accepted"})
        assert (await following(hunk=hunk)).startswith("Verdict:")
        assert [path.name for path in document.parent.glob("*.edited-*")] != []


async def test_progress_can_be_cancelled_and_closing_the_editor_stops_nothing(world: Path) -> None:
    repository = shop(world / "shop")
    script = json.dumps({"steps": [{"do": "say", "text": "So."}, {"do": "hang"}]})
    async with light(repository.path, capabilities=PROGRESS) as client:
        await client.ask("casework/board/read")
        await client.ask("casework/task/add", {"title": "Long"})
        await client.ask("casework/task/start", {"number": 1, "agent": "scripted", "script": script})

        def seen(kind: str) -> list[str]:
            told = [params for method, params in client.told if method == "$/progress"]
            return [params["token"] for params in told if params["value"]["kind"] == kind]

        await wait_until_async(lambda: bool(seen("report")), description="progress is shown")
    async with light(repository.path, capabilities=PROGRESS) as client:
        card = (await client.ask("casework/task/show", {"number": 1}))["card"]
        assert card["status"] == "running", "closing the editor stopped nothing"
        await wait_until_async(lambda: bool(seen("begin")), description="another editor shows it too")
        client.tell("window/workDoneProgress/cancel", {"token": seen("begin")[0]})
        await client.ask("casework/task/wait", {"number": 1, "statuses": ["stopped"], "timeout_s": 30})
        await wait_until_async(lambda: seen("end") == seen("begin"), description="the progress ends")


async def test_a_review_of_five_thousand_files_floods_no_editor(world: Path) -> None:
    repository = Repository.new(world / "shop")
    repository.commit("First", {f"d{n % 50}/f{n}.txt": "old\n" for n in range(5000)})
    for n in range(5000):
        (repository.path / f"d{n % 50}/f{n}.txt").write_text("new\n")
    async with light(repository.path) as client:
        view = await client.ask("casework/review/open", {"kind": "working_tree"})
        assert view["hunks"] == 5000

        def published() -> set[str]:
            return {params["uri"] for method, params in client.told if method == "textDocument/publishDiagnostics"}

        await wait_until_async(lambda: len(published()) >= 500, description="the first are shown", timeout_s=40)
        await client.ask("casework/board/read")
        assert len(published()) == 500
        hidden = next(
            path
            for path in (repository.path / f"d{n % 50}/f{n}.txt" for n in range(4999, 0, -1))
            if uri_of(str(path)) not in published()
        )
        client.open(hidden)
        await until(client, hidden, ["review 1 changes this: " + view["title"]])
        assert [one for one in await client.actions(hidden, 1) if "Approve" in one["title"]]


async def test_a_huge_file_is_served_like_any_other(world: Path) -> None:
    repository = shop(world / "shop", lines=200_000)
    path = repository.path / "a.txt"
    async with light(repository.path) as client:
        client.open(path)
        await client.ask("casework/review/open", {"kind": "branch", "name": "new"})
        await until(client, path, ["review 1 changes this: Say new"])
        change(client, path, 2, "first\n" + path.read_text())
        assert await client.actions(path, 21)
        [action] = await selected(client, path, 150_001, 150_001)
        assert anchor(action)["snippet"] == "line 150000"


async def test_an_action_that_is_not_possible_any_more_is_refused_with_a_sentence(world: Path) -> None:
    path = shop(world / "shop").path / "a.txt"
    async with light(path.parent) as client:
        client.open(path)
        await client.ask("casework/review/open", {"kind": "branch", "name": "new"})
        approve = next(one for one in await client.actions(path, 20) if "Approve" in one["title"])
        await press(client, path, 20, "Reject this hunk")
        with pytest.raises(Refusal, match="is not what you were shown any more") as refused:
            await client.ask("workspace/executeCommand", approve["command"])
        assert refused.value.word == "stale_review"
