"""The ground on which ways out of a box are tried: what must stay as it is, who must hear nothing, and how it is seen.

tmp/home      a user's home, with a canary in each secret      tmp/state   the daemon's state
tmp/other     another worktree                                 tmp/run     its socket, which somebody listens at
tmp/project   the user's own work tree                         tmp/tree    the run's worktree, the only place to write
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from casework.domain.protected import TABLE
from tests.repositories import Content, Name, Repository

CANARY: Final = b"CANARY-"
PRELUDE: Final = """
import ctypes, os, platform, socket, struct, sys
_libc = ctypes.CDLL(None, use_errno=True)
_INTEL = dict(ptrace=101, syslog=103, shmget=29, shmat=30, shmctl=31, msgget=68, msgctl=71, semget=64, capset=126,
    prctl=157, chroot=161, mount=165, umount2=166, swapon=167, reboot=169, sethostname=170, setdomainname=171, iopl=172,
    ioperm=173, init_module=175, pivot_root=155, acct=163, settimeofday=164, adjtimex=159, quotactl=179, tkill=200,
    clock_settime=227, tgkill=234, mq_open=240, kexec_load=246, add_key=248, request_key=249, keyctl=250, unshare=272,
    rt_sigqueueinfo=129, clone=56, perf_event_open=298, name_to_handle_at=303, open_by_handle_at=304, setns=308,
    process_vm_readv=310, process_vm_writev=311, finit_module=313, renameat2=316, bpf=321, userfaultfd=323)
_ARM = dict(ptrace=117, syslog=116, shmget=194, shmat=196, shmctl=195, msgget=186, msgctl=187, semget=190, capset=91,
    prctl=167, chroot=51, mount=40, umount2=39, swapon=224, reboot=142, sethostname=161, setdomainname=162,
    init_module=105, pivot_root=41, acct=89, settimeofday=170, adjtimex=171, quotactl=60, tkill=130, clock_settime=112,
    tgkill=131, mq_open=180, kexec_load=104, add_key=217, request_key=218, keyctl=219, unshare=97, rt_sigqueueinfo=138,
    clone=220, perf_event_open=241, name_to_handle_at=264, open_by_handle_at=265, setns=268, process_vm_readv=270,
    process_vm_writev=271, finit_module=273, renameat2=276, bpf=280, userfaultfd=282)
_NEW = dict(io_uring_setup=425, open_tree=428, move_mount=429, fsopen=430, pidfd_getfd=438, mount_setattr=442)
_NUMBERS = {**(_INTEL if platform.machine() == 'x86_64' else _ARM), **_NEW}
def sc(name, *given):
    return _libc.syscall(_NUMBERS.get(name, -1), *(ctypes.c_long(a) if isinstance(a, int) else a for a in given))
"""

_SECRETS: Final = (
    ".ssh/id_ed25519", ".aws/credentials", ".netrc", ".git-credentials", ".config/gh/hosts.yml", ".docker/config.json",
    ".npmrc", ".pypirc", ".kube/config", ".gnupg/secring", ".bash_history", ".config/casework/settings.toml",
    ".bashrc", ".profile", ".vimrc", ".gitconfig",
)  # fmt: skip
_MARKED: Final = ("/", "/tmp", "/var/tmp", "/dev/shm", "/run", "/usr/bin", "/usr/local/bin", "/lib")
_SETTINGS: Final = ("core_pattern", "modprobe", "hostname", "domainname", "sysrq")
_HOST: Final = tuple(f"/proc/sys/kernel/{name}" for name in _SETTINGS)


def command(way: str, script: str) -> list[str]:
    """Give what to start."""
    if way.startswith("py: "):
        return [sys.executable, "-I", "-c", PRELUDE + script]
    return ["/bin/sh", "-c", script]


@dataclass
class Ground:
    """One ground."""

    root: Path
    daemon: subprocess.Popen[bytes]
    listeners: dict[str, socket.socket]
    mark: str = field(default_factory=lambda: f"casework-mark-{secrets.token_hex(6)}")

    @property
    def top(self) -> Path:
        """The user's own work tree."""
        return self.root / "project"

    @property
    def tree(self) -> Path:
        """The run's worktree."""
        return self.root / "tree"

    def variables(self) -> dict[str, str]:
        """Give what each way is told."""
        ports = ("TCP4", "TCP6", "UDP4")
        port = {name: str(one.getsockname()[1]) for name, one in self.listeners.items() if name in ports}
        return {
            "OUT": str(self.root / "home"), "OTHER": str(self.root / "other"), "TOP": str(self.top), "MARK": self.mark,
            "STATE": str(self.root / "state"), "RUN": str(self.root / "run"),
            "SOCK": str(self.root / "run/daemon.sock"),
            "LISTEN": str(self.root / "run/listen"), "ABSTRACT": self.mark, "HOST": _own_address(),
            "DAEMON": str(self.daemon.pid), "PYTHON": sys.executable, "LC_ALL": "C", **port,
        }  # fmt: skip

    def picture(self) -> dict[str, str]:
        """Give everything outside of the worktree, and what is protected in it."""
        found = dict(_facts_of(self.root, lambda path: path != self.tree))
        for one in TABLE:
            found.update((f"protected {name}", fact) for name, fact in _facts_of(self.tree / one.path))
        found.update((name, _text(name)) for name in _HOST)
        ours = (str(self.root), " /mnt ")  # what others on this machine mount meanwhile is theirs
        mounts = Path("/proc/self/mountinfo").read_text().splitlines()
        found["mounts"] = str(sum(1 for line in mounts if any(word in line for word in ours)))
        with suppress(psutil.Error):
            process = psutil.Process(self.daemon.pid)
            lives = process.status() in (psutil.STATUS_RUNNING, psutil.STATUS_SLEEPING)
            found["daemon"] = f"{lives} {process.nice()} {process.cpu_affinity()}"
            found["daemon's share"] = _text(f"/proc/{self.daemon.pid}/oom_score_adj")
        found["marked"] = " ".join(folder for folder in _MARKED if os.path.lexists(f"{folder}/{self.mark}"))
        found["stayed"] = " ".join(str(process.pid) for process in self.stayed())
        return found

    def stayed(self) -> list[psutil.Process]:
        """Give the living processes that carry the mark."""
        found = []
        for process in psutil.process_iter(["cmdline", "status"]):
            words = process.info["cmdline"] or []
            if process.info["status"] != psutil.STATUS_ZOMBIE and any(self.mark in word for word in words):
                found.append(process)
        return found

    def heard(self) -> list[str]:
        """Name the listeners that somebody came to, and forget it."""
        found = []
        for name, one in self.listeners.items():
            with suppress(BlockingIOError):
                if one.type == socket.SOCK_DGRAM:
                    one.recv(4096)
                else:
                    one.accept()[0].close()
                found.append(name)
        return found


def _own_address() -> str:
    with socket.socket(type=socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.2"
        return str(asking.getsockname()[0])


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError as no:
        return str(no.strerror)


def _facts_of(path: Path, wanted: Callable[[Path], bool] = lambda _: True) -> Iterator[tuple[str, str]]:
    try:
        seen = path.lstat()
    except FileNotFoundError:
        return
    content = ""
    if path.is_symlink():
        content = str(path.readlink())
    elif path.is_file():
        content = hashlib.sha256(path.read_bytes()).hexdigest()
    is_placeholder = path.is_dir() and not path.is_symlink() and not any(path.iterdir())
    if not is_placeholder:
        yield str(path), f"{seen.st_mode:o} {content or seen.st_uid}"
    if path.is_dir() and not path.is_symlink():
        for inner in sorted(path.iterdir()):
            if wanted(inner):
                yield from _facts_of(inner, wanted)


@contextmanager
def ground(root: Path, template: Path) -> Iterator[Ground]:
    """Make a ground in `root`, which is short enough for sockets."""
    for name in _SECRETS:
        _write(root / "home" / name, f"[user]\npassword = {CANARY.decode()}{name}\n")
    _write(root / "other/note", "CANARY-other worktree\n")
    (root / "state").mkdir()
    with closing(sqlite3.connect(root / "state/journal.sqlite3")) as journal:
        journal.execute("create table rows (data)")
        journal.execute("insert into rows values ('CANARY-journal')")
        journal.commit()
    _write(root / "state/log/daemon.log", "CANARY-log\n")
    shutil.copytree(template, root / "project", symlinks=True)
    shutil.copytree(template, root / "tree", symlinks=True)
    _write(root / "project/draft.txt", "CANARY-draft\n")
    _write(root / "project/.env", "CANARY-env\n")
    _write(root / "project/.git/config", "[user]\n\tsecret = CANARY-config\n")
    _write(root / "project/.venv/pyvenv.cfg", "home = /usr/bin\n")
    (root / "project/.venv/bin").mkdir()
    (root / "project/.venv/bin/python").symlink_to(sys.executable)
    (root / "run").mkdir()
    environment = {"SECRET": "CANARY-environment", "PATH": os.environ["PATH"]}
    daemon = subprocess.Popen(["/bin/sleep", "600"], env=environment, start_new_session=True)
    made = Ground(root, daemon, {})
    try:
        made.listeners = dict(_listeners(root, made.mark))
        yield made
    finally:
        for one in made.listeners.values():
            one.close()
        for process in made.stayed():
            process.kill()
        daemon.kill()
        daemon.wait()


def template(folder: Path) -> Path:
    """Make the repository that every ground's work trees are copies of."""
    made = Repository.new(folder / "template")
    files: dict[Name, Content] = {
        "pay.py": "one = 1\n",
        "AGENTS.md": "Be kind.\n",
        ".github/CODEOWNERS": "* @ada\n",
        ".gitignore": ".venv\n",
    }
    made.commit("first", files)
    made.commit("second", {"pay.py": "two = 2\n"})
    return made.path


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _listeners(root: Path, mark: str) -> Iterator[tuple[str, socket.socket]]:
    kinds: tuple[tuple[str, socket.AddressFamily, socket.SocketKind, object], ...] = (
        ("TCP4", socket.AF_INET, socket.SOCK_STREAM, ("0.0.0.0", 0)),
        ("TCP6", socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0)),
        ("UDP4", socket.AF_INET, socket.SOCK_DGRAM, ("0.0.0.0", 0)),
        ("unix", socket.AF_UNIX, socket.SOCK_STREAM, str(root / "run/listen")),
        ("daemon", socket.AF_UNIX, socket.SOCK_STREAM, str(root / "run/daemon.sock")),
        ("abstract", socket.AF_UNIX, socket.SOCK_STREAM, f"\0{mark}"),
    )
    for name, family, kind, address in kinds:
        one = socket.socket(family, kind)
        one.bind(address)  # type: ignore[arg-type]
        one.setblocking(False)
        if kind == socket.SOCK_STREAM:
            one.listen(64)
        yield name, one
