"""A project's own commands, each from the file that says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.code.project.commands import find_commands


def check(top: Path, files: dict[str, str], *expected: tuple[str, str]) -> None:
    for name, text in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    found = find_commands(top)
    assert [(one.command, one.found_in) for one in found.commands] == list(expected)
    assert found.unread == ()


@pytest.mark.parametrize(
    ("name", "text", "found_in"),
    [
        ("pyproject.toml", "[tool.pytest.ini_options]\naddopts = '-q'\n", "pyproject.toml, [tool.pytest.ini_options]"),
        ("pyproject.toml", "[tool.pytest]\nstrict = true\n", "pyproject.toml, [tool.pytest]"),
        ("pytest.ini", "[pytest]\n", "pytest.ini, [pytest]"),
        ("setup.cfg", "[metadata]\nname = x\n[tool:pytest]\n", "setup.cfg, [tool:pytest]"),
        ("conftest.py", "", "conftest.py"),
        ("tests/unit/test_it.py", "", "test modules in tests/"),
        ("test_it.py", "", "test modules beside the sources"),
    ],
)
def test_pytest_is_found_by_its_settings_or_its_tests(tmp_path: Path, name: str, text: str, found_in: str) -> None:
    check(tmp_path, {name: text}, ("pytest", found_in))


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    check(tmp_path, {"README.md": "make test\n", "src/app.py": ""})


def test_targets_of_a_makefile_are_read_line_by_line(tmp_path: Path) -> None:
    text = (
        "test := not a target\n"
        "check = neither\n"
        ".PHONY: test lint\n"
        "build test: deps ; true\n"
        "\ttypes: a line of a recipe\n"
        "# check: a comment\n"
        "lint::\n\truff check\n"
    )
    check(
        tmp_path,
        {"Makefile": text},
        ("make test", "Makefile, target test"),
        ("make lint", "Makefile, target lint"),
    )


def test_make_reads_one_makefile_only(tmp_path: Path) -> None:
    check(
        tmp_path,
        {"GNUmakefile": "check:\n\ttrue\n", "Makefile": "test:\n\ttrue\n"},
        ("make check", "GNUmakefile, target check"),
    )


def test_scripts_of_a_package_are_started_by_the_program_its_lock_is_of(tmp_path: Path) -> None:
    package = '{"scripts": {"build": "tsc", "test": "vitest run", "lint": "eslint ."}}'
    check(
        tmp_path,
        {"package.json": package},
        ("npm test", "package.json, script test"),
        ("npm run lint", "package.json, script lint"),
    )
    check(
        tmp_path,
        {"pnpm-lock.yaml": ""},
        ("pnpm test", "package.json, script test"),
        ("pnpm run lint", "package.json, script lint"),
    )


def test_what_npm_writes_by_itself_is_no_test(tmp_path: Path) -> None:
    check(tmp_path, {"package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'})


def test_the_best_command_for_tests_stands_first(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": "[tool.ruff]\n[tool.mypy]\n[tool.tox]\n[tool.pytest.ini_options]\n",
        "Makefile": "test:\n\tpytest\ncheck: test\n",
        "noxfile.py": "",
    }
    check(
        tmp_path,
        files,
        ("pytest", "pyproject.toml, [tool.pytest.ini_options]"),
        ("make test", "Makefile, target test"),
        ("make check", "Makefile, target check"),
        ("mypy", "pyproject.toml, [tool.mypy]"),
        ("ruff check", "pyproject.toml, [tool.ruff]"),
        ("tox", "pyproject.toml, [tool.tox]"),
        ("nox", "noxfile.py"),
    )
    best = find_commands(tmp_path).first("tests")
    assert best is not None
    assert (best.command, best.file) == ("pytest", "pyproject.toml")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("pyproject.toml", "[tool", "pyproject.toml can't be parsed ("),
        ("package.json", "{", "package.json can't be parsed ("),
        ("package.json", "[" * 200_000, "package.json can't be parsed ("),
        ("tox.ini", "tox\n", "tox.ini can't be parsed ("),
        ("Makefile", "#" * (1024 * 1024 + 1), "Makefile has more than 1 MiB, so it was not read for commands."),
    ],
)
def test_a_file_that_can_not_be_read_is_said_once_and_the_others_count(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / "noxfile.py").touch()
    found = find_commands(tmp_path)
    assert [one.command for one in found.commands] == ["nox"]
    assert [sentence.startswith(said) for sentence in found.unread] == [True]


@given(st.binary(max_size=300))
def test_whatever_stands_in_the_files_nothing_is_raised(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    top = tmp_path_factory.mktemp("project")
    for name in ("pyproject.toml", "package.json", "Makefile", "tox.ini", "setup.cfg"):
        (top / name).write_bytes(raw)
    find_commands(top)
