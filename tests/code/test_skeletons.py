"""Skeletons, in odd projects: each is really collected, without an error, and each of its cases really fails."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from casework.code.definitions import read_module
from casework.code.skeletons import Skeleton, Uncovered, nearest, read_neighbours, write_skeleton
from casework.code.skeletons.neighbours import DECLARED

AUTH = '''"""Who may come in."""


def sign_in(user, password):
    return user.password == password


class Session:
    def expired(self, now):
        return now > self.end

    @staticmethod
    def renew(token): return token
'''
FUNCTIONS = "def test_it():\n    assert 1 + 1 == 2\n"
TYPED = "def test_it() -> None:\n    assert 1 + 1 == 2\n"
CLASSES = "class TestIt:\n    def test_one(self):\n        assert 1 + 1 == 2\n"
UNITTEST = (
    "import unittest\n\n\nclass TestIt(unittest.TestCase):\n    def test_one(self):\n        self.assertEqual(1, 1)\n"
)
PYTEST = '[project]\nname = "shop"\nversion = "1"\n\n[dependency-groups]\ndev = ["pytest"]\n'


@dataclass(frozen=True, slots=True)
class Project:
    """An odd project, the module nobody covers, and where its test belongs."""

    files: dict[str, str]
    module: str
    place: str
    imports: str | None
    unittest: bool = False


PROJECTS = {
    "src layout": Project(
        {"src/shop/__init__.py": "", "src/shop/auth.py": AUTH, "tests/test_cart.py": TYPED},
        "src/shop/auth.py",
        "tests/test_auth.py",
        "from shop.auth import sign_in",
    ),
    "flat": Project(
        {"auth.py": AUTH, "tests/test_cart.py": FUNCTIONS}, "auth.py", "tests/test_auth.py", "from auth import sign_in"
    ),
    "flat package": Project(
        {"shop/__init__.py": "", "shop/auth.py": AUTH, "tests/test_cart.py": CLASSES},
        "shop/auth.py",
        "tests/test_auth.py",
        "from shop.auth import sign_in",
    ),
    "tests beside": Project(
        {"shop/__init__.py": "", "shop/auth.py": AUTH, "shop/cart.py": "", "shop/cart_test.py": FUNCTIONS},
        "shop/auth.py",
        "shop/auth_test.py",
        "from shop.auth import sign_in",
    ),
    "tests in a package": Project(
        {"shop/auth.py": AUTH, "tests/__init__.py": "", "tests/test_cart.py": FUNCTIONS},
        "shop/auth.py",
        "tests/test_auth.py",
        "from shop.auth import sign_in",
    ),
    "mirrored folders": Project(
        {
            "src/shop/__init__.py": "",
            "src/shop/login/__init__.py": "",
            "src/shop/login/auth.py": AUTH,
            "tests/test_top.py": FUNCTIONS,
            "tests/login/test_forms.py": FUNCTIONS,
            "tests/zoo/test_bear.py": UNITTEST,
        },
        "src/shop/login/auth.py",
        "tests/login/test_auth.py",
        "from shop.login.auth import sign_in",
    ),
    "unittest only": Project(
        {"shop/__init__.py": "", "shop/auth.py": AUTH, "tests/__init__.py": "", "tests/test_cart.py": UNITTEST},
        "shop/auth.py",
        "tests/test_auth.py",
        "from shop.auth import sign_in",
        unittest=True,
    ),
    "no test yet, and nothing speaks for pytest": Project(
        {"shop/auth.py": AUTH}, "shop/auth.py", "tests/test_auth.py", "from shop.auth import sign_in", unittest=True
    ),
    "no test yet, and pytest is declared": Project(
        {"shop/auth.py": AUTH, "pyproject.toml": PYTEST},
        "shop/auth.py",
        "tests/test_auth.py",
        "from shop.auth import sign_in",
    ),
    "the name is taken": Project(
        {"shop/__init__.py": "", "shop/auth.py": AUTH, "tests/Test_Auth.py": "", "tests/test_auth.py": FUNCTIONS},
        "shop/auth.py",
        "tests/test_shop_auth.py",
        "from shop.auth import sign_in",
    ),
    "the name is taken elsewhere": Project(
        {"shop/auth.py": AUTH, "tests/shop/test_cart.py": FUNCTIONS, "tests/other/test_auth.py": FUNCTIONS},
        "shop/auth.py",
        "tests/other/test_shop_auth.py",
        "from shop.auth import sign_in",
    ),
    "what can not be parsed": Project(
        {"shop/auth.py": "def sign_in(:\n", "tests/test_cart.py": FUNCTIONS}, "shop/auth.py", "tests/test_auth.py", None
    ),
    "a script that acts at once": Project(
        {"auth.py": AUTH + "\nraise SystemExit(sign_in(None, None))\n", "tests/test_cart.py": FUNCTIONS},
        "auth.py",
        "tests/test_auth.py",
        None,
    ),
    "a name no import can say": Project(
        {"bin/sign-in.2.py": AUTH, "tests/test_cart.py": CLASSES}, "bin/sign-in.2.py", "tests/test_sign_in_2.py", None
    ),
    "a keyword for a name": Project(
        {"shop/class.py": AUTH, "tests/test_cart.py": UNITTEST},
        "shop/class.py",
        "tests/test_class.py",
        None,
        unittest=True,
    ),
    "a package's own file": Project(
        {"shop/__init__.py": AUTH, "tests/test_cart.py": FUNCTIONS},
        "shop/__init__.py",
        "tests/test_shop.py",
        "from shop import sign_in",
    ),
    "letters of the world": Project(
        {"läden/prüfung.py": AUTH, "tests/test_cart.py": FUNCTIONS},
        "läden/prüfung.py",
        "tests/test_pr_fung.py",
        "from läden.prüfung import sign_in",
    ),
    "a hostile name": Project(
        {'a"""\\x.py': AUTH, "tests/test_cart.py": FUNCTIONS}, 'a"""\\x.py', "tests/test_a_x.py", None
    ),
    "a test that is none": Project(
        {"shop/auth.py": AUTH, "tests/test_broken.py": "def (", "tests/test_good.py": CLASSES},
        "shop/auth.py",
        "tests/test_auth.py",
        "from shop.auth import sign_in",
    ),
}  # fmt: skip


def skeleton(project: Project, *, functions: bool = True) -> Skeleton:
    """Write it as the core does."""
    texts = {path: text.encode() for path, text in project.files.items()}
    paths = frozenset(project.files)
    tests = nearest(project.module, paths)
    neighbours = read_neighbours(tests, {name: texts[name] for name in tests or DECLARED if name in texts}, paths)
    read = read_module(texts[project.module])
    chosen = read.definitions if read is not None and functions else ()
    acts_at = read.acts_at if read is not None else 0
    return write_skeleton(Uncovered(project.module, chosen, acts_at, unreadable=read is None), neighbours, paths)


def put(top: Path, project: Project, found: Skeleton) -> None:
    for name, text in {**project.files, found.path: found.text}.items():
        place = top / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)


def pytest_says(top: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=top,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("name", PROJECTS)
def test_a_skeleton_is_collected_without_an_error_beside_the_others(name: str, tmp_path: Path) -> None:
    project = PROJECTS[name]
    found = skeleton(project)
    assert found.path == project.place
    assert found.path not in project.files
    put(tmp_path, project, found)
    collected = pytest_says(tmp_path, "--collect-only", str(tmp_path / found.path))
    assert collected.returncode == 0, collected.stdout + collected.stderr
    assert re.findall(r"\d+ tests? collected", collected.stdout) == [
        f"{found.cases} test{'s' if found.cases != 1 else ''} collected"
    ]
    everything = pytest_says(tmp_path, "--collect-only")
    broken = {path for path, text in project.files.items() if text == "def ("}
    assert everything.stdout.count("\nERROR ") == len(broken), everything.stdout


@pytest.mark.parametrize("name", PROJECTS)
def test_every_case_fails_until_it_is_written(name: str, tmp_path: Path) -> None:
    project = PROJECTS[name]
    found = skeleton(project)
    put(tmp_path, project, found)
    ran = pytest_says(tmp_path, str(tmp_path / found.path))
    assert re.findall(r"(\d+) (failed|passed|skipped|error)", ran.stdout) == [(str(found.cases), "failed")], ran.stdout


@pytest.mark.parametrize("name", PROJECTS)
def test_a_skeleton_says_where_to_begin_and_imports_what_it_tests(name: str) -> None:
    project = PROJECTS[name]
    found = skeleton(project)
    assert found.text.splitlines()[found.line - 1].lstrip().startswith("def test_")
    assert "\n".join(found.text.splitlines()[: found.line - 1]).count("def ") == 0
    imports = [
        line.strip()
        for line in found.text.splitlines()
        if line.startswith((" from", "    from", "    import", "        from"))
    ]
    assert (imports[0] if imports else None) == project.imports
    assert ("unittest.TestCase" in found.text) == project.unittest


@pytest.mark.parametrize("name", ["src layout", "unittest only"])
def test_a_case_that_can_import_its_subject_fails_by_its_own_word(name: str, tmp_path: Path) -> None:
    project = PROJECTS[name]
    found = skeleton(project)
    put(tmp_path, project, found)
    where = "src" if name == "src layout" else "."
    ran = pytest_says(tmp_path, "-o", f"pythonpath={where}", str(tmp_path / found.path))
    assert "ModuleNotFoundError" not in ran.stdout
    assert "not written yet: sign_in(user, password)" in ran.stdout


def test_unittest_itself_finds_the_cases(tmp_path: Path) -> None:
    project = PROJECTS["unittest only"]
    found = skeleton(project)
    put(tmp_path, project, found)
    ran = subprocess.run(
        [sys.executable, "-m", "unittest", "tests.test_auth"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert f"Ran {found.cases} tests" in ran.stderr
    assert f"FAILED (failures={found.cases})" in ran.stderr


def test_the_style_is_that_of_the_neighbours() -> None:
    assert skeleton(PROJECTS["src layout"]).text == (
        '"""What src/shop/auth.py must do; each case fails until somebody writes it."""\n'
        "\n"
        "import pytest\n"
        "\n"
        "\n"
        "def test_sign_in() -> None:\n"
        "    from shop.auth import sign_in\n"
        "\n"
        "    assert callable(sign_in)\n"
        '    pytest.fail("not written yet: sign_in(user, password)")\n'
        "\n"
        "\n"
        "def test_session_expired() -> None:\n"
        "    from shop.auth import Session\n"
        "\n"
        "    assert callable(Session)\n"
        '    pytest.fail("not written yet: Session.expired(self, now)")\n'
        "\n"
        "\n"
        "def test_session_renew() -> None:\n"
        "    from shop.auth import Session\n"
        "\n"
        "    assert callable(Session)\n"
        '    pytest.fail("not written yet: Session.renew(token)")\n'
    )
    assert "class TestAuth:\n    def test_sign_in(self):\n" in skeleton(PROJECTS["flat package"]).text


def test_a_module_without_functions_gets_one_case_that_fails(tmp_path: Path) -> None:
    project = PROJECTS["flat package"]
    found = skeleton(project, functions=False)
    assert found.cases == 1
    assert "import shop.auth" in found.text
    put(tmp_path, project, found)
    assert "1 failed" in pytest_says(tmp_path, str(tmp_path / found.path)).stdout


def test_of_very_many_functions_the_first_twenty_get_a_case(tmp_path: Path) -> None:
    many = "".join(f"def f{n}(x):\n    return x + {n}\n\n\n" for n in range(50))
    project = Project({"many.py": many, "tests/test_cart.py": FUNCTIONS}, "many.py", "tests/test_many.py", "")
    found = skeleton(project)
    assert found.cases == 20
    assert found.text.endswith("# Not here: 30 more that changed.\n")
    put(tmp_path, project, found)
    assert "20 tests collected" in pytest_says(tmp_path, "--collect-only", "tests/test_many.py").stdout
