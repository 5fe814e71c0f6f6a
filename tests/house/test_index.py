"""The index of the documentation names every page."""

from __future__ import annotations

import re

from tests.house.tree import ROOT, names


def test_every_page_stands_in_the_index_of_the_documentation() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    linked = {f"docs/{link}" for link in re.findall(r"\]\(([\w/-]+\.md)\)", index)}
    pages = {name for name in names() if name.startswith("docs/") and name.endswith(".md")} - {"docs/README.md"}
    assert pages == linked
