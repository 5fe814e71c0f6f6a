"""`casework doctor`: looks whether everything is there, and names the command that mends what is not."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from casework import __version__, paths
from casework.cli.connection import daemon
from casework.cli.options import HERE, AsJson, Where, place
from casework.cli.output import Output, columns, sentences, visible
from casework.cli.upkeep import log_tail
from casework.domain.errors import CaseworkError, Refused, Trouble
from casework.domain.redaction import redact
from casework.settings import FILE_NAME, read_settings
from casework.transport import Channel

OLDEST_GIT: Final = (2, 35)
LEAST_DISK_MB: Final = 200
_BUNDLED_LINES: Final = 400


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the doctor looked at."""

    what: str
    ok: bool
    sentence: str
    mend: str = ""


def doctor(
    bundle: Annotated[Path | None, typer.Option(help="Write a report without secrets to this new file.")] = None,
    where: Where = HERE,
    as_json: AsJson = False,
) -> None:
    """Look whether everything is there, in a repository at that too, and name the command that mends what is not."""
    output = Output(as_json)
    with sentences(output):
        found = [*_findings(), *_repository(where)]
        answer: dict[str, Any] = {"ok": all(one.ok for one in found), "findings": [asdict(one) for one in found]}
        lines = columns([("ok" if one.ok else "!!", one.what, visible(one.sentence)) for one in found])
        mends = [f"   mend {one.what}: {visible(one.mend)}" for one in found if one.mend and not one.ok]
        if bundle is not None:
            write_bundle(bundle, answer)
            lines.append(f"report written to {visible(str(bundle))}; read it before you send it")
        output.give(answer, *lines, *mends)
        if not answer["ok"]:
            raise typer.Exit(1)


def write_bundle(file: Path, answer: dict[str, Any]) -> None:
    """Write the findings, the settings and the end of both logs: redacted, the home folder as `~`, for you alone.

    Raises:
        Refused: something stands there already.
        Trouble: it can't be written.
    """
    report = {**answer, "settings": _text(paths.config_directory() / FILE_NAME), "log": log_tail(_BUNDLED_LINES)}
    report["crashes"] = _text(paths.log_directory() / "crash.log").splitlines()[-_BUNDLED_LINES:]
    text = json.dumps(_clean(report), indent=2, ensure_ascii=False)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text + "\n")
    except FileExistsError as error:
        raise Refused(f"{file} exists already, so no report was written; name a new file.", code="exists") from error
    except OSError as error:
        raise Trouble(f"The report can't be written to {file}: {error.strerror}.", code="disk") from error


def _clean(value: Any) -> Any:
    """Redact every text of a report; before it becomes JSON, whose quoting would hide a secret from its rule."""
    match value:
        case str():
            home = str(Path.home())
            return visible(redact(value if home == "/" else value.replace(home, "~")))
        case dict():
            return {name: _clean(inside) for name, inside in value.items()}
        case list():
            return [_clean(inside) for inside in value]
        case _:
            return value


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _findings() -> Iterator[Finding]:
    yield Finding("casework", True, f"{__version__}, Python {platform.python_version()}, {platform.system()}")
    yield _git()
    yield _state()
    yield _settings()
    yield _socket()
    yield _daemon()


def _git() -> Finding:
    found = shutil.which("git")
    if found is None:
        return Finding("git", False, "git is not on PATH.", "install git 2.35 or newer")
    said = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout.split()
    text = said[2] if len(said) > 2 else "0"
    version = tuple(int(part) for part in text.split(".")[:2] if part.isdigit())
    if version < OLDEST_GIT:
        return Finding("git", False, f"git {text} is too old.", "install git 2.35 or newer")
    return Finding("git", True, f"{text} at {found}")


def _state() -> Finding:
    try:
        folder = paths.state_directory()
    except CaseworkError as error:
        return Finding("state", False, error.sentence, "set XDG_STATE_HOME to a folder of your own")
    free = shutil.disk_usage(folder).free // 1_000_000
    if not os.access(folder, os.W_OK):
        return Finding("state", False, f"{folder} is not writable.", f"chmod u+rwx {folder}")
    if free < LEAST_DISK_MB:
        return Finding("state", False, f"{folder} has only {free} MB left.", "free some disk, or run casework purge")
    return Finding("state", True, f"{folder}, {free} MB free")


def _settings() -> Finding:
    folder = paths.config_directory()
    try:
        read_settings(folder)
    except CaseworkError as error:
        return Finding("settings", False, error.sentence, f"edit {folder / FILE_NAME}, or remove it")
    there = (folder / FILE_NAME).exists()
    return Finding(
        "settings", True, str(folder / FILE_NAME) if there else f"the defaults; {folder / FILE_NAME} is not there"
    )


def _socket() -> Finding:
    try:
        return Finding("socket", True, str(paths.socket_path()))
    except CaseworkError as error:
        return Finding("socket", False, error.sentence, "set XDG_RUNTIME_DIR to a short folder of your own")


def _daemon() -> Finding:
    try:
        channel = Channel.attach("cli", start=False, ask="status")
    except CaseworkError as error:
        return Finding("daemon", False, error.sentence, "casework daemon stop")
    if channel is None:
        return Finding("daemon", True, "not running; it starts when it is needed")
    with channel:
        return Finding("daemon", True, f"running, process {channel.answer['status']['pid']}")


def _repository(where: Path) -> Iterator[Finding]:
    """Ask the daemon about the repository that `where` lies in; nothing where there is none."""
    if not _is_in_repository(where):
        return
    try:
        with daemon() as asked:
            answer = asked.ask("casework/repository/describe", place(where))
    except CaseworkError as error:
        moved = getattr(error, "code", "") == "folder_gone"  # the daemon knows it by the place where it was
        yield Finding("repository", False, error.sentence, "casework daemon stop, and ask again" if moved else "")
        return
    for found in answer["findings"]:
        yield Finding(found["what"], found["ok"], found["sentence"], found["mend"])


def _is_in_repository(where: Path) -> bool:
    """Whether it is worth asking: something that git would look at stands here or above."""
    here = where.absolute()
    return any((at / ".git").exists() or _looks_bare(at) for at in (here, *here.parents))


def _looks_bare(folder: Path) -> bool:
    return all((folder / name).exists() for name in ("HEAD", "objects", "refs"))
