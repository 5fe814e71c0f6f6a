"""The reading order: what a human should see first."""

from __future__ import annotations

import random

from casework.domain.change import Change, FileChange, FileStatus, Hunk
from casework.domain.ids import CommitId, HunkId
from casework.domain.reading import in_reading_order


def file(path: str, *, added: int = 1, removed: int = 1, status: FileStatus = "modified") -> FileChange:
    hunk = Hunk(id=HunkId(path), old_start=1, old_lines=1, new_start=1, new_lines=1, added=added, removed=removed)
    return FileChange(path=path, status=status, hunks=(hunk,))


def change(*files: FileChange) -> Change:
    return Change(base=CommitId("a"), head=CommitId("b"), diff_hash="c", files=files)


def order(*files: FileChange) -> list[tuple[str, str]]:
    shuffled = list(files)
    random.shuffle(shuffled)
    return [(found.path, found.why_here) for found in in_reading_order(change(*shuffled)).files]


def test_what_weakens_or_steers_comes_first_and_what_machines_wrote_last() -> None:
    assert order(
        file("tests/test_old.py", status="deleted"),
        file("tests/test_app.py", added=1, removed=4),
        file(".github/workflows/ci.yml"),
        file("src/auth/login.py"),
        file("db/migrations/0001.sql"),
        file("src/app.py"),
        file("README.md"),
        file("package.json"),
        file("package-lock.json"),
        file("src/schema_pb2.py"),
    ) == [
        ("tests/test_app.py", "a test loses 3 lines"),
        ("tests/test_old.py", "a test is deleted"),
        (".github/workflows/ci.yml", "runs by itself or steers tools"),
        ("src/auth/login.py", "its name speaks of security"),
        ("package.json", "others build on it"),
        ("db/migrations/0001.sql", "others build on it"),
        ("src/app.py", "code of src/"),
        ("README.md", "documentation"),
        ("package-lock.json", "lock file"),
        ("src/schema_pb2.py", "looks generated"),
    ]


def test_a_test_stands_right_after_its_code() -> None:
    assert order(
        file("src/a/one.py"),
        file("src/b/two.py"),
        file("tests/a/test_one.py", added=5),
        file("tests/test_whole.py", added=5),
        file("web/button.tsx"),
        file("web/__tests__/button.test.tsx", added=5),
        file("pkg/x.go"),
        file("pkg/x_test.go", added=5),
    ) == [
        ("pkg/x.go", "code of pkg/"),
        ("pkg/x_test.go", "test of x.go"),
        ("src/a/one.py", "code of src/a/"),
        ("tests/a/test_one.py", "test of one.py"),
        ("src/b/two.py", "code of src/b/"),
        ("tests/test_whole.py", "test"),
        ("web/button.tsx", "code of web/"),
        ("web/__tests__/button.test.tsx", "test of button.tsx"),
    ]


def test_the_test_of_security_code_is_read_with_it() -> None:
    paths = [path for path, _ in order(file("b/app.py"), file("z/tokens.py"), file("z/test_tokens.py", added=9))]
    assert paths == ["z/tokens.py", "z/test_tokens.py", "b/app.py"]


def test_a_lock_file_that_changes_without_its_manifest_comes_early() -> None:
    assert order(file("a.py"), file("web/yarn.lock"), file("package.json"))[0] == (
        "web/yarn.lock",
        "dependencies change and their manifest does not",
    )


def test_what_steers_agents_and_editors_is_protected() -> None:
    for path in ("CLAUDE.md", "AGENTS.md", ".vscode/settings.json", ".husky/pre-commit", ".gitattributes", ".mcp.json"):
        assert order(file("a.py"), file(path))[0] == (path, "runs by itself or steers tools")


def test_a_quoted_path_is_placed_by_its_name() -> None:
    assert order(file("src/a.py"), file('"docs/caf\\351.md"'))[1] == ('"docs/caf\\351.md"', "documentation")


def test_nothing_is_lost_or_altered_but_the_place_and_its_reason() -> None:
    files = [file(f"d{n % 7}/f{n}.py") for n in range(50)]
    ordered = in_reading_order(change(*files))
    assert sorted(found.path for found in ordered.files) == sorted(found.path for found in files)
    assert {found.model_copy(update={"why_here": ""}) for found in ordered.files} == set(files)
    assert (ordered.base, ordered.head, ordered.diff_hash) == (CommitId("a"), CommitId("b"), "c")
    assert in_reading_order(ordered) == ordered


def test_code_at_the_top_says_so() -> None:
    assert order(file("app.py")) == [("app.py", "code at the top")]
