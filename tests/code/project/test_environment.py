"""The environment of a project, found without running anything: real ones made by `venv`, and the broken ones."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from casework.code.project.environment import find_environment


def make_venv(root: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root)], check=True, timeout=50)
    return root


def test_a_real_virtual_environment_is_found_with_the_python_it_was_made_from(tmp_path: Path) -> None:
    root = make_venv(tmp_path / ".venv")
    found = find_environment(tmp_path)
    assert found.python is not None
    version = sysconfig.get_python_version()
    assert (found.python.root, found.python.kind, found.python.version) == (str(root), "venv", version)
    assert found.python.interpreter == str(root / "bin" / "python")
    assert found.sentence == f"Python {version} of .venv"
    answered = subprocess.run(
        [found.python.interpreter, "-c", "import sys; print(sys.base_prefix)"],
        check=True,
        capture_output=True,
        text=True,
        timeout=20,
    )
    base = answered.stdout.strip()
    assert base.startswith("/usr") or any(base == place or Path(place).samefile(base) for place in found.python.outside)


def test_without_any_the_programs_of_the_system_are_meant(tmp_path: Path) -> None:
    found = find_environment(tmp_path)
    assert (found.python, found.read_only) == (None, ())
    assert found.sentence == "no environment in the project, so programs of the system are used"


def test_what_the_shell_has_activated_is_not_the_projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", str(make_venv(tmp_path / "other")))
    (tmp_path / "project").mkdir()
    assert find_environment(tmp_path / "project").python is None


def installation(prefix: Path) -> Path:
    """Lay out a Python as it is installed somewhere in a home directory."""
    (prefix / "bin").mkdir(parents=True)
    (prefix / "lib" / "python3.12").mkdir(parents=True)
    (prefix / "lib" / "python3.12" / "os.py").touch()
    program = prefix / "bin" / "python3.12"
    program.touch(mode=0o755)
    return program


def linked_environment(root: Path, program: Path, home: Path) -> Path:
    (root / "bin").mkdir(parents=True)
    (root / "bin" / "python").symlink_to(program)
    (root / "pyvenv.cfg").write_text(f"home = {home}\nimplementation = CPython\nversion_info = 3.12.4\n")
    return root


def test_every_installation_on_the_way_to_the_interpreter_is_named(tmp_path: Path) -> None:
    real = installation(tmp_path / "pythons" / "cpython-3.12.4")
    (tmp_path / "pythons" / "cpython-3.12").symlink_to("cpython-3.12.4")
    named = tmp_path / "pythons" / "cpython-3.12" / "bin" / "python3.12"
    root = linked_environment(tmp_path / "project" / "venv", named, named.parent)
    found = find_environment(tmp_path / "project").python
    assert found is not None
    assert (found.version, found.outside) == (
        "3.12",
        (str(tmp_path / "pythons" / "cpython-3.12"), str(real.parent.parent)),
    )
    assert find_environment(tmp_path / "project").read_only == (*found.outside, str(root))


def test_a_folder_of_the_users_is_not_named_for_one_link_in_it(tmp_path: Path) -> None:
    real = installation(tmp_path / "pythons" / "cpython")
    shim = tmp_path / "home" / "bin" / "python3.12"
    shim.parent.mkdir(parents=True)
    shim.symlink_to(real)
    linked_environment(tmp_path / "project" / ".venv", shim, shim.parent)
    found = find_environment(tmp_path / "project").python
    assert found is not None
    assert found.outside == (str(shim), str(real.parent.parent))


def test_an_environment_whose_python_is_gone_is_said_to_be_broken(tmp_path: Path) -> None:
    linked_environment(tmp_path / ".venv", tmp_path / "gone" / "python", tmp_path / "gone")
    found = find_environment(tmp_path)
    assert found.python is None
    assert found.sentence == (
        f"{tmp_path}/.venv/bin/python leads nowhere: the Python that {tmp_path}/.venv was made from is gone. Make the "
        "environment anew with the Python that is there now."
    )


def test_links_in_a_circle_are_nothing(tmp_path: Path) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "pyvenv.cfg").touch()
    (tmp_path / ".venv" / "bin" / "python").symlink_to("python")
    assert find_environment(tmp_path).python is None


def test_a_conda_environment_in_the_project_is_found(tmp_path: Path) -> None:
    root = tmp_path / ".pixi" / "envs" / "default"
    installation(root)
    (root / "conda-meta").mkdir()
    (root / "bin" / "python").symlink_to("python3.12")
    found = find_environment(tmp_path).python
    assert found is not None
    assert (found.root, found.kind, found.version, found.outside) == (str(root), "conda", "3.12", ())


def test_the_users_choice_counts_instead(tmp_path: Path) -> None:
    make_venv(tmp_path / "project" / ".venv")
    other = make_venv(tmp_path / "other")
    for chosen in (str(other), str(other / "bin" / "python"), "../other"):
        found = find_environment(tmp_path / "project", chosen=chosen).python
        assert found is not None
        assert Path(found.root).samefile(other)
    missing = find_environment(tmp_path / "project", chosen="nowhere")
    assert missing.python is None
    assert missing.sentence == (
        f"{tmp_path}/project/nowhere is no environment of Python: it has neither pyvenv.cfg nor conda-meta."
    )


def test_node_modules_beside_the_packages_of_a_workspace_are_found(tmp_path: Path) -> None:
    for folder in (".", "packages/web", "packages/api", "docs"):
        (tmp_path / folder / "node_modules").mkdir(parents=True)
        if folder != "docs":
            (tmp_path / folder / "package.json").write_text(json.dumps({}))
    found = find_environment(tmp_path)
    assert found.node_modules == tuple(
        str(tmp_path / place) for place in ("node_modules", "packages/api/node_modules", "packages/web/node_modules")
    )
    assert found.sentence == "3 folders node_modules"
