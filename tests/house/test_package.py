"""The package: wheel and sdist build without the network, hold what they should, and install cleanly."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

from tests.house.tree import ROOT, names

pytestmark = pytest.mark.timeout(180)


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    found = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout


def build(kind: str, source: Path, into: Path) -> Path:
    """Build one distribution with what is installed here, nothing fetched."""
    run(sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", into, cwd=source)
    (built,) = into.iterdir()
    return built


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that somebody gets who has only the sdist."""
    unpacked = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(unpacked, filter="data")
    (source,) = unpacked.iterdir()
    return build("wheel", source, tmp_path_factory.mktemp("wheel"))


def test_the_wheel_holds_every_module_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == {name.removeprefix("server/") for name in names() if name.startswith("server/casework/")}


def test_wheel_and_sdist_carry_the_licence(wheel: Path, sdist: Path) -> None:
    licence = (ROOT / "LICENSE").read_bytes()
    with zipfile.ZipFile(wheel) as archive:
        (held,) = [name for name in archive.namelist() if name.endswith(".dist-info/licenses/LICENSE")]
        assert archive.read(held) == licence
    with tarfile.open(sdist) as archive:
        file = archive.extractfile(f"{sdist.name.removesuffix('.tar.gz')}/LICENSE")
        assert file is not None
        assert file.read() == licence


def test_the_sdist_holds_what_is_needed_to_test_it_and_nothing_that_was_made(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert {"Makefile", "requirements-dev.lock", "tests/conftest.py", "README.md", "LICENSE"} <= held
    assert [name for name in held if "node_modules" in name or ".venv" in name or name.endswith(".vsix")] == []


def test_the_wheel_installs_and_its_command_runs(wheel: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    install_into(python, wheel)
    said = run(tmp_path / "venv" / "bin" / "casework", "--help", cwd=tmp_path)
    assert "review" in said
    where = run(python, "-c", "import casework; print(casework.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(tmp_path / "venv")


def install_into(python: Path, wheel: Path) -> None:
    """Install the wheel for `python`; what it depends on is found where this test found it."""
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--no-index",
        "--no-deps",
        "--no-warn-script-location",
        wheel,
    )
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    here = Path(str(distribution("pydantic").locate_file("")))
    (site / "dependencies.pth").write_text(f"{here}\n", encoding="utf-8")


def test_the_licence_is_apache_2() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert text.split()[:4] == ["Apache", "License", "Version", "2.0,"]
    assert len(text.splitlines()) > 200
    assert distribution("casework").metadata["License-Expression"] == "Apache-2.0"
