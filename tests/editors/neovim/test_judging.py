"""Judging in a real Neovim: keys, moves, comments, verdicts given here and elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from tests.editors.neovim.driver import Neovim
from tests.editors.neovim.stage import CHARGE, VAULT, Stage
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

TOPIC = CHARGE.replace("amount // 50", "amount // 40").replace("the bank takes", "the bank keeps")


def open_review(stage: Stage, *what: str) -> Neovim:
    """Open a review of `what` in a Neovim of its own."""
    nvim = stage.neovim("README.md")
    nvim.sees("README.md")
    nvim.keys(f":Casework review {' '.join(what)}<CR>")
    nvim.sees("proposed", "Review 1", timeout_s=60)  # the first one starts a daemon
    return nvim


def topic(stage: Stage) -> str:
    """Make the branch `topic` with two changed files, and give its tip."""
    stage.shop.git("switch", "-qc", "topic")
    quiet = VAULT.replace('log.debug("token %s", token)', 'log.debug("token read")')
    tip = stage.shop.commit("Keep less", {"pay/charge.py": TOPIC, "pay/vault.py": quiet})
    stage.shop.git("switch", "-q", "main")
    return tip


def spaced(hunks: int, mark: str) -> str:
    """A file of `hunks` places far enough apart to be a hunk each, every place holding `mark`."""
    return "".join(
        f"place {number} {mark}\n" + "".join(f"line {number}.{line}\n" for line in range(12)) for number in range(hunks)
    )


def test_ten_hunks_nine_landed_and_one_rejected_take_fourteen_keys_and_one_tab(stage: Stage) -> None:
    sizes = {"a.txt": 4, "b.txt": 3, "c.txt": 3}
    stage.shop.commit("before", {name: spaced(count, "old") for name, count in sizes.items()})
    stage.shop.git("switch", "-qc", "ten")
    stage.shop.commit("after", {name: spaced(count, "new") for name, count in sizes.items()})
    stage.shop.git("switch", "-q", "main")
    nvim = open_review(stage, "branch", "ten")
    nvim.sees("10 hunks", "10 left")
    tabs = nvim.lua("return #vim.api.nvim_list_tabpages()")
    pressed = 0

    def press(keys: str, *shown: str) -> None:
        nonlocal pressed
        nvim.keys(keys)
        pressed += 1
        nvim.sees(*shown)

    for number in range(1, 5):
        press("a", f"{number} accepted", "hunk 1/3" if number == 4 else f"hunk {number + 1}/4")
    press("x", "Why not?")
    press("not this one", "not this one")
    press("<CR>", "1 rejected", "hunk 2/3")
    for number in range(5, 10):
        press("a", f"{number} accepted", "hunk" if number < 9 else "all is judged")
    nvim.sees("Land 9, leave 1 out")
    nvim.picture("10-ten-hunks-judged")
    press("A", "Landed as ")

    assert pressed <= 14
    assert nvim.lua("return #vim.api.nvim_list_tabpages()") == tabs
    landed = [stage.shop.at(name).read_text().count("new") for name in sizes]
    assert landed == [4, 2, 3]


def test_what_was_judged_by_mistake_is_taken_back_with_one_key(stage: Stage) -> None:
    topic(stage)
    nvim = open_review(stage, "branch", "topic")
    nvim.keys("a")
    nvim.sees("1 accepted")
    nvim.keys("u")
    nvim.loses("1 accepted")
    nvim.sees("hunk 1/")
    wait_until(lambda: decisions(stage) == {"none"}, description="the daemon knows")


def test_a_comment_stands_below_its_hunk_and_in_every_other_client(stage: Stage) -> None:
    topic(stage)
    nvim = open_review(stage, "branch", "topic")
    nvim.keys("c")
    nvim.sees("Comment · pay/charge.py")
    nvim.keys("Why 40?<CR>The contract says 50.<C-s>")
    nvim.loses("Comment ·")
    nvim.sees("  Why 40?", "The contract says 50.", "Review 1")
    nvim.picture("11-a-comment")
    comments = [
        comment["text"] for file in review(stage)["files"] for hunk in file["hunks"] for comment in hunk["comments"]
    ]
    assert comments == ["Why 40?\nThe contract says 50."]


def test_a_text_that_is_not_sent_is_thrown_away_only_after_asking(stage: Stage) -> None:
    topic(stage)
    nvim = open_review(stage, "branch", "topic")
    nvim.keys("R")
    nvim.sees("What should change in review 1?")
    nvim.keys("Half a thought<Esc>q")
    nvim.sees("Throw away what is written?")
    nvim.keys("n")
    nvim.sees("Half a thought")
    nvim.keys("qy")
    nvim.loses("Half a thought")
    assert review(stage)["status"] == "in_review"


def test_approving_what_was_never_decided_asks_with_what_will_happen(stage: Stage) -> None:
    topic(stage)
    nvim = open_review(stage, "branch", "topic")
    nvim.keys("A")
    nvim.sees("not decided", "Land ")
    nvim.picture("12-approve-asks")
    nvim.keys("n")
    nvim.loses("not decided")
    assert review(stage)["status"] == "in_review"
    nvim.keys("Ay")
    nvim.sees("Landed as ")


def test_a_verdict_given_elsewhere_is_shown_and_no_other_is_offered(stage: Stage) -> None:
    topic(stage)
    nvim = open_review(stage, "branch", "topic")
    nvim.sees("A Land")
    stage.casework("approve", "1", "--shown", review(stage)["shown"])
    screen = nvim.sees("Landed as ")
    assert "A Land" not in screen
    nvim.keys("a")
    nvim.sees("no longer open")


def test_a_file_that_is_not_saved_is_saved_with_the_same_key_that_approves(stage: Stage) -> None:
    topic(stage)
    nvim = stage.neovim("pay/charge.py")
    nvim.sees("def charge")
    nvim.keys("Go# mine<Esc>")
    nvim.sees("# mine")
    nvim.keys(":Casework review branch topic<CR>")
    nvim.sees("proposed", "Review 1")
    nvim.keys("A")
    nvim.sees("pay/charge.py: not saved yet. Land 2 on main?", "(S)ave and approve")
    nvim.picture("13-save-and-approve")
    nvim.keys("s")
    wait_until(lambda: "# mine" in stage.shop.at("pay/charge.py").read_text(), description="the file is saved")


def test_history_is_closed_as_read_and_not_approved(stage: Stage) -> None:
    stage.shop.commit("Keep less", {"pay/charge.py": TOPIC})
    nvim = open_review(stage, "HEAD~1..HEAD")
    assert "A done reading" in nvim.screen()
    nvim.keys("A")
    nvim.sees("closed as read")
    assert stage.told("task", "show", "1")["card"]["status"] == "read"


def test_the_working_tree_is_judged_in_part_and_its_files_stay(stage: Stage) -> None:
    stage.shop.write({"pay/charge.py": TOPIC, "README.md": "# The shop\n"})
    nvim = open_review(stage, "working-tree")
    while "README.md proposed" not in nvim.screen():
        nvim.keys("<Tab>")
    nvim.keys("aA")  # the approval is typed while the decision is on its way, and given once that is taken
    nvim.sees("1 accepted", "not decided")
    nvim.keys("y")
    nvim.sees("Landed as ")
    assert stage.shop.text("show", "HEAD:README.md") == "# The shop"
    assert stage.shop.at("pay/charge.py").read_text() == TOPIC


def test_a_refused_way_to_land_is_said_and_another_one_chosen(stage: Stage) -> None:
    topic(stage)
    nvim = open_review(stage, "branch", "topic")
    mine = stage.shop.at("pay/charge.py").read_text().replace("Take money, and give it back.", "Take money.")
    stage.shop.commit("Say less", {"pay/charge.py": mine})
    nvim.keys("S")
    nvim.sees("1 accepted", "file 2/2")
    nvim.keys("S")
    nvim.sees("2 accepted", "A Land 2")
    nvim.keys("A")
    nvim.sees("nothing was landed.", "Land it as one commit")
    nvim.picture("17-refused")
    nvim.keys(":Casework approve com<Tab><CR>")
    nvim.sees("What would land differs", "A Land 2 as one commit on main")
    nvim.picture("18-shown-again")
    assert "amount // 50" in stage.shop.text("show", "main:pay/charge.py")
    nvim.keys("A")
    nvim.sees("Landed as ")
    landed = stage.shop.text("show", "main:pay/charge.py")
    assert "amount // 40" in landed
    assert landed.startswith('"""Take money."""')


def test_a_code_action_leads_to_the_review_side_by_side(stage: Stage) -> None:
    topic(stage)
    stage.casework("review", "branch", "topic")
    nvim = stage.neovim("pay/charge.py")
    wait_until(lambda: nvim.lua("return #vim.diagnostic.get(0) > 0"), description="the review is a diagnostic")
    nvim.keys("/max(<CR>gra")
    nvim.sees("2: Casework: Approve review 1", "Type number")
    nvim.keys("2<CR>")
    nvim.sees("proposed", "Review 1", "A approves review 1 as you see it")
    assert review(stage)["status"] == "in_review"


def test_the_command_line_approves_nothing_that_was_not_seen(stage: Stage) -> None:
    topic(stage)
    stage.casework("review", "branch", "topic")
    nvim = stage.neovim("README.md")
    nvim.keys(":Casework approve 1<CR>")
    nvim.sees("proposed", "Review 1", "A approves what you see")
    assert review(stage)["status"] == "in_review"
    nvim.keys(":Casework approve<CR>")
    nvim.sees("not decided")
    nvim.keys("y")
    nvim.sees("Landed as ")


def review(stage: Stage) -> Any:
    """The review as the command line tells it."""
    return stage.told("review", "show", "1")


def decisions(stage: Stage) -> set[str]:
    """The decisions on all hunks."""
    return {hunk["decision"] for file in review(stage)["files"] for hunk in file["hunks"]}
