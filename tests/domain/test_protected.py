"""Protected names are known in every spelling that some file system takes for the same."""

from __future__ import annotations

import pytest

from casework.domain.protected import TABLE, protection_of
from tests.house.tree import ROOT


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (".git/hooks/pre-commit", ".git"),
        (".git", ".git"),
        ("vendor/x/.git", ".git"),
        (".GIT/config", ".git"),
        ("git~1/hooks/x", ".git"),
        (".g\u200cit/config", ".git"),
        (".git./config", ".git"),
        (".git::$INDEX_ALLOCATION/config", ".git"),
        (".VSCode/Tasks.json", ".vscode"),
        ("packages/a/.vscode/settings.json", ".vscode"),
        (".vscode \\tasks.json", ".vscode"),
        ("./.github//workflows/ci.yml", ".github/workflows"),
        (".github/WORKFLOWS/x", ".github/workflows"),
        ("deep/down/CLAUDE.md", "CLAUDE.md"),
        ("claude.MD", "CLAUDE.md"),
        (".envrc", ".envrc"),
    ],
)
def test_what_is_protected_is_known(path: str, name: str) -> None:
    found = protection_of(path)
    assert found is not None
    assert found.path == name
    assert found.why


@pytest.mark.parametrize(
    "path",
    [
        "",
        "src/git.py",
        ".gitignore",
        ".github/ISSUE_TEMPLATE/bug.md",
        "sub/.github/workflows/x.yml",
        "docs/AGENTS.md.txt",
        "workflows/x",
        "sub/Jenkinsfile",
    ],
)
def test_what_is_not_protected_is_left_alone(path: str) -> None:
    assert protection_of(path) is None


def test_each_name_stands_once_and_is_found_itself() -> None:
    assert len({one.path.casefold() for one in TABLE}) == len(TABLE)
    assert [protection_of(one.path) for one in TABLE] == list(TABLE)


def test_the_page_shows_the_table() -> None:
    page = (ROOT / "docs/explanation/confinement.md").read_text(encoding="utf-8")
    rows = [f"| `{one.path}` | {'everywhere' if one.anywhere else 'at the top'} | {one.why} |" for one in TABLE]
    assert [row for row in rows if row not in page] == []
    assert page.count("| everywhere |") + page.count("| at the top |") == len(rows)
