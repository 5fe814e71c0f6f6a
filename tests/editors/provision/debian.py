"""Programs of a newer Debian, unpacked below `.cache/editors` and run from there: nothing is installed.

They come, with their own C library, from the package archive that this machine's apt already uses.

    python -m tests.editors.provision.debian      prints that archive
"""

from __future__ import annotations

import fcntl
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

EDITORS: Final = Path(__file__).resolve().parents[3] / ".cache" / "editors"
SUITE: Final = "sid"
KEYRING: Final = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
STEP_TIMEOUT_S: Final = 300


class CannotProvide(RuntimeError):
    """The editor could not be had; the text says what to do."""


@contextmanager
def alone(cache: Path) -> Iterator[None]:
    """Let one process at a time change a cache."""
    cache.mkdir(parents=True, exist_ok=True)
    with cache.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def unpack(cache: Path, *packages: str) -> None:
    """Unpack packages and all they need into `cache`.

    Raises:
        CannotProvide: there is no apt here, or it has none of them.
    """
    with _private_apt(cache) as options:
        for package in packages:
            run(["apt-get", "-qq", "-y", *options, "install", "--download-only", package])
            for archive in sorted((cache / "apt/cache/archives").glob("*.deb")):
                run(["dpkg", "-x", str(archive), str(cache)])
                archive.unlink()


def use_own_libraries(cache: Path, binary: Path) -> None:
    """Have a binary that was unpacked with `patchelf` run with the libraries that came with it."""
    library = cache / "usr/lib" / f"{platform.machine()}-linux-gnu"
    loader = sorted(library.glob("ld-linux*.so.*"))[0]
    patchelf = [str(loader), "--library-path", str(library), str(cache / "usr/bin/patchelf")]
    target = str(binary.resolve())
    run([*patchelf, "--set-interpreter", str(loader), "--force-rpath", "--set-rpath", str(library), target])


def run(command: list[str]) -> None:
    """Run a step.

    Raises:
        CannotProvide: it failed.
    """
    done = subprocess.run(command, capture_output=True, text=True, timeout=STEP_TIMEOUT_S)
    if done.returncode:
        raise CannotProvide(f"{command[0]} failed while fetching an editor: {done.stderr.strip()[-2000:]}")


@contextmanager
def _private_apt(cache: Path) -> Iterator[list[str]]:
    """Give the options that make apt use lists, status and cache of its own, for `SUITE`."""
    if not (shutil.which("apt-get") and KEYRING.exists()):
        raise CannotProvide("The editor is not on PATH, or too old, and there is no apt to fetch it: install it.")
    own = cache / "apt"
    shutil.rmtree(own, ignore_errors=True)
    for folder in ("lists/partial", "cache/archives/partial"):
        (own / folder).mkdir(parents=True)
    (own / "status").touch()
    (own / "sources.list").write_text(f"deb [signed-by={KEYRING}] {_archive()} {SUITE} main\n")
    settings = {
        "Dir::Etc::sourcelist": str(own / "sources.list"),
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": str(own / "lists"),
        "Dir::State::status": str(own / "status"),
        "Dir::Cache": str(own / "cache"),
        "APT::Install-Recommends": "0",
        "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled": "false",
        "Acquire::Languages": "none",
    }
    if os.geteuid() == 0:
        settings["APT::Sandbox::User"] = "root"
    options = [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
    try:
        run(["apt-get", "-qq", *options, "update"])
        yield options
    finally:
        shutil.rmtree(own, ignore_errors=True)


def _archive() -> str:
    """Give the address of the package archive that this machine already uses."""
    listed = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    for source in listed:
        text = source.read_text(errors="replace") if source.is_file() else ""
        for found in re.finditer(r"^(?:URIs: |deb (?:\[[^]]*\] )?)([a-z]+://\S+debian/?)(?=\s)", text, re.MULTILINE):
            if "security" not in found[1]:
                return found[1]
    raise CannotProvide("apt names no Debian archive here to fetch the editor from: install it.")


if __name__ == "__main__":
    try:
        print(_archive())
    except CannotProvide as problem:
        sys.exit(str(problem))
