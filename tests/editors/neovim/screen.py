"""What a user sees of Neovim: a grid of cells, fed by its redraw events (`:help ui-linegrid`), as text and a picture.

Nothing here talks to the editor.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageDraw, ImageFont

FONT_SIZE: Final = 26
CELL: Final = (16, 32)
"""Width and height of a cell in pixels: the advance of the font at FONT_SIZE, and some air."""


@dataclass(frozen=True, slots=True)
class Look:
    """Colours (0xRRGGBB) and style of a cell."""

    foreground: int | None = None
    background: int | None = None
    special: int | None = None
    reverse: bool = False
    bold: bool = False
    italic: bool = False
    underline: bool = False
    strikethrough: bool = False


@dataclass(slots=True)
class Screen:
    """The grid as of the last flush of the editor."""

    columns: int
    rows: int
    cells: list[list[tuple[str, int]]] = field(default_factory=list)
    looks: dict[int, Look] = field(default_factory=lambda: {0: Look()})
    cursor: tuple[int, int] = (0, 0)
    mode: str = "normal"

    def __post_init__(self) -> None:
        self.cells = [[(" ", 0)] * self.columns for _ in range(self.rows)]

    def apply(self, name: str, arguments: list[Any]) -> None:
        """Take one redraw event; those that draw nothing here are passed over."""
        match name, arguments:
            case "grid_resize", [1, columns, rows]:
                self._resize(columns, rows)
            case "grid_clear", [1]:
                self.cells = [[(" ", 0)] * self.columns for _ in range(self.rows)]
            case "grid_line", [1, row, column, cells, *_]:
                self._line(row, column, cells)
            case "grid_scroll", [1, top, bottom, left, right, count, *_]:
                self._scroll(top, bottom, left, right, count)
            case "grid_cursor_goto", [1, row, column]:
                self.cursor = (row, column)
            case "mode_change", [mode, *_]:
                self.mode = mode
            case "default_colors_set", [foreground, background, special, *_]:
                self.looks[0] = Look(foreground, background, special)
            case "hl_attr_define", [number, rgb, *_]:
                self.looks[number] = _look(rgb)
            case _:
                pass

    def lines(self) -> list[str]:
        """The text of every row, without trailing blanks."""
        return ["".join(text for text, _ in row).rstrip() for row in self.cells]

    def text(self) -> str:
        """The whole screen as text."""
        return "\n".join(self.lines())

    def copy(self) -> Screen:
        """A frame that shares nothing that later events change."""
        copied = Screen(self.columns, self.rows, looks=dict(self.looks), cursor=self.cursor, mode=self.mode)
        copied.cells = [list(row) for row in self.cells]
        return copied

    def picture(self, path: Path, fonts: Path) -> None:
        """Draw the screen as a PNG into `path`, with the DejaVu Sans Mono of `fonts`."""
        Painter(self, fonts).save(path)

    def _resize(self, columns: int, rows: int) -> None:
        old, (self.columns, self.rows) = self.cells, (columns, rows)
        blank = [(" ", 0)] * columns
        self.cells = [((old[row] if row < len(old) else []) + blank)[:columns] for row in range(rows)]

    def _line(self, row: int, column: int, cells: list[list[Any]]) -> None:
        look = 0
        for text, *more in cells:
            look = more[0] if more else look
            for _ in range(more[1] if len(more) > 1 else 1):
                self.cells[row][column] = (text, look)
                column += 1

    def _scroll(self, top: int, bottom: int, left: int, right: int, count: int) -> None:
        rows = range(top, bottom - count) if count > 0 else range(bottom - 1, top - count - 1, -1)
        for row in rows:
            self.cells[row][left:right] = self.cells[row + count][left:right]


def _look(rgb: dict[str, Any]) -> Look:
    lines = ("underline", "undercurl", "underdouble", "underdotted", "underdashed")
    return Look(
        foreground=rgb.get("foreground"),
        background=rgb.get("background"),
        special=rgb.get("special"),
        reverse=bool(rgb.get("reverse")),
        bold=bool(rgb.get("bold")),
        italic=bool(rgb.get("italic")),
        underline=any(rgb.get(line) for line in lines),
        strikethrough=bool(rgb.get("strikethrough")),
    )


class Painter:
    """Draws one screen."""

    def __init__(self, screen: Screen, fonts: Path) -> None:
        self.screen = screen
        self.plain = ImageFont.truetype(str(fonts / "DejaVuSansMono.ttf"), FONT_SIZE)
        self.bold = ImageFont.truetype(str(fonts / "DejaVuSansMono-Bold.ttf"), FONT_SIZE)
        width, height = CELL
        self.image = Image.new("RGB", (screen.columns * width, screen.rows * height))
        self.pen = ImageDraw.Draw(self.image)

    def save(self, path: Path) -> None:
        """Draw every cell and write the PNG."""
        for row, cells in enumerate(self.screen.cells):
            for column, (text, look) in enumerate(cells):
                self._cell(row, column, text, self._colours(row, column, look))
        path.parent.mkdir(parents=True, exist_ok=True)
        self.image.save(path, optimize=True)

    def _colours(self, row: int, column: int, number: int) -> Look:
        """The look with every colour filled in; the cursor is a block, or a bar while text is typed."""
        default = self.screen.looks[0]
        look = self.screen.looks.get(number, default)
        front = default.foreground if look.foreground is None else look.foreground
        back = default.background if look.background is None else look.background
        at_cursor = (row, column) == self.screen.cursor and "insert" not in self.screen.mode
        if look.reverse is not at_cursor:
            front, back = back, front
        special = front if look.special is None else look.special
        return replace(look, foreground=front or 0, background=back or 0, special=special)

    def _cell(self, row: int, column: int, text: str, look: Look) -> None:
        width, height = CELL
        left, top = column * width, row * height
        if text:
            following = self.screen.cells[row][column + 1][0] if column + 1 < self.screen.columns else " "
            span = width if following else 2 * width
            self.pen.rectangle((left, top, left + span - 1, top + height - 1), fill=_rgb(look.background))
        if text.strip():
            font = self.bold if look.bold else self.plain
            self.pen.text((left, top + height - 8), text, font=font, fill=_rgb(look.foreground), anchor="ls")
        if look.underline:
            self.pen.line(
                (left, top + height - 3, left + width - 1, top + height - 3), fill=_rgb(look.special), width=2
            )
        if look.strikethrough:
            self.pen.line((left, top + 16, left + width - 1, top + 16), fill=_rgb(look.foreground), width=2)
        if (row, column) == self.screen.cursor and "insert" in self.screen.mode:
            self.pen.rectangle((left, top, left + 3, top + height - 1), fill=_rgb(look.foreground))


def _rgb(colour: int | None) -> tuple[int, int, int]:
    number = colour or 0
    return (number >> 16 & 255, number >> 8 & 255, number & 255)
