"""How well what stands on the screen can be read: measured in the picture of it, not in the style sheet.

The ratio is that of WCAG 2: 21 is black on white, 4.5 is asked of words, 3 of icons.
"""

from __future__ import annotations

import io
from collections import Counter
from typing import Final

from PIL import Image

from tests.editors.vscode.workbench import Workbench

WORDS: Final = {
    "words behind a line": ".editor.modified .view-line span",
    "a row of the tree": ".sidebar .monaco-list-row .label-name",
    "the head of a thread": ".review-widget .filename",
    "a comment": ".review-widget .comment-body p",
}
MARKS: Final = {
    "a mark beside a hunk": ".editor.modified .cgmr[class*=TextEditorDecorationType]",
    "an icon of the tree": ".sidebar .monaco-list-row .custom-view-tree-node-item-icon",
    "a line above a hunk": ".editor.modified .codelens-decoration a",
    "what stands behind a row": ".sidebar .monaco-list-row .label-description",
}
"""Icons, and words whose colour is VS Code's or git's own in every window."""
_BOXES: Final = """(selector) => [...document.querySelectorAll(selector)]
    .filter(one => one.checkVisibility())
    .map(one => [one, getComputedStyle(one, '::after').content])
    .filter(([one, after]) => !selector.endsWith('.view-line span') || after !== 'none')
    .map(([one, after]) => [one.getBoundingClientRect(), one.textContent || after])
    .filter(([box]) => box.width > 3 && box.height > 3 && box.top > 40 && box.bottom < innerHeight - 30)
    .map(([{left, top, right, bottom}, text]) =>
        [Math.ceil(left), Math.ceil(top), Math.floor(right), Math.floor(bottom), text])
"""

Box = tuple[int, int, int, int, str]
Colour = tuple[int, int, int]


def contrasts(window: Workbench, kinds: dict[str, str]) -> dict[str, list[tuple[str, float]]]:
    """Measure everything of these kinds on the screen: what it says, and how strongly it stands out."""
    picture = Image.open(io.BytesIO(window.page.screenshot(animations="disabled"))).convert("RGB")
    found: dict[str, list[tuple[str, float]]] = {}
    for kind, selector in kinds.items():
        boxes: list[Box] = window.page.evaluate(_BOXES, selector)
        found[kind] = [
            (text, _contrast(picture.crop((left, top, right, bottom)))) for left, top, right, bottom, text in boxes
        ]
    return found


def _contrast(picture: Image.Image) -> float:
    """Compare the colour that fills most of it with the one that differs most from that."""
    parts = picture.tobytes()
    colours: Counter[Colour] = Counter(zip(parts[::3], parts[1::3], parts[2::3], strict=True))
    ((ground, _),) = colours.most_common(1)
    return max(ratio(colour, ground) for colour in colours)


def ratio(one: Colour, other: Colour) -> float:
    """Give the contrast of two colours, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (part / 255 for part in colour)
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
