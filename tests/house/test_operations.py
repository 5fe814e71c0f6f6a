"""The page on operations says what holds: figures are those of the source, no time that others rely on is missing."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from pydantic import BaseModel

from casework.cli import output
from casework.daemon import start
from tests.house.tree import ROOT, modules

PAGE: Final = (ROOT / "docs/reference/operations.md").read_text(encoding="utf-8")
_ROW: Final = re.compile(
    r"^\| (?P<what>[^|]+) \| (?P<value>[^|]+) \| `(?P<name>casework\.[\w.]+)(?:\((?P<field>\w+)\))?` \|$"
)
_UNITS: Final = {
    "": 1, "ms": 0.001, "s": 1, "min": 60, "h": 3600, "days": 24 * 3600, "KiB": 1024, "MiB": 1024 * 1024
}  # fmt: skip
# What gathers things that belong together: nobody waits for it.
PAUSES: Final = frozenset({"casework.daemon.host.SETTLED_S"})


def rows() -> list[re.Match[str]]:
    return [found for line in PAGE.splitlines() if (found := _ROW.match(line))]


def value_of(name: str, field: str | None) -> float:
    """Give a constant, the default of a parameter or of a record's field."""
    parts = name.split(".")
    for split in range(len(parts), 0, -1):
        try:
            module = importlib.import_module(".".join(parts[:split]))
        except ModuleNotFoundError:
            continue
        found: Any = module
        for part in parts[split:]:
            found = getattr(found, part)
        value = _default_of(found, field) if field else found
        assert isinstance(value, int | float), f"{name} is {value!r}"
        return value * (0.001 if name.endswith("_MS") else 1)
    raise AssertionError(f"{name} is in no module")


def _default_of(found: Any, field: str) -> object:
    if isinstance(found, type) and issubclass(found, BaseModel):
        return found.model_fields[field].default
    return inspect.signature(found).parameters[field].default


def said(text: str) -> float:
    number, _, unit = text.strip().partition(" ")
    return float(number.replace(",", "")) * _UNITS[unit]


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row['name']}-{row['field']}")
def test_every_figure_on_the_page_is_that_of_the_source(row: re.Match[str]) -> None:
    assert said(row["value"]) == pytest.approx(value_of(row["name"], row["field"])), row["what"]


def waits() -> Iterator[str]:
    """Name every constant that is a time and that other modules may use."""
    for module in modules():
        if not module.name.startswith("server/casework/"):
            continue
        home = module.name.removeprefix("server/").removesuffix(".py").replace("/", ".")
        for node in module.tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            for target in [node.target] if isinstance(node, ast.AnnAssign) else targets:
                if isinstance(target, ast.Name) and re.fullmatch(r"[A-Z]\w*_M?S", target.id):
                    yield f"{home}.{target.id}"


def test_every_time_that_somebody_waits_stands_on_the_page() -> None:
    told = {row["name"] for row in rows()}
    missing = sorted(set(waits()) - told - PAUSES)
    assert [
        f"{name} is a time: tell it in docs/reference/operations.md, or name it among PAUSES here" for name in missing
    ] == []


def test_the_exit_codes_on_the_page_are_those_of_the_source() -> None:
    table = PAGE.partition("## Exit codes")[2].partition("##")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if "|" in line][2:]
    shell = {int(row[0]): row[1] for row in cells if row[0].isdigit()}
    assert shell == {
        output.DONE: "done",
        output.REFUSED: "refused",
        output.USAGE: "usage",
        output.TROUBLE: "trouble",
        output.NOT_IN_TIME: "not in time",
        output.INTERRUPTED: "interrupted",
    }
    daemon = {int(row[4]) for row in cells if row[4].isdigit()}
    assert daemon == {start.EXIT_ENDED, start.EXIT_ANOTHER_RUNS, start.EXIT_CAN_NOT_START, start.EXIT_CRASHED}
