"""What of the system every box holds: programs and libraries, a few files of /etc, and nothing else of it.

Root's own secrets lie in /etc as well, and where the daemon runs as root a box could read them: so each file is named
here, and the accounts are ours (`etc/`). Not here: places of a run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

HOME: Final = "/home/casework"
TMP: Final = "/tmp"  # noqa: S108 - the box's own
UNSAFE_OUTSIDE: Final = ("LD_", "DYLD_", "GLIBC_", "MALLOC_", "GCONV_", "LOCPATH", "NLSPATH")
"""What the loader obeys: whoever enters a box begins outside of it, so these are only set within."""
PATH: Final = "/usr/local/bin:/usr/bin:/bin"

_TREES: Final = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
"""Links into /usr on most systems, folders of their own on some."""
_WHOLE: Final = ("/usr", "/nix/store", "/gnu/store")
_OF_ETC: Final = (
    "alternatives",
    "ca-certificates",
    "ca-certificates.conf",
    "fonts",
    "java-11-openjdk",
    "java-17-openjdk",
    "java-21-openjdk",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "locale.alias",
    "localtime",
    "mime.types",
    "os-release",
    "perl",
    "pki/ca-trust/extracted/pem",
    "pki/tls/certs",
    "protocols",
    "python3",
    "services",
    "ssl/cert.pem",
    "ssl/certs",
    "ssl/openssl.cnf",
    "terminfo",
    "timezone",
)
_ACCOUNTS: Final = Path(__file__).parent / "etc"


def mounts() -> tuple[str, ...]:
    """Give bubblewrap's arguments for it; reads a few folders."""
    found: list[str] = []
    for tree in _WHOLE:
        if Path(tree).is_dir():
            found += ["--ro-bind", tree, tree]
    for tree in _TREES:
        path = Path(tree)
        if path.is_symlink():
            found += ["--symlink", str(path.readlink()), tree]
        elif path.is_dir():
            found += ["--ro-bind", tree, tree]
    for name in _OF_ETC:
        if (Path("/etc") / name).exists():
            found += ["--ro-bind", f"/etc/{name}", f"/etc/{name}"]
    for account in sorted(_ACCOUNTS.iterdir()):
        found += ["--ro-bind", str(account), f"/etc/{account.name}"]
    return tuple(found)


def readable() -> tuple[str, ...]:
    """Give the same as folders and files, for a confinement without mounts of its own."""
    etc = (f"/etc/{name}" for name in (*_OF_ETC, "passwd", "group", "hosts", "nsswitch.conf"))
    return tuple(path for path in (*_WHOLE, *_TREES, *etc) if Path(path).exists())
