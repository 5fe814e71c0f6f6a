"""What editors start, by its path: `python -I -S relay.py`. The relay itself is `attaching.py`, which lies beside it.

An interpreter compiles the file that it is started with at every start, and keeps what it imports compiled: so there is
next to nothing here. Exit codes and promises are those of `attaching.py`.
"""

import os
import sys
from _frozen_importlib_external import SourceFileLoader


def main(arguments: "list[str]") -> int:
    """Attach the editor on stdin and stdout until one side ends; the exit code."""
    relay: dict[str, object] = {"__name__": "attaching"}
    code = SourceFileLoader("attaching", __file__.removesuffix("relay.py") + "attaching.py").get_code("attaching")
    assert code is not None
    exec(code, relay)  # noqa: S102 - our own file
    return relay["main"](arguments)  # type: ignore[operator, no-any-return]


if __name__ == "__main__":
    os._exit(main(sys.argv[1:]))
