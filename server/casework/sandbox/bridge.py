"""Leads from a port inside of a box to the unix socket of its way out, then becomes the command.

Runs as `python -I -S bridge.py PORT SOCKET COMMAND...` in the box's own network, where nothing else is: a child
passes bytes on, and this process is replaced by the command, so that its end is the box's end. Standard library only.
Not here: what may be reached (`proxy`, on the other side).
"""

from __future__ import annotations

import os
import select
import socket
import sys
import threading


def main() -> None:
    """Listen, leave a child to pass bytes on, and become the command."""
    port, way, *command = sys.argv[1:]
    listening = socket.create_server(("127.0.0.1", int(port)), backlog=64)
    if os.fork() == 0:
        _serve(listening, way)
    listening.close()
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.stderr.write(f"bwrap: execvp {command[0]}: {error.strerror}\n")
        os._exit(127)


def _serve(listening: socket.socket, way: str) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):  # the command's output ends when the command does
        os.dup2(nothing, number)
    while True:
        near, _ = listening.accept()
        threading.Thread(target=_pass_on, args=(near, way), daemon=True).start()


def _pass_on(near: socket.socket, way: str) -> None:
    with near, socket.socket(socket.AF_UNIX) as far:
        try:
            far.connect(way)
            to = {near: far, far: near}
            while to:
                for one in select.select(list(to), [], [])[0]:
                    piece = one.recv(65536)
                    if piece:
                        to[one].sendall(piece)
                    else:
                        to.pop(one).shutdown(socket.SHUT_WR)
        except OSError:
            return


if __name__ == "__main__":
    main()
