"""The least that an editor's command can be: connect to a socket, and pass on what comes, both ways.

Started as a program by a bare interpreter: `python -I -S echo.py SOCKET`. Nothing but the standard library, and of
that as little as there is.
"""

import _socket
import _thread
import os
import sys

connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
connection.connect(sys.argv[1])


def carry_in() -> None:
    while data := os.read(0, 65536):
        connection.sendall(data)
    connection.shutdown(_socket.SHUT_WR)


_thread.start_new_thread(carry_in, ())
while received := connection.recv(65536):
    os.write(1, received)
os._exit(0)
