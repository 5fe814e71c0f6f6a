"""A real VS Code for the tests: code-server, Node for it, and Chromium to look at it.

code-server and its Node come from the package registry that this machine's npm already uses, into
`.cache/editors/vscode`; nothing of them is installed. Chromium is the machine's own. As root on Debian what is missing
of it (and of the compiler's libraries that code-server's modules need) is installed by apt.

    python -m tests.editors.provision.vscode      prints what the tests will use
"""

from __future__ import annotations

import fcntl
import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CACHE: Final = Path(__file__).resolve().parents[3] / ".cache" / "editors" / "vscode"
CODE_SERVER: Final = "4.139.1"
"""VS Code 1.139 inside."""
NODE_MAJOR: Final = 24
"""What this code-server is built for; its headers come in the same package."""
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LIBRARIES: Final = ("libkrb5-dev", "g++", "make")
STEP_TIMEOUT_S: Final = 1200


class CannotProvide(RuntimeError):
    """The editor could not be had; the text says what to do."""


@dataclass(frozen=True, slots=True)
class VSCode:
    """Everything that is needed to run the workbench."""

    node: Path
    entry: Path
    """code-server's main module."""
    chromium: Path


@functools.cache
def vscode() -> VSCode:
    """Give a VS Code workbench, fetching and building what is missing: minutes the first time, then nothing.

    Raises:
        CannotProvide: something is missing that can't be had here; the sentence names it.
    """
    entry = CACHE / "cs/node_modules/code-server/out/node/entry.js"
    with alone():
        chromium = _chromium()
        node = _node()
        if _installed_version() != CODE_SERVER:
            _install_code_server(node)
    return VSCode(node, entry, chromium)


@contextmanager
def alone() -> Iterator[None]:
    """Let one process at a time change the cache."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE.parent / "vscode.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _chromium() -> Path:
    found = _browser()
    if not found and _apt_may_install():
        _apt("chromium")
        found = _browser()
    if not found:
        raise CannotProvide("There is no Chromium on PATH to look at VS Code with: install chromium.")
    return Path(found)


def _browser() -> str | None:
    chosen = os.environ.get("CASEWORK_TEST_CHROMIUM")
    return chosen or next((path for name in BROWSERS if (path := shutil.which(name))), None)


def _node() -> Path:
    folder = CACHE / "node"
    if not (found := _node_in(folder)):
        _npm(folder, f"node@{NODE_MAJOR}", {})
        found = _node_in(folder)
    if not found:
        raise CannotProvide(f"npm has no Node {NODE_MAJOR} for this machine, and code-server needs it.")
    return found


def _node_in(folder: Path) -> Path | None:
    """The package `node` holds a binary for the platform in a package of its own, headers beside it."""
    found = sorted(folder.glob("node_modules/**/node-*/bin/node"))
    return found[0] if found else None


def _installed_version() -> str:
    try:
        manifest = json.loads((CACHE / "cs/node_modules/code-server/package.json").read_bytes())
        built = (CACHE / "cs/built").read_text().strip()
    except (OSError, ValueError):
        return ""
    return built if manifest.get("version") == built else ""


def _install_code_server(node: Path) -> None:
    folder = CACHE / "cs"
    missing = [tool for tool in ("g++", "make", "python3") if not shutil.which(tool)]
    if _apt_may_install():
        _apt(*LIBRARIES)
    elif missing:
        raise CannotProvide(f"code-server's modules are compiled, and there is no {missing[0]} on PATH: install it.")
    shutil.rmtree(folder, ignore_errors=True)
    home = node.parents[1]
    _npm(
        folder,
        f"code-server@{CODE_SERVER}",
        {"npm_config_nodedir": str(home), "PATH": f"{node.parent}:{os.environ['PATH']}"},
    )
    (folder / "built").write_text(CODE_SERVER)


def _npm(folder: Path, package: str, settings: Mapping[str, str]) -> None:
    npm = shutil.which("npm")
    if not npm:
        raise CannotProvide("There is no npm on PATH to fetch VS Code with: install Node 20 or newer.")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}\n')
    command = [npm, "install", "--no-audit", "--no-fund", "--loglevel=error", package]
    _run(command, f"npm could not install {package}", cwd=folder, env={**os.environ, **settings})


def _apt_may_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _apt(*packages: str) -> None:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if all(_has_package(name) for name in packages):
        return
    _run(["apt-get", "-qq", "update"], "apt could not read its archive", env=quiet)
    install = ["apt-get", "-qq", "install", "-y", "--no-install-recommends", *packages]
    _run(install, f"apt could not install {' '.join(packages)}", env=quiet)


def _has_package(name: str) -> bool:
    said = subprocess.run(["dpkg-query", "-W", "-f", "${Status}", name], capture_output=True, text=True, timeout=30)
    return said.stdout.startswith("install ok installed")


def _run(command: list[str], sentence: str, *, cwd: Path | None = None, env: Mapping[str, str]) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=STEP_TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise CannotProvide(f"{sentence}: {problem}") from problem
    if done.returncode:
        last = "\n".join(done.stdout.strip().splitlines()[-8:])
        raise CannotProvide(f"{sentence} (exit code {done.returncode}). The last it said:\n{last}")


def main() -> int:
    """Provide the editor and say where it is."""
    try:
        editor = vscode()
    except CannotProvide as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"VS Code   code-server {CODE_SERVER}   {editor.entry}\nNode      {editor.node}\nChromium  {editor.chromium}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
