"""What several tests do in reviews: open one, and with the mouse use its lines above hunks and its reply form."""

from __future__ import annotations

import re
from typing import Final

from playwright.sync_api import Locator

from tests.editors.vscode.workbench import STEP_TIMEOUT_S, Workbench
from tests.waiting import wait_until

_PATIENCE_MS: Final = STEP_TIMEOUT_S * 1000


def open_ten_hunks(window: Workbench) -> None:
    """Go to the first hunk of review 1, of ten in three files, and wait until it can be judged."""
    window.show_view("Casework")
    window.wait_for_row("NEEDS YOU 1")
    window.press("Control+k", "Control+g")
    window.wait_for_diff("review 1 · 1 of 3")
    window.wait_for_text_in_diff("1 of 10 · a r c")


def lenses(window: Workbench) -> list[str]:
    """Read the links above the hunks of the active editor, top to bottom."""
    links = window.page.locator(".editor-group-container.active .editor.modified .codelens-decoration a")
    placed: list[tuple[float, str]] = links.evaluate_all(
        "all => all.map(one => [one.getBoundingClientRect().top, one.textContent])"
    )
    return [_words(text) for _, text in sorted(placed, key=lambda one: one[0])]


def wait_for_lens(window: Workbench, text: str) -> None:
    """Wait until a link above a hunk says `text`."""
    wait_until(
        lambda: any(text in said for said in lenses(window)),
        description=f"a line above a hunk says {text!r}",
        timeout_s=STEP_TIMEOUT_S,
    )


def click_lens(window: Workbench, text: str) -> None:
    """Click on the first link above a hunk on the screen that says `text`."""
    wait_for_lens(window, text)
    links = window.page.locator(".editor.modified .codelens-decoration a:visible", has_text=text)
    links.first.click(timeout=_PATIENCE_MS)


def expand(window: Workbench, text: str) -> None:
    """Open the row of the sidebar that shows `text`; a click is lost where the tree is drawn anew at that moment."""

    def opened() -> bool:
        row = window.row(text)
        if row.get_attribute("aria-expanded") != "true":
            row.locator(".monaco-tl-twistie").click(timeout=_PATIENCE_MS)
        return row.get_attribute("aria-expanded") == "true"

    wait_until(opened, description=f"{text!r} is open", timeout_s=STEP_TIMEOUT_S)


def open_reply(window: Workbench, thread: str) -> None:
    """Open the reply form of the thread that is called `thread`."""
    _thread(window, thread).locator(".review-thread-reply-button").click(timeout=_PATIENCE_MS)


def reply_buttons(window: Workbench) -> list[str]:
    """Read the buttons of the open reply form, left to right; those that can't be pressed now are left out."""
    form = window.page.locator(".review-widget:visible .form-actions:visible")
    form.first.wait_for(timeout=_PATIENCE_MS)
    placed: list[tuple[float, str]] = form.locator(".monaco-text-button:not(.disabled)").evaluate_all(
        "all => all.map(one => [one.getBoundingClientRect().left, one.textContent])"
    )
    return [_words(text) for _, text in sorted(placed, key=lambda one: one[0])]


def press_reply(window: Workbench, label: str) -> None:
    """Press the button called `label` of the open reply form."""
    form = window.page.locator(".review-widget:visible .form-actions:visible").first
    # The first one has its key behind its name.
    form.get_by_role("button", name=re.compile(rf"^{re.escape(label)}( \(.*\))?$")).click(timeout=_PATIENCE_MS)


def press_in_thread(window: Workbench, text: str, label: str) -> None:
    """Press the icon called `label` in the head of the thread that says `text`."""
    thread = _thread(window, text)
    thread.hover(timeout=_PATIENCE_MS)
    thread.get_by_role("button", name=label).first.click(timeout=_PATIENCE_MS)
    window.look_away()


def _thread(window: Workbench, title: str) -> Locator:
    found = window.page.locator(".review-widget:visible", has_text=title).first
    found.wait_for(timeout=_PATIENCE_MS)
    return found


def _words(text: str) -> str:
    return " ".join(re.sub(r"[\ue000-\uf8ff\u00a0]", " ", text).split())
