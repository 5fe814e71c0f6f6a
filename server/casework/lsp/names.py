"""How one editor names its files, and what they are called here.

An editor opened through a symbolic link names every file through it, percent-encodes as it likes, and expects its own
names back. Here a file is named by its real folder. Not here: the texts (documents.py).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import quote_from_bytes, unquote_to_bytes, urlsplit


def uri_of(path: str) -> str:
    """Give the `file:` URI of an absolute path (RFC 8089)."""
    return "file://" + quote_from_bytes(path.encode("utf-8", "surrogateescape"), safe="/-._~")


def path_in(uri: str) -> str | None:
    """Give the absolute path of a `file:` URI, any bytes in it; None for whatever is no file of this machine."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    path = unquote_to_bytes(parts.path).decode("utf-8", "surrogateescape")
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or not path.startswith("/") or "\0" in path:
        return None
    return path


def real_names(path: str) -> tuple[str, ...]:
    """Give what a file is called here: in its real folder and, where it is a link itself, what it leads to too."""
    folder, _, name = path.rpartition("/")
    here = f"{os.path.realpath(folder or '/').rstrip('/')}/{name}"
    there = os.path.realpath(path)
    return (here,) if here == there else (here, there)


class Names:
    """One editor's."""

    def __init__(self) -> None:
        self._roots: dict[str, str] = {}
        """Real folder to the name the editor gives it, where the two differ."""
        self._open: dict[str, dict[str, str]] = {}
        """Real name to the paths under which the editor has it open, with the URIs it says."""
        self._real: dict[str, tuple[str, ...]] = {}

    def add_root(self, path: str) -> None:
        """The editor shows this folder."""
        real = os.path.realpath(path)
        if real != path.rstrip("/"):
            self._roots[real] = path.rstrip("/")

    def opened(self, path: str, uri: str) -> None:
        """The editor opened a file."""
        self._real[path] = real_names(path)
        for real in self._real[path]:
            self._open.setdefault(real, {})[path] = uri

    def closed(self, path: str) -> None:
        """The editor closed it."""
        for real in self._real.pop(path, ()):
            self._open.get(real, {}).pop(path, None)
            if not self._open.get(real):
                self._open.pop(real, None)

    def real(self, path: str) -> tuple[str, ...]:
        """Give what a file of the editor's is called here."""
        return self._real.get(path) or real_names(path)

    def paths(self, real: str) -> Iterator[str]:
        """Give the paths under which the editor has a file open."""
        yield from self._open.get(real, ())

    def said(self, real: str) -> list[tuple[str | None, str]]:
        """Give the URIs under which the editor knows a file, each with the path it has it open as, if it has.

        As it opened it, else as its folders are named.
        """
        found = self._open.get(real)
        if found:
            return list(found.items())
        for root, said in self._roots.items():
            if real.startswith(root + "/"):
                return [(None, uri_of(said + real[len(root) :]))]
        return [(None, uri_of(real))]
