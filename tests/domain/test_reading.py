"""The reading order: what a human should see first."""

from __future__ import annotations

import random

from casework.domain.change import Change, FileChange, FileStatus, Fold, Hunk, Mark
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


def paths(uses: dict[str, set[str]], *names: str) -> list[str]:
    files = [file(name) for name in names]
    random.shuffle(files)
    return [found.path for found in in_reading_order(change(*files), uses).files]


def test_what_is_used_is_read_before_what_uses_it() -> None:
    uses = {"a.py": {"z.py", "m.py"}, "m.py": {"z.py"}, "b.py": {"a.py", "gone.py"}}
    assert paths(uses, "a.py", "b.py", "c.py", "m.py", "z.py") == ["c.py", "z.py", "m.py", "a.py", "b.py"]


def test_a_test_stays_beside_its_code_wherever_that_goes() -> None:
    uses = {"a.py": {"z.py"}, "test_a.py": {"a.py", "z.py"}}
    assert paths(uses, "a.py", "test_a.py", "z.py", "test_z.py") == ["z.py", "test_z.py", "a.py", "test_a.py"]


def test_risk_comes_before_dependency() -> None:
    uses = {"auth/login.py": {"a.py"}, "auth/check.py": {"auth/login.py"}}
    assert paths(uses, "auth/login.py", "a.py", "auth/check.py") == ["auth/login.py", "auth/check.py", "a.py"]


def test_a_circle_is_entered_at_its_first_name_and_what_builds_on_it_comes_after() -> None:
    uses = {"a.py": {"c.py"}, "c.py": {"d.py"}, "d.py": {"e.py"}, "e.py": {"c.py"}}
    assert paths(uses, "a.py", "c.py", "d.py", "e.py") == ["c.py", "a.py", "e.py", "d.py"]


def test_what_hides_something_comes_before_everything() -> None:
    def holding(path: str, *marks: Mark) -> FileChange:
        one = file(path)
        return one.model_copy(update={"hunks": (one.hunks[0].model_copy(update={"marks": marks}),)})

    added = Mark(line=1, kind="hidden", is_added=True, text="x")
    assert order(
        file("tests/test_a.py", status="deleted"),
        holding("z.py", added),
        holding("y.py", added.model_copy(update={"kind": "twin"})),
        holding("b.py", added.model_copy(update={"is_added": False})),
        file("c\u200b.py"),
    ) == [
        ("c\u200b.py", "its name is not what it looks like"),
        ("y.py", "holds letters that look like others"),
        ("z.py", "holds hidden characters"),
        ("tests/test_a.py", "a test is deleted"),
        ("b.py", "code at the top"),
    ]


def test_a_test_that_is_one_no_more_comes_early() -> None:
    gone = FileChange(path="old/a.py", old_path="tests/test_a.py", status="renamed", whole=HunkId("w"))
    assert order(file("b.py"), gone)[0] == ("old/a.py", "a test is moved away from the tests")


def test_what_was_protected_is_so_under_its_new_name_too() -> None:
    gone = FileChange(path="old.yml", old_path=".github/workflows/a.yml", status="renamed", whole=HunkId("w"))
    assert order(file("b.py"), gone)[0] == ("old.yml", "runs by itself or steers tools")


def test_lines_that_are_folded_weaken_no_test() -> None:
    one = file("tests/test_a.py", added=1, removed=9)
    fold = Fold(id="f", kind="formatted", title="t", hunks=(HunkId("tests/test_a.py"),))
    ordered = in_reading_order(change(one, file("b.py")).model_copy(update={"folds": (fold,)}))
    assert [(found.path, found.why_here) for found in ordered.files] == [
        ("b.py", "code at the top"),
        ("tests/test_a.py", "folded"),
    ]
