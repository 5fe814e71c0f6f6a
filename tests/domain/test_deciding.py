"""Which files decide how a check comes out, and which must have been loaded."""

from __future__ import annotations

import pytest

from casework.domain.change import Change, FileChange
from casework.domain.deciding import deciders, is_test_code, of_the_record, sources
from casework.domain.deciding import test_files as files_of_tests
from casework.domain.ids import CommitId


def change(*names: str, status: str = "modified") -> Change:
    files = [FileChange.model_validate({"path": name, "status": status}) for name in names]
    return Change(base=CommitId("a" * 40), head=CommitId("b" * 40), diff_hash="", files=tuple(files))


@pytest.mark.parametrize(
    "name",
    [
        "conftest.py", "tests/unit/conftest.py", "pytest.ini", "tox.ini", "setup.cfg", "noxfile.py", "Makefile",
        "sitecustomize.py", "src/usercustomize.py", ".github/workflows/ci.yml", "vitest.config.ts", "hidden.pth",
        "pytest.py", "_pytest/runner.py", "unittest/__init__.py", "run.sh", "web/package.json",
    ],
)  # fmt: skip
def test_a_file_that_decides_is_named(name: str) -> None:
    assert deciders(change(name), "./run.sh --all", {}, {}) == (name,)


@pytest.mark.parametrize("name", ["src/pay.py", "tests/test_pay.py", "README.md", "src/pytest_like.py"])
def test_a_file_that_does_not_is_left_in_peace(name: str) -> None:
    assert deciders(change(name), "pytest -q", {}, {}) == ()


@pytest.mark.parametrize(
    ("name", "before", "after", "decides"),
    [
        ("pyproject.toml", b'[project]\nversion = "1"\n', b'[project]\nversion = "2"\n', False),
        ("pyproject.toml", b"[project]\n", b'[project]\n[tool.pytest.ini_options]\naddopts = "-k x"\n', True),
        ("pyproject.toml", b"", b'[project.entry-points.pytest11]\nx = "x"\n', True),
        ("pyproject.toml", b"[tool", b"[tool.x]", True),
        ("package.json", b'{"version": "1"}', b'{"version": "2"}', False),
        ("package.json", b'{"scripts": {"test": "vitest"}}', b'{"scripts": {"test": "true"}}', True),
    ],
)
def test_of_a_manifest_only_what_steers_tools_decides(name: str, before: bytes, after: bytes, decides: bool) -> None:
    found = deciders(change(name), "pytest", {name: before}, {name: after})
    assert found == ((name,) if decides else ())


def test_what_tests_must_have_loaded() -> None:
    names = ("src/pay.py", "tests/test_pay.py", "setup.py", "docs/conf.py", "scripts/x.py", "conftest.py", "a.js")
    assert sources(change(*names)) == ("src/pay.py",)
    assert files_of_tests(change(*names)) == ("tests/test_pay.py", "conftest.py")
    assert sources(change("src/pay.py", status="deleted")) == ()


def test_tests_are_known_by_their_names_and_places() -> None:
    yes = ("tests/data/x.json", "test_a.py", "pay/pay_test.py", "web/a.test.ts", "conftest.py", "__tests__/a.js")
    assert [name for name in yes if not is_test_code(name)] == []
    assert not is_test_code("src/contest.py")


def test_a_change_that_speaks_of_the_record_is_named() -> None:
    after = {
        "tests/a.py": b"os.environ['CASEWORK_RECORD']",
        "tests/b.py": b"assert casework",
        "c.sh": b"casework_record",
    }
    assert of_the_record(after) == ("tests/a.py", "c.sh")
