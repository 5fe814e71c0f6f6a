"""What a build wrote beside the sources and git ignores: the version, without which many a package does not start.

Nothing else that is ignored is looked at: it may be large, or secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

LARGEST_VERSION: Final = 16 * 1024
"""Bytes of such a file; what is larger holds more than a version."""
MOST_VERSIONS: Final = 16
_NAME: Final = re.compile(r"_*(scm_)?version(_info|_generated)?_*\.py")


def written_versions(top: str | Path) -> dict[str, bytes]:
    """Give the files that are called as a version is, in packages at the top or in `src`, by their paths below it.

    Whether git knows them is not asked. Never raises for what lies there.
    """
    found: dict[str, bytes] = {}
    for path in _places(Path(top)):
        if len(found) >= MOST_VERSIONS:
            break
        try:
            if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST_VERSION:
                continue
            name = str(path.relative_to(top))
            name.encode()
            found[name] = path.read_bytes()
        except (OSError, UnicodeEncodeError):
            continue
    return found


def _places(top: Path) -> Iterator[Path]:
    for base in (top, top / "src"):
        for package in _inside(base):
            if (package / "__init__.py").is_file():
                yield from (one for one in _inside(package) if _NAME.fullmatch(one.name))


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []
