"""The command `casework`. `casework lsp` is the relay and imports nothing of this."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; the exit codes are in output.py."""
    if sys.argv[1:2] == ["lsp"]:
        from casework import relay

        sys.exit(relay.main(sys.argv[2:]))
    from casework.cli.commands import app

    app(prog_name="casework")


if __name__ == "__main__":
    main()
