"""A real Neovim for the tests, and a font for its pictures: found on PATH, or unpacked into `.cache/editors/neovim`.

Nothing is installed. Neovim 0.12 comes, with its own C library, from the package archive that this machine's apt
already uses; so does the font. A machine without apt brings its own `nvim` (0.11 or newer).

    python -m tests.editors.provision.neovim      prints the path of the editor
"""

from __future__ import annotations

import fcntl
import functools
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

CACHE: Final = Path(__file__).resolve().parents[3] / ".cache" / "editors" / "neovim"
FLOOR: Final = (0, 11)
SUITE: Final = "sid"
FONT_NAME: Final = "DejaVuSansMono.ttf"
KEYRING: Final = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
STEP_TIMEOUT_S: Final = 300


class CannotProvide(RuntimeError):
    """The editor could not be had; the text says what to do."""


@functools.cache
def neovim() -> Path:
    """Give a Neovim of at least `FLOOR`, unpacking one if there is none.

    Raises:
        CannotProvide: there is none and none can be fetched here.
    """
    chosen = os.environ.get("CASEWORK_TEST_NVIM") or shutil.which("nvim")
    if chosen and version(Path(chosen)) >= FLOOR:
        return Path(chosen)
    run = CACHE / "run"
    with _alone():
        if not run.exists():
            _unpack()
    return run


@functools.cache
def fonts() -> Path:
    """Give the folder of the monospace fonts that pictures are drawn with.

    Raises:
        CannotProvide: there are none and none can be fetched here.
    """
    system = Path("/usr/share/fonts/truetype/dejavu")
    if (system / FONT_NAME).exists():
        return system
    own = CACHE / "usr/share/fonts/truetype/dejavu"
    with _alone():
        if not (own / FONT_NAME).exists():
            with _private_apt() as apt:
                _fetch(apt, "fonts-dejavu-core", CACHE)
    return own


def version(nvim: Path) -> tuple[int, int]:
    """Give major and minor version of `nvim`, or (0, 0) when it can't be run."""
    try:
        said = subprocess.run([nvim, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return (0, 0)
    found = re.match(r"NVIM v(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


@contextmanager
def _alone() -> Iterator[None]:
    """Let one process at a time change the cache."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE.parent / "neovim.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _unpack() -> None:
    with _private_apt() as apt:
        _fetch(apt, "neovim", CACHE)
        _fetch(apt, "patchelf", CACHE)
    library = CACHE / "usr/lib" / f"{platform.machine()}-linux-gnu"
    loader = sorted(library.glob("ld-linux*.so.*"))[0]
    binary = CACHE / "usr/bin/nvim"
    patchelf = [str(loader), "--library-path", str(library), str(CACHE / "usr/bin/patchelf")]
    target = str(binary.resolve())
    _run([*patchelf, "--set-interpreter", str(loader), "--force-rpath", "--set-rpath", str(library), target])
    start = CACHE / "run.new"
    runtime = CACHE / "usr/share/nvim/runtime"
    start.write_text(f'#!/bin/sh\nexport VIMRUNTIME="{runtime}"\nexec "{binary}" "$@"\n')
    start.chmod(0o755)
    if version(start) < FLOOR:
        raise CannotProvide(f"The Neovim unpacked into {CACHE} does not run; remove that folder and try again.")
    start.rename(CACHE / "run")


@contextmanager
def _private_apt() -> Iterator[list[str]]:
    """Give the options that make apt use lists, status and cache of its own, for `SUITE`."""
    if not (shutil.which("apt-get") and KEYRING.exists()):
        raise CannotProvide("There is no Neovim 0.11 or newer on PATH, and no apt to fetch one: install Neovim.")
    own = CACHE / "apt"
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
        _run(["apt-get", "-qq", *options, "update"])
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
    raise CannotProvide("apt names no Debian archive here to fetch Neovim from: install Neovim 0.11 or newer.")


def _fetch(options: list[str], package: str, into: Path) -> None:
    """Unpack `package` and all it needs under `into`."""
    archives = into / "apt/cache/archives"
    _run(["apt-get", "-qq", "-y", *options, "install", "--download-only", package])
    for archive in sorted(archives.glob("*.deb")):
        _run(["dpkg", "-x", str(archive), str(into)])
        archive.unlink()


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=STEP_TIMEOUT_S)
    if done.returncode:
        raise CannotProvide(f"{command[0]} failed while fetching Neovim: {done.stderr.strip()[-2000:]}")


if __name__ == "__main__":
    try:
        print(neovim(), fonts(), sep="\n")
    except CannotProvide as problem:
        sys.exit(str(problem))
