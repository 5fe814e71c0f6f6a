"""A real project with a real environment: a package under `src/`, installed editable (PEP 660), and pytest beside it.

Made without the network: hatchling builds the editable wheel in this process's Python, and pytest is what the
development environment has.
"""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

from casework.code.project.environment import find_environment
from casework.ports.checks import WantedCheck

FILES = {
    "pyproject.toml": """\
        [build-system]
        requires = ["hatchling"]
        build-backend = "hatchling.build"
        [project]
        name = "shop"
        version = "1.0"
        [tool.hatch.build.targets.wheel]
        packages = ["src/shop"]
        dev-mode-dirs = ["src"]
        [tool.pytest.ini_options]
        testpaths = ["tests"]
        """,
    "src/shop/__init__.py": "",
    "src/shop/price.py": """\
        def total(prices):
            return sum(prices)
        """,
    "tests/test_price.py": """\
        from shop.price import total

        def test_total():
            assert total([1, 2]) == 3

        def test_nothing():
            assert total([]) == 0
        """,
}
_RUNNER = ("pytest", "pluggy", "iniconfig", "packaging", "pygments", "pytest-xdist", "execnet")


def lay(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(textwrap.dedent(text))
    return folder


def make_environment(root: Path) -> Path:
    """Make a virtual environment with pytest in it, to be copied: nothing in it knows its own path but `bin/pytest`."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root)], check=True, timeout=50)
    site = next(root.glob("lib/python3.*/site-packages"))
    for name in _RUNNER:
        for file in importlib.metadata.files(name) or ():
            parts = file.parts
            if parts[0] in ("..", "__pycache__") or "__pycache__" in parts:
                continue
            target = site / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(str(file.locate()), target)
    return root


def put_environment(template: Path, top: Path) -> Path:
    root = top / ".venv"
    shutil.copytree(template, root, symlinks=True)
    program = root / "bin" / "pytest"
    program.write_text(f"#!{root}/bin/python\nimport sys\nfrom pytest import console_main\nsys.exit(console_main())\n")
    program.chmod(0o755)
    return next(root.glob("lib/python3.*/site-packages"))


def install(project: Path, site: Path, *, editable: bool = True) -> None:
    """Install the project as pip does: build the wheel with its own backend, unpack it."""
    wheels = project.parent / "wheels"
    wheels.mkdir(exist_ok=True)
    call = "build_editable" if editable else "build_wheel"
    script = f"import hatchling.build as b, sys; print(b.{call}(sys.argv[1]))"
    built = subprocess.run(
        [sys.executable, "-c", script, str(wheels)], cwd=project, check=True, capture_output=True, text=True, timeout=50
    )
    with zipfile.ZipFile(wheels / built.stdout.split()[-1]) as wheel:
        wheel.extractall(site)


def tree(top: Path, folder: Path, changes: dict[str, str] | None = None, *, without: tuple[str, ...] = ()) -> Path:
    """Lay a tree out as a throw-away folder: the project's files with changes, none of its ignored ones."""
    shutil.copytree(top, folder, ignore=shutil.ignore_patterns(".venv", ".git", "__pycache__"))
    lay(folder, changes or {})
    for name in without:
        (folder / name).unlink()
    return folder


def wanted(top: Path, folder: Path, command: str = "pytest -q", **more: object) -> WantedCheck:
    return WantedCheck.model_validate(
        {
            "command": command,
            "folder": str(folder),
            "top": str(top.absolute()),
            "environment": find_environment(top),
            "wall_s": 50.0,
            **more,
        }
    )
