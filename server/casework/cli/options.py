"""Options every command shares."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]
Where = Annotated[
    Path,
    typer.Option("--repository", "-C", help="A path in the repository meant.", show_default="the current folder"),
]
Number = Annotated[int, typer.Argument(help="The number of the task or review.", min=1)]
Reason = Annotated[str, typer.Option("--reason", help="Why, in one line.")]
HERE = Path()


def place(where: Path) -> str:
    """Give the absolute path the daemon is asked about; links are left to the daemon."""
    return str(where.absolute())


def text_of(path: Path | None) -> str:
    """Give the text of a file named on the command line; `-` is standard input."""
    if path is None:
        return ""
    if str(path) == "-":
        return typer.get_text_stream("stdin").read()
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeError) as error:
        raise typer.BadParameter(f"{path} can't be read as text ({_why(error)}); nothing was sent.") from error


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
