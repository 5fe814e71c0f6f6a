"""Drives a VS Code workbench as a person does: keys, mouse, and looking at what stands on the screen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlencode

from playwright.sync_api import Error, Locator, Page, sync_playwright

from tests.waiting import wait_until

SIZE: Final = (1600, 950)
BROWSER_ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
STEP_TIMEOUT_S: Final = 30.0

T = TypeVar("T")


class Workbench:
    """One window. Every method waits until what it does can be seen, and fails with what was seen instead."""

    def __init__(self, page: Page, pictures: Path) -> None:
        self.page = page
        self._pictures = pictures

    def open(self, address: str, folder: Path) -> None:
        """Open `folder` and wait until the workbench stands, with the files in the explorer."""
        self.page.goto(f"{address}/?{urlencode({'folder': str(folder)})}")
        self.page.wait_for_selector(".explorer-folders-view .monaco-list-row", timeout=60_000)

    # ---- keys and commands

    def press(self, *keys: str) -> None:
        """Press keys one after another, each as playwright writes it: `Control+k`, `a`, `Escape`."""
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type `text` key by key."""
        self.page.keyboard.type(text)

    def run(self, title: str) -> None:
        """Run the command called `title` by typing its name into the palette."""
        self.press("F1")
        self._input()
        self.page.keyboard.insert_text(title)
        self.pick(title)

    def pick(self, label: str) -> None:
        """Choose the entry called `label` of the open list, by Enter, once it is the one that Enter takes."""
        row = self.page.locator(".quick-input-list .monaco-list-row")

        def first() -> str:
            return self._lines(row)[0] if row.count() else ""

        wanted = label.casefold()
        self._until(lambda: wanted in first().casefold(), f"the list offers {label!r} first", first)
        self.press("Enter")

    def choices(self) -> list[str]:
        """Read the entries of the open list."""
        self._input()
        return self._labels(".quick-input-list .monaco-list-row")

    def answer(self, text: str) -> None:
        """Type `text` into the open one-line box and send it."""
        self._input()
        self.type(text)
        self.press("Enter")

    def wait_for_action(self, title: str) -> None:
        """Wait until the open menu of code actions has `title` first."""
        rows = self.page.locator(".action-widget .monaco-list-row.action")
        self._until(
            lambda: (self._lines(rows) or [""])[0].startswith(title),
            f"the first code action is {title!r}",
            lambda: str(self._lines(rows)),
        )

    def box(self) -> str:
        """Read what the open one-line box asks."""
        self._input()
        widget = self.page.locator(".quick-input-widget:visible")
        return _one_line(widget.inner_text())

    def hint(self) -> str:
        """Read what the open box says where nothing is typed yet."""
        return self._input().get_attribute("placeholder") or ""

    def _input(self) -> Locator:
        box = self.page.locator(".quick-input-widget:visible input")
        box.first.wait_for(timeout=STEP_TIMEOUT_S * 1000)
        return box.first

    # ---- what stands on the screen

    def show_view(self, container: str) -> None:
        """Click on a container of the activity bar."""
        self.page.locator(".activitybar").get_by_role("tab", name=re.compile(re.escape(container))).first.click()
        self.look_away()

    def widen_sidebar(self, to: int) -> None:
        """Drag the edge of the sidebar to `to` pixels from the left."""
        edge = self.page.locator(".sidebar").bounding_box()
        assert edge is not None
        y = edge["y"] + edge["height"] * 0.9
        self.page.mouse.move(edge["x"] + edge["width"], y)
        self.page.mouse.down()
        self.page.mouse.move(to, y, steps=5)
        self.page.mouse.up()
        self.look_away()

    def look_away(self) -> None:
        """Put the mouse where nothing reacts to it."""
        width, height = SIZE
        self.page.mouse.move(width - 20, height - 60)

    def rows(self) -> list[str]:
        """Read the rows of every tree in the sidebar, top to bottom, each as one line."""
        return self._labels(".sidebar .monaco-list-row:visible")

    def row(self, text: str) -> Locator:
        """Find the row of the sidebar that shows `text`."""
        found = self.page.locator(".sidebar .monaco-list-row:visible", has_text=text).first
        self._until(lambda: found.count() > 0, f"the sidebar shows {text!r}", lambda: "\n".join(self.rows()))
        return found

    def wait_for_row(self, text: str, *, timeout_s: float = STEP_TIMEOUT_S) -> str:
        """Wait until a row of the sidebar contains `text`, and give the whole row."""

        def found() -> str:
            return next((row for row in self.rows() if text in row), "")

        return self._until(found, f"a row of the sidebar contains {text!r}", lambda: "\n".join(self.rows()), timeout_s)

    def wait_for_no_row(self, text: str, *, timeout_s: float = STEP_TIMEOUT_S) -> None:
        """Wait until no row of the sidebar contains `text`."""
        self._until(
            lambda: not any(text in row for row in self.rows()),
            f"no row of the sidebar contains {text!r}",
            lambda: "\n".join(self.rows()),
            timeout_s,
        )

    def wait_for_welcome(self, text: str) -> None:
        """Wait until an empty view of the sidebar says `text`."""
        welcome = self.page.locator(".sidebar .welcome-view-content:visible")
        self._until(
            lambda: any(text in said for said in self._lines(welcome)),
            f"the view says {text!r}",
            lambda: str(self._lines(welcome)),
        )

    def tabs(self) -> list[str]:
        """Read the titles of the open tabs."""
        return self._titles(".tabs-container .tab .tab-label")

    def wait_for_tab(self, title: str, *, timeout_s: float = STEP_TIMEOUT_S) -> None:
        """Wait until the active tab's title contains `title`."""
        active = ".tabs-container .tab.active .tab-label"
        self._until(
            lambda: any(title in line for line in self._titles(active)),
            f"the active tab is {title!r}",
            lambda: str(self._titles(active)),
            timeout_s,
        )

    def wait_for_no_tab(self, title: str, *, timeout_s: float = STEP_TIMEOUT_S) -> None:
        """Wait until no open tab's title contains `title`."""
        self._until(
            lambda: not any(title in tab for tab in self.tabs()),
            f"no tab is called {title!r}",
            lambda: str(self.tabs()),
            timeout_s,
        )

    def wait_for_status(self, text: str, *, timeout_s: float = STEP_TIMEOUT_S) -> str:
        """Wait until an entry of the status bar contains `text`, and give all of it."""
        return self._until(
            lambda: next((entry for entry in self.status() if text in entry), ""),
            f"the status bar says {text!r}",
            lambda: str(self.status()),
            timeout_s,
        )

    def status(self) -> list[str]:
        """Read the entries of the status bar."""
        return self._lines(self.page.locator(".statusbar .statusbar-item:visible"))

    def notifications(self) -> list[str]:
        """Read the notifications that stand on the screen."""
        return self._lines(self.page.locator(".notifications-toasts .notification-list-item"))

    def wait_for_notification(self, text: str, *, timeout_s: float = STEP_TIMEOUT_S) -> str:
        """Wait until a notification contains `text`, and give all of it."""
        return self._until(
            lambda: next((said for said in self.notifications() if text in said), ""),
            f"a notification contains {text!r}",
            lambda: str(self.notifications()),
            timeout_s,
        )

    def press_button(self, label: str) -> None:
        """Click on the button called `label` of a notification or of a dialogue."""
        places = ".notifications-toasts .monaco-button, .monaco-dialog-box .monaco-button"
        self.page.locator(places, has_text=label).first.click(timeout=STEP_TIMEOUT_S * 1000)

    def dialogue(self) -> str:
        """Wait for a dialogue and read it."""
        box = self.page.locator(".monaco-dialog-box")
        box.first.wait_for(timeout=STEP_TIMEOUT_S * 1000)
        return _one_line(box.first.inner_text())

    def dialogue_button(self) -> str:
        """Read the button of the open dialogue that Enter presses."""
        self.dialogue()
        return _one_line(self.page.locator(".monaco-dialog-box .monaco-button:not(.secondary)").first.inner_text())

    def badge(self, container: str) -> str:
        """Read the number on a container of the activity bar; empty when there is none."""
        tab = self.page.locator(".activitybar").get_by_role("tab", name=re.compile(re.escape(container))).first
        found = tab.locator(".badge-content:visible")
        return found.first.inner_text() if found.count() else ""

    # ---- editors

    def code(self) -> str:
        """Read what is visible of the active editor; of a diff, its left pane."""
        return self._text(".editor-group-container.active .monaco-editor .view-lines")

    def open_file(self, *path: str) -> None:
        """Open a file from the explorer, folder by folder, and wait until it can be typed into."""
        *folders, name = path
        for folder in folders:
            self.row(folder).click()
        self.row(name).dblclick()
        self.wait_for_tab(name)
        focused = "() => !!document.activeElement?.closest('.editor-group-container.active .monaco-editor')"
        self._until(lambda: bool(self.page.evaluate(focused)), f"{name} has the focus", lambda: str(self.tabs()))

    def original(self) -> str:
        """Read what is visible of the left pane of the active diff."""
        return self._text(".editor-group-container.active .editor.original .view-lines")

    def proposed(self) -> str:
        """Read what is visible of the right pane of the active diff."""
        return self._text(".editor-group-container.active .editor.modified .view-lines")

    def wait_for_diff(self, title: str, *, timeout_s: float = STEP_TIMEOUT_S) -> None:
        """Wait until the active tab is a diff called `title` whose right pane is drawn and has the focus."""
        self.wait_for_tab(title, timeout_s=timeout_s)
        self._until(lambda: self.proposed().strip() != "", "the diff is drawn", self.proposed, timeout_s)
        self.wait_for_focus_in_diff(timeout_s=timeout_s)

    def wait_for_focus_in_diff(self, *, timeout_s: float = STEP_TIMEOUT_S) -> None:
        """Wait until keys go to the right pane of the diff."""
        self._until(self.focused_in_diff, "the right pane has the focus", self.proposed, timeout_s)

    def wait_for_code(self, text: str, *, timeout_s: float = STEP_TIMEOUT_S) -> None:
        """Wait until the active editor shows `text`."""
        self._until(lambda: text in self.code(), f"the editor shows {text!r}", self.code, timeout_s)

    def wait_for_text_in_diff(self, text: str, *, timeout_s: float = STEP_TIMEOUT_S) -> None:
        """Wait until the right pane shows `text`, be it code or a mark behind it."""
        self._until(lambda: text in self.marks(), f"the diff shows {text!r}", self.marks, timeout_s)

    def marks(self) -> str:
        """Read what is drawn behind the lines of the right pane."""
        spans = self.page.locator(".editor-group-container.active .editor.modified .view-line span")
        script = "spans => spans.map(one => getComputedStyle(one, '::after').content).filter(text => text !== 'none')"
        return "\n".join(_plain(text) for text in spans.evaluate_all(script))

    def comments(self) -> list[str]:
        """Read the comment threads that are open in the editors."""
        return self._lines(self.page.locator(".review-widget:visible"))

    def wait_for_comment(self, text: str, *, timeout_s: float = STEP_TIMEOUT_S) -> None:
        """Wait until a comment thread contains `text`."""
        self._until(
            lambda: any(text in said for said in self.comments()),
            f"a comment says {text!r}",
            lambda: str(self.comments()),
            timeout_s,
        )

    def type_comment(self, text: str) -> None:
        """Type into the comment box that has the focus, once it has it."""
        focused = "() => !!document.activeElement?.closest('.review-widget')"
        self._until(lambda: bool(self.page.evaluate(focused)), "the comment box has the focus", lambda: "no")
        self.type(text)

    def focused_in_diff(self) -> bool:
        """Whether the cursor is in the right pane of a diff."""
        return bool(
            self.page.evaluate("() => !!document.activeElement?.closest('.monaco-diff-editor .editor.modified')")
        )

    def hover(self, locator: Locator) -> None:
        """Put the mouse over something."""
        locator.hover(timeout=STEP_TIMEOUT_S * 1000)

    def _text(self, selector: str) -> str:
        panes = self.page.locator(selector)
        script = """panes => [...(panes[0]?.querySelectorAll('.view-line') ?? [])]
            .map(line => [line.getBoundingClientRect().top, line.textContent])"""
        lines: list[tuple[float, str]] = panes.evaluate_all(script)
        return "\n".join(_plain(text) for _, text in sorted(lines, key=lambda line: line[0]))

    # ---- pictures

    def picture(self, name: str) -> Path:
        """Keep a picture of the window as `name`.png, once two in a row are equal."""
        self._pictures.mkdir(parents=True, exist_ok=True)
        seen = [b""]

        def still() -> bool:
            now = self.page.screenshot(animations="disabled", caret="initial")
            same = now == seen[0]
            seen[0] = now
            return same

        wait_until(still, description="the screen stands still", timeout_s=STEP_TIMEOUT_S)
        path = self._pictures / f"{name}.png"
        path.write_bytes(seen[0])
        return path

    def _labels(self, selector: str) -> list[str]:
        """Name and description of each row."""
        parts = "row => [...row.querySelectorAll('.label-name, .label-description')].map(one => one.textContent)"
        texts = self.page.locator(selector).evaluate_all(f"rows => rows.map({parts})")
        return [_one_line(" ".join(text)) for text in texts]

    def _titles(self, selector: str) -> list[str]:
        """Name and extension are elements of their own, without a space between them."""
        return [_one_line(text) for text in self.page.locator(selector).all_text_contents()]

    def _lines(self, found: Locator) -> list[str]:
        try:
            return [line for text in found.all_inner_texts() if (line := _one_line(text))]
        except Error:
            return []

    def look(self) -> None:
        """Keep a picture of what stands there now: something failed."""
        self._pictures.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=self._pictures / "failed.png")

    def _until(
        self,
        predicate: Callable[[], T],
        description: str,
        seen: Callable[[], str],
        timeout_s: float = STEP_TIMEOUT_S,
    ) -> T:
        """Wait; on failure say what stood there instead."""
        try:
            return wait_until(predicate, description=description, timeout_s=timeout_s)
        except AssertionError as late:
            raise AssertionError(f"{late}\nThere stood:\n{seen()}") from None


@contextmanager
def workbench(chromium: Path, pictures: Path) -> Iterator[Workbench]:
    """Give an empty window of a browser that ends with the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(BROWSER_ARGUMENTS))
        try:
            width, height = SIZE
            context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
            page = context.new_page()
            yield Workbench(page, pictures)
        finally:
            browser.close()


def _one_line(text: str) -> str:
    return " ".join(_plain(text).split())


def _plain(text: str) -> str:
    """VS Code draws spaces as no-break spaces, and icons in the private use area."""
    return re.sub(r"[\ue000-\uf8ff]", "", text.replace("\u00a0", " "))
