"""The extension as users get it: `clients/vscode` packaged as `.vsix`, built anew when a source changed.

python -m tests.editors.provision.vscode_extension      prints the path of the package
"""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.editors.provision.vscode import CACHE, CannotProvide, alone

CLIENT: Final = Path(__file__).resolve().parents[3] / "clients" / "vscode"
SOURCES: Final = (
    "package.json",
    "package-lock.json",
    "esbuild.mjs",
    ".vscodeignore",
    "README.md",
    "src/**/*",
    "media/*",
)
PACKAGE: Final = CACHE / "casework.vsix"
STEP_TIMEOUT_S: Final = 600


@functools.cache
def extension() -> Path:
    """Give the packaged extension.

    Raises:
        CannotProvide: there is no Node, or it can't be built.
    """
    with alone():
        built = CACHE / "casework.vsix.sources"
        sources = _digest(*SOURCES)
        if not PACKAGE.exists() or not built.exists() or built.read_text() != sources:
            _install()
            _npm("run", "package", "--", "--out", str(PACKAGE))
            built.write_text(sources)
    return PACKAGE


def _install() -> None:
    """Install what it is built with, unless that is there."""
    kept = CLIENT / "node_modules" / ".casework-lock"
    lock = _digest("package-lock.json")
    if not kept.exists() or kept.read_text() != lock:
        _npm("ci", "--no-audit", "--no-fund")
        kept.write_text(lock)


def _digest(*patterns: str) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for pattern in patterns for path in CLIENT.glob(pattern) if path.is_file()):
        digest.update(f"{path.relative_to(CLIENT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def _npm(*arguments: str) -> None:
    npm = shutil.which("npm")
    if not npm:
        raise CannotProvide("There is no npm on PATH to build the extension with: install Node 20 or newer.")
    done = subprocess.run(
        [npm, *arguments],
        cwd=CLIENT,
        env={**os.environ, "npm_config_loglevel": "error"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=STEP_TIMEOUT_S,
    )
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-10:])
        raise CannotProvide(f"npm {arguments[0]} failed in {CLIENT} (exit code {done.returncode}):\n{said}")


def main() -> int:
    """Build the extension and say where it is."""
    try:
        print(f"Extension {extension()}")
    except CannotProvide as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
