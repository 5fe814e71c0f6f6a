"""What a review looks like in light, dark and high contrast, and what a screen reader is told of it."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Final

import pytest

from tests.editors.vscode.conftest import OpenWindow, casework
from tests.editors.vscode.reviewing import expand, open_reply, reply_buttons, wait_for_lens
from tests.editors.vscode.shop import shop
from tests.editors.vscode.workbench import Workbench
from tests.repositories import Repository
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

TITLE: Final = "Refuse expired cards"
THEMES: Final = {
    "light": ("Default Light Modern", "vs"),
    "dark": ("Default Dark Modern", "vs-dark"),
    "hc": ("Default High Contrast", "hc-black"),
    "hc-light": ("Default High Contrast Light", "hc-light"),
}
ENOUGH: Final = 3.0
"""What WCAG asks of anything that is drawn and means something."""


def in_review(folder: Path) -> Repository:
    """Make the shop, with an agent's review of three hunks in two files."""
    repository = shop(folder)
    script = str(repository.path / "scripts/expired.casework.json")
    casework("task", "add", TITLE, cwd=repository.path)
    casework("task", "start", "1", "--script", script, cwd=repository.path)
    casework("wait", "1", "--for", "in_review", cwd=repository.path)
    return repository


@pytest.mark.parametrize("name", THEMES)
def test_what_was_decided_stands_out_in_every_theme(name: str, world: Path, open_window: OpenWindow) -> None:
    theme, kind = THEMES[name]
    repository = in_review(world / "shop")
    with open_window(repository.path, settings={"workbench.colorTheme": theme}) as window:
        window.page.wait_for_selector(f".monaco-workbench.{kind}")
        window.widen_sidebar(420)
        window.show_view("Casework")
        expand(window, TITLE)
        window.wait_for_row("charge.py pay · 2 hunks")
        window.row(TITLE).click()
        window.wait_for_diff("charge.py · review 1 · 1 of 2")
        window.press("a")
        window.wait_for_text_in_diff("2 of 3")
        wait_for_lens(window, "Accept hunk 2 of 3")
        window.look_away()
        window.picture(f"70-a-review-{name}")
        window.press("r")
        window.answer("0 is not the only falsy amount")
        window.wait_for_diff("errors.py · review 1 · 2 of 2")
        window.row("charge.py").click()
        window.wait_for_diff("charge.py · review 1 · 1 of 2")
        window.wait_for_row("charge.py pay · 1 accepted, 1 rejected")
        wait_for_lens(window, "rejected: 0 is not")
        open_reply(window, "Review 1: ")
        assert reply_buttons(window) == ["Approve", "Request Changes"], "an empty comment can't be sent"
        window.look_away()
        window.picture(f"71-judged-{name}")
        ground = colour(window, ".editor.modified .monaco-editor-background")
        drawn = set(gutter(window))
        assert len(drawn) == 2, "one icon for what is accepted, one for what is rejected"
        for stroke in drawn:
            assert contrast(stroke, ground) >= ENOUGH, f"{stroke} on {ground}"
        crossed = window.page.locator(".editor.modified .view-line span").evaluate_all(
            "all => all.filter(one => getComputedStyle(one).textDecorationLine === 'line-through').length"
        )
        assert crossed > 0, "what does not land is crossed out"


def test_everything_is_reached_by_keyboard_and_said_in_words(world: Path, open_window: OpenWindow) -> None:
    repository = in_review(world / "shop")
    with open_window(repository.path, settings={"editor.accessibilitySupport": "on"}) as window:
        window.wait_for_status("1 needs you")
        window.run("View: Show Casework")
        window.wait_for_row(TITLE)
        said = [focused(window)]
        for _ in range(2):
            window.press("ArrowDown")
            said.append(until_another(window, said[-1]))
        assert "Needs you, 1 task" in " ".join(said)
        window.press("Home", "ArrowDown")
        assert f"1, {TITLE}, in review, review · 3 hunks" in wait_focused(window, TITLE)
        window.press("ArrowRight")
        window.wait_for_row("charge.py")
        window.press("ArrowDown")
        assert "pay/charge.py, modified, 2 hunks" in wait_focused(window, "charge.py")
        window.press("Enter")
        window.wait_for_diff("charge.py · review 1 · 1 of 2")
        status = window.page.locator(".statusbar-item [aria-label^='Review 1: 3 to judge']")
        wait_until(lambda: status.count() == 1, description="the status bar says it in words")
        window.press("a")
        window.wait_for_text_in_diff("2 of 3")
        window.wait_for_status("1 accepted, 2 to judge")


def focused(window: Workbench) -> str:
    """What a screen reader says of the row that has the focus."""
    row = ".sidebar .monaco-list-row.focused"
    return str(window.page.evaluate(f"document.querySelector('{row}')?.ariaLabel ?? ''"))


def wait_focused(window: Workbench, text: str) -> str:
    return wait_until(
        lambda: focused(window) if text in focused(window) else "", description=f"the focus is on {text!r}"
    )


def until_another(window: Workbench, before: str) -> str:
    return wait_until(lambda: now if (now := focused(window)) != before else "", description="the focus moved")


def gutter(window: Workbench) -> list[str]:
    """The colours of the icons beside the line numbers, each as `#rrggbb`."""
    icons = window.page.locator(".editor.modified .glyph-margin-widgets .cgmr")
    images: list[str] = icons.evaluate_all("all => all.map(one => getComputedStyle(one).backgroundImage)")
    found = [re.search(r"base64,([A-Za-z0-9+/=]+)", image) for image in images]
    return [re.findall(r'stroke="(#\w{6})"', base64.b64decode(one[1]).decode())[0] for one in found if one]


def colour(window: Workbench, selector: str) -> str:
    """The background of something, as `#rrggbb`."""
    told = window.page.locator(selector).first.evaluate("one => getComputedStyle(one).backgroundColor")
    return "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", told)[:3])


def contrast(one: str, other: str) -> float:
    """WCAG's ratio of two colours, from 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
