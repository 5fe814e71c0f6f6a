"""What a build wrote beside the sources: the version and nothing else."""

from __future__ import annotations

from pathlib import Path

from casework.code.project.written import LARGEST_VERSION, written_versions


def test_versions_in_packages_are_found_and_nothing_else(tmp_path: Path) -> None:
    files = {
        "src/shop/__init__.py": "",
        "src/shop/_version.py": "version = '1'\n",
        "src/shop/secrets.py": "key = 1\n",
        "old/__init__.py": "",
        "old/__version__.py": "x\n",
        "old/version_info.py": "x" * (LARGEST_VERSION + 1),
        "no_package/_version.py": "x\n",
        "_version.py": "x\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "old" / "_version.py").symlink_to("/etc/passwd")
    assert written_versions(tmp_path) == {"src/shop/_version.py": b"version = '1'\n", "old/__version__.py": b"x\n"}


def test_where_nothing_is_nothing_is_found(tmp_path: Path) -> None:
    assert written_versions(tmp_path / "gone") == {}
