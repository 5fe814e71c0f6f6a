"""Runs a real VS Code workbench: code-server on a free loopback port, with settings and extensions of its own.

What a user's machine would ask or fetch over the network is off; everything else is VS Code as it is.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.editors.provision.vscode import VSCode
from tests.waiting import wait_until

SETTINGS: Final[dict[str, Any]] = {
    "chat.disableAIFeatures": True,
    "diffEditor.renderSideBySide": True,
    "editor.accessibilitySupport": "off",
    "editor.cursorBlinking": "solid",
    "editor.minimap.enabled": False,
    "explorer.autoReveal": True,
    "extensions.autoCheckUpdates": False,
    "extensions.autoUpdate": False,
    "files.autoSave": "off",
    "git.openRepositoryInParentFolders": "never",
    "npm.fetchOnlinePackageInfo": False,
    "remote.autoForwardPorts": False,
    "security.workspace.trust.enabled": False,
    "telemetry.telemetryLevel": "off",
    "update.mode": "none",
    "window.commandCenter": False,
    "workbench.enableExperiments": False,
    "workbench.layoutControl.enabled": False,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
}
START_TIMEOUT_S: Final = 60
_LISTENING: Final = re.compile(r"HTTP server listening on (http://127\.0\.0\.1:\d+)/?")
_NO_GALLERY: Final = {"serviceUrl": "http://127.0.0.1:9/", "itemUrl": "http://127.0.0.1:9/"}


@dataclass(frozen=True, slots=True)
class Serving:
    """A workbench that listens."""

    address: str
    log: Path


@contextmanager
def serving(
    editor: VSCode,
    home: Path,
    *,
    extensions: tuple[Path, ...] = (),
    settings: Mapping[str, Any] | None = None,
) -> Iterator[Serving]:
    """Run the workbench with everything it writes below `home`; it and all its children end with the block."""
    user = home / "data" / "User"
    user.mkdir(parents=True, exist_ok=True)
    (user / "settings.json").write_text(json.dumps({**SETTINGS, **(settings or {})}))
    (home / "config.yaml").touch()
    for extension in extensions:
        _install(editor, home, extension)
    log = home / "server.log"
    with log.open("wb") as said:
        server = subprocess.Popen(
            [*_command(editor, home), "--auth", "none", "--bind-addr", "127.0.0.1:0", *_QUIET],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            env=_environment(editor),
            start_new_session=True,
        )
    try:
        address = wait_until(
            lambda: _address(server, log), description="code-server listens", timeout_s=START_TIMEOUT_S
        )
        yield Serving(address, log)
    finally:
        _end(server)


_QUIET: Final = (
    "--disable-telemetry",
    "--disable-update-check",
    "--disable-workspace-trust",
    "--disable-getting-started-override",
    "--ignore-last-opened",
)


def _command(editor: VSCode, home: Path) -> list[str]:
    own = ["--config", "config.yaml", "--user-data-dir", "data", "--extensions-dir", "extensions"]
    paths = [part if part.startswith("--") else str(home / part) for part in own]
    return [str(editor.node), str(editor.entry), *paths]


def _environment(editor: VSCode) -> dict[str, str]:
    return {
        **os.environ,
        "PATH": f"{editor.node.parent}:{os.environ['PATH']}",
        "EXTENSIONS_GALLERY": json.dumps(_NO_GALLERY),
    }


def _install(editor: VSCode, home: Path, extension: Path) -> None:
    done = subprocess.run(
        [*_command(editor, home), "--install-extension", str(extension), "--force"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=_environment(editor),
        timeout=START_TIMEOUT_S,
    )
    assert done.returncode == 0, f"{extension.name} could not be installed: {done.stdout}{done.stderr}"


def _address(server: subprocess.Popen[bytes], log: Path) -> str:
    said = log.read_text(errors="replace")
    assert server.poll() is None, f"code-server ended: {said[-2000:]}"
    found = _LISTENING.search(said)
    return found[1] if found else ""


def _end(server: subprocess.Popen[bytes]) -> None:
    os.killpg(server.pid, signal.SIGTERM)
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(timeout=10)
