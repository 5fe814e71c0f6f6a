"""Lines of a hunk, accepted in an editor without a plug-in, stand over a kill and a moved base, and land alone."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pygls.exceptions import JsonRpcException

from tests.lsp.plain import Editor, editor
from tests.repositories import Repository, numbered
from tests.waiting import wait_until_async

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

BETTER = {20: "better 20", 21: "better 21", 24: "better 24"}
PATCH = """--- a/numbers.txt
+++ b/numbers.txt
@@ -21 +21 @@
-line 21
+better 21
"""
"""The part of it that is to land, as `diff -U0` would have it; written by hand."""


def hunks(view: dict[str, Any]) -> list[dict[str, Any]]:
    return [hunk for file in view["files"] for hunk in file["hunks"]]


def states(view: dict[str, Any]) -> list[tuple[int, str]]:
    return [(one["old_start"], one["decision"]) for one in hunks(view)]


async def pressed(window: Editor, path: Path, first: int, last: int, title: str) -> Any:
    """Select whole lines, and do what the title says."""
    return await window.press(path, first, f"Casework: {title}", last + 1)


async def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    await wait_until_async(lambda: not Path(f"/proc/{pid}").exists(), description="the daemon is gone")


def applied(repository: Repository, patch: str) -> bytes:
    """Give the tree that git makes of the branch and a patch, in an index aside."""
    around = os.environ | {"GIT_INDEX_FILE": str(repository.path / ".git" / "aside")}

    def run(*args: str, given: str = "") -> bytes:
        return subprocess.run(
            ["git", *args], cwd=repository.path, input=given.encode(), env=around, capture_output=True, check=True
        ).stdout.strip()

    run("read-tree", "main")
    run("apply", "--cached", "--unidiff-zero", "-", given=patch)
    return run("write-tree")


async def test_lines_of_a_hunk_stand_over_a_kill_and_a_moved_base_and_land_alone(world: Path) -> None:
    repository = Repository.new(world / "shop")
    repository.commit("Count", {"numbers.txt": numbered(40)})
    repository.git("checkout", "-q", "-b", "work")
    repository.commit("Better", {"numbers.txt": numbered(40, but=BETTER)})
    repository.git("checkout", "-q", "main")
    path = repository.path / "numbers.txt"
    async with editor(repository.path) as window:
        await window.ask("casework/review/open", kind="branch", name="work")
        window.open(path)
        titles = [one.title for one in await window.actions(path, 20)]
        assert not [title for title in titles if "of this hunk" in title and "line" in title.split("of this")[0]]
        assert "Casework: Split this hunk of review 1 at its unchanged lines" in titles
        await pressed(window, path, 21, 21, "Accept line 21 of this hunk")
        before = await window.ask("casework/review/show", number=1)
        assert states(before) == [(17, "none"), (21, "accepted"), (23, "none")]
        await window.command("casework.review.document", {"number": 1})
        written = (await window.shown()).read_text("utf-8")
        assert "\n-line 21\n+better 21\n line 22\n```" in written, "each part is one heading with its own lines"
        pid = (await window.ask("casework/daemon/status"))["pid"]
    await kill(pid)
    repository.commit("Move", {"numbers.txt": "on top\n" + numbered(40)})
    repository.git("rebase", "-q", "main", "work")
    repository.git("checkout", "-q", "main")
    async with editor(repository.path) as window:
        assert states(await window.ask("casework/review/show", number=1)) == states(before)
        view = await window.ask("casework/review/open", kind="branch", name="work")
        assert states(view) == [(18, "none"), (22, "accepted"), (24, "none")]
        expected = applied(repository, PATCH.replace("@@ -21 +21 @@", "@@ -22 +22 @@"))
        only = next(one for one in view["approvals"] if one["only_accepted"] and one["rest"] == "follow_up")
        asked = {"shown": only["shown"], "rest": "follow_up", "only_accepted": True}
        await window.ask("casework/review/answer", number=1, verdict="approve", **asked)
        await window.ask("casework/task/wait", number=1, statuses=["landed"])
        assert repository.git("rev-parse", "main^{tree}").strip() == expected
        ticket = (await window.ask("casework/task/show", number=2))["ticket"]
        assert "+better 20" in ticket
        assert "+better 24" in ticket
        assert "+better 21" not in ticket


async def test_a_split_that_clashes_with_what_is_staged_is_refused_and_the_whole_hunk_is_offered(world: Path) -> None:
    repository = Repository.new(world / "shop")
    repository.commit("Count", {"numbers.txt": numbered(40)})
    path = repository.path / "numbers.txt"
    path.write_text(numbered(40, but=BETTER))
    async with editor(repository.path) as window:
        view = await window.ask("casework/review/open", kind="working_tree")
        (hunk,) = hunks(view)
        asked = {"number": 1, "hunks": [hunk["id"]], "decision": "accepted", "lines": {"first": 21, "last": 21}}
        repository.git("add", "numbers.txt")
        with pytest.raises(
            JsonRpcException, match=f"nothing was split. Accept or reject the whole hunk \\({hunk['id']}\\)"
        ):
            await window.ask("casework/review/decide", **asked)
        assert await window.ask("casework/review/show", number=1) == view
        repository.git("restore", "--staged", "numbers.txt")
        view = await window.ask("casework/review/decide", **asked)
        assert states(view) == [(17, "none"), (21, "accepted"), (23, "none")]
        repository.git("add", "numbers.txt")  # only now: the approval looks again
        with pytest.raises(
            JsonRpcException, match="accepted or rejected as a whole it may fit: `casework review join 1 "
        ):
            await window.ask("casework/review/answer", number=1, verdict="approve", shown=view["shown"])
        repository.git("restore", "--staged", "numbers.txt")
        expected = applied(repository, PATCH)
        await window.ask("casework/review/answer", number=1, verdict="approve", shown=view["shown"])
        await window.ask("casework/task/wait", number=1, statuses=["landed"])
        assert repository.git("rev-parse", "main^{tree}").strip() == expected
        assert path.read_text() == numbered(40, but=BETTER), "the file stays as it was"
