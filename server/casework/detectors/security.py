"""A change to what decides who may do what: authentication, sessions, permissions, cryptography.

By the words of the file's path, by the names of the functions that changed, and by the libraries that these use. One
finding for a change, at the place that speaks loudest; the others are named in it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from casework.code.definitions import Definition, read_module, words
from casework.domain.anchor import Anchor
from casework.domain.change import Change, FileChange
from casework.domain.reading import is_test
from casework.domain.spec import Severity
from casework.ports.detector import Finding, Seen

_WORDS: Final = frozenset({
    "auth", "authn", "authz", "authenticate", "authenticated", "authenticates", "authenticator",
    "authentication", "authorize", "authorise", "authorized", "authorised", "authorization", "authorisation",
    "oauth", "openid", "oidc", "saml", "sso", "login", "logins", "logout", "signin", "signout", "password",
    "passwords", "passwd", "passphrase", "credential", "credentials", "permission", "permissions",
    "privilege", "privileges", "acl", "rbac", "crypto", "cryptography", "encrypt", "encrypted", "encryption",
    "decrypt", "decrypted", "decryption", "cipher", "ciphers", "hmac", "jwt", "csrf", "xsrf", "totp", "otp",
    "mfa", "sudo", "impersonate", "impersonation",
})  # fmt: skip
_OF_PATHS: Final = _WORDS | {"session", "sessions"}
"""In a function's name a session is as often one of a database."""
_PAIRS: Final = frozenset({("sign", "in"), ("log", "in"), ("sign", "out"), ("log", "out"), ("signed", "in")})
_LIBRARIES: Final = frozenset({
    "hmac", "secrets", "jwt", "jose", "bcrypt", "argon2", "passlib", "cryptography", "nacl", "Crypto", "ssl",
    "itsdangerous", "authlib", "ldap", "ldap3",
})  # fmt: skip
_SOURCES: Final = frozenset({
    "py", "pyi", "js", "jsx", "mjs", "cjs", "ts", "tsx", "go", "rs", "java", "kt", "scala", "rb", "php", "cs",
    "c", "cc", "cpp", "h", "hpp", "swift", "ex", "exs", "clj", "sql",
})  # fmt: skip
_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class _Place:
    """One place of the change that speaks of security; the greatest weight is where a human looks first."""

    weight: int
    path: str
    line: int
    snippet: str
    name: str
    reason: str
    mark: str


class Security:
    """Proposes one security review for a change."""

    name = "security"

    def wants(self, file: FileChange) -> bool:
        """Sources only: not tests, not prose, not settings."""
        ending = file.path.rpartition(".")[2]
        by_path = ending in _SOURCES and _speaks(file.path.rpartition(".")[0], _OF_PATHS) != ""
        return not is_test(file.path) and bool(file.hunks) and (by_path or ending == "py")

    def asks_for_project(self, _change: Change) -> bool:
        """Never."""
        return False

    def look(self, seen: Seen) -> Finding | None:
        """Say where, and by what it was known."""
        places = [place for file in seen.change.files if self.wants(file) for place in _places(file, seen)]
        if not places:
            return None
        first = max(places, key=lambda place: place.weight)
        severity: Severity = "high" if first.weight >= _BOTH else "medium"
        return Finding(
            kind="security-review",
            title=f"Review {first.name} in {first.path} for security",
            why=_why(first, places),
            anchor=Anchor(path=first.path, line=first.line, snippet=first.snippet[:500]),
            mark=hashlib.sha256(" ".join(sorted(place.mark for place in places)).encode()).hexdigest()[:16],
            severity=severity,
        )


_PATH: Final = 1
_SYMBOL: Final = 2
_BOTH: Final = _PATH + _SYMBOL


def _places(file: FileChange, seen: Seen) -> list[_Place]:
    before, after = seen.before.get(file.path), seen.after.get(file.path)
    of_path = _speaks(file.path.rpartition(".")[0], _OF_PATHS)
    if file.path.endswith(".py"):
        found = _of_module(file, before, after, of_path)
        if found is not None:
            return found
    if not of_path:
        return []
    text = after if after is not None else before
    lines = text.decode("utf-8", "replace").splitlines() if text is not None else []
    line = _first_line(file, before, lines)
    snippet = lines[line - 1] if line <= len(lines) else ""
    name = file.path.rpartition("/")[2]
    return [_Place(_PATH, file.path, line, snippet, name, f"its path says {of_path}", file.new_blob or file.old_blob)]


def _of_module(file: FileChange, before: bytes | None, after: bytes | None, of_path: str) -> list[_Place] | None:
    """Give the places of a Python module by what changed in it; None where it can't be read."""
    now = read_module(after) if after is not None else None
    then = read_module(before) if before is not None else None
    if now is None or after is None or (before is not None and then is None):
        return None
    known = {one.name: one.whole for one in then.definitions} if then is not None else {}
    lines = after.decode("utf-8", "replace").splitlines()
    found = []
    for one in now.definitions:
        if known.get(one.name) == one.whole:
            continue
        of_symbol = _of_definition(one)
        if of_path or of_symbol:
            weight = (_PATH if of_path else 0) + (_SYMBOL if of_symbol else 0)
            reason = of_symbol or f"its path says {of_path}"
            found.append(_Place(weight, file.path, one.line, lines[one.line - 1], one.name, reason, one.whole))
    gone = set(known) - {one.name for one in now.definitions}
    if not found and of_path and (gone or then is None or then.rest != now.rest):
        line = _first_line(file, before, lines)
        snippet = lines[line - 1] if line <= len(lines) else ""
        name = file.path.rpartition("/")[2]
        found = [_Place(_PATH, file.path, line, snippet, name, f"its path says {of_path}", file.new_blob)]
    return found


def _of_definition(one: Definition) -> str:
    if said := _speaks(one.name, _WORDS):
        return f"its name says {said}"
    used = sorted(one.roots & _LIBRARIES)
    return f"it uses {used[0]}" if used else ""


def _speaks(name: str, known: frozenset[str]) -> str:
    said = words(name)
    single = next((word for word in said if word in known), "")
    return single or next((" ".join(pair) for pair in pairwise(said) if pair in _PAIRS), "")


def _first_line(file: FileChange, before: bytes | None, lines: list[str]) -> int:
    """Give the first line of the first hunk that was not there before; a hunk begins with lines that were."""
    hunk = file.hunks[0]
    old = set(before.decode("utf-8", "replace").splitlines()) if before is not None else set()
    start = max(1, hunk.new_start)
    stop = min(start + max(1, hunk.new_lines), len(lines) + 1)
    return next((at for at in range(start, stop) if lines[at - 1].strip() and lines[at - 1] not in old), start)


def _why(first: _Place, places: list[_Place]) -> str:
    others = [f"{place.name} in {place.path}" for place in places if place is not first]
    rest = len(others) - _NAMED
    more = f" Also: {', '.join(others[:_NAMED])}{f' and {rest} more' if rest > 0 else ''}." if others else ""
    return f"{first.name} in {first.path} changed, and {first.reason}.{more}"
