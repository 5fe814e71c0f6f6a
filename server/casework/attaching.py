"""The relay: an editor's stdin and stdout to the daemon's socket, starting the daemon when none runs.

Standard library only, imports nothing of ours, and is started through `relay.py` beside it. What it imports is paid by
every editor at every start, so it takes `_socket` for `socket` and imports the rest where it is needed. It repeats the
rule for the socket's place; `tests/daemon/test_socket_rule.py` holds it to `casework.paths`.

Exit codes: 0 and 1 as LSP asks for exit after and without shutdown; 2 usage; 3 the daemon refused this client;
4 the daemon can not be started or reached; 5 the daemon ended while the editor was attached.
"""
# What pathlib and contextlib would make nicer costs a tenth of the start.
# ruff: noqa: PTH102, PTH116, PTH120, S108, SIM105

import _socket
import os
import stat
import sys
import time

BUILD = "0.1.0"
PROTOCOL = (1, 1)
EXIT_USAGE, EXIT_REFUSED, EXIT_NO_DAEMON, EXIT_DAEMON_ENDED = 2, 3, 4, 5
START_S = 30.0
ANSWER_S = 60.0
SOCKET_PATH_LIMIT = 104 if sys.platform == "darwin" else 108
CHUNK = 256 * 1024
TAIL = 4096
ENDED = b'{"jsonrpc":"2.0","method":"$/casework/ended","params":'


class NotAttached(Exception):
    """There is no way to the daemon; `sentence` says why and what to do, `code` is the relay's exit code."""

    def __init__(self, code: int, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.kind, self.sentence = code, kind, sentence


def runtime_directory() -> str:
    """The folder of the socket, as `casework.paths.runtime_directory` has it."""
    base = os.environ.get("XDG_RUNTIME_DIR", "")
    directory = base.rstrip("/") + "/casework" if _is_own_folder(base) else f"/tmp/casework-{os.getuid()}"
    try:
        try:
            os.mkdir(directory, 0o700)
        except FileExistsError:
            pass
        found = os.lstat(directory)
    except OSError as error:
        raise NotAttached(
            EXIT_NO_DAEMON,
            "runtime_directory_unusable",
            f"The folder of Casework's socket, {directory}, can not be used ({error.strerror}), so no editor can "
            "attach. Remove what stands there, or set XDG_RUNTIME_DIR to a folder of your own.",
        ) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise NotAttached(
            EXIT_NO_DAEMON,
            "runtime_directory_not_own",
            f"The folder of Casework's socket, {directory}, is not a folder that only you can enter, so others could "
            "listen in. Remove it, or set XDG_RUNTIME_DIR to a folder of your own.",
        )
    return directory


def socket_path() -> str:
    """Where the daemon listens, as `casework.paths.socket_path` has it."""
    path = runtime_directory() + "/daemon.sock"
    if len(os.fsencode(path)) >= SOCKET_PATH_LIMIT:
        raise NotAttached(
            EXIT_NO_DAEMON,
            "socket_path_too_long",
            f"The path of Casework's socket, {path}, is longer than this system allows ({SOCKET_PATH_LIMIT - 1} "
            "bytes). Set XDG_RUNTIME_DIR to a shorter folder.",
        )
    return path


def attach(
    client: str,
    *,
    features: tuple[str, ...] = (),
    start: bool = True,
    ask: str = "attach",
    force: bool = False,
    first: bytes = b"",
) -> "tuple[int, bytes, bytes] | None":
    """Connect and say hello: the socket's descriptor, the daemon's answer, and bytes that came behind it.

    `first` is what the client has to say already; it goes along with the hello, and again to a daemon that takes over.
    Starts the daemon when none runs and `start`; gives None when none runs otherwise. Raises `NotAttached`.
    """
    path = socket_path()
    deadline = time.monotonic() + START_S + ANSWER_S
    was_handed_over = False
    while True:
        connection = _connect(path) or (_start(path) if start else None)
        if connection is None:
            return None
        try:
            answer, rest = _greet(connection, client, features, ask, force, first)
        except BaseException:
            connection.close()
            raise
        if not answer:
            connection.close()
            if time.monotonic() > deadline or not start:
                raise NotAttached(
                    EXIT_NO_DAEMON,
                    "no_answer",
                    "The Casework daemon closed the connection without an answer, so this editor is not attached. "
                    "Try again; `casework daemon log` says more.",
                )
            time.sleep(0.05)
        elif answer.startswith(b'{"handover"') and not was_handed_over:
            was_handed_over = True
            _read_to_end(connection)
        elif answer.startswith((b'{"refused"', b'{"handover"')):
            connection.close()
            raise _refusal(answer)
        else:
            return connection.detach(), answer, rest


def pump(descriptor: int, rest: bytes) -> "tuple[int, str]":
    """Carry bytes both ways until one side ends: the exit code, and a sentence when there is something to say."""
    import _thread

    daemon = _socket.socket(fileno=descriptor)
    daemon.settimeout(None)
    _thread.start_new_thread(_carry_in, (daemon,))
    tail = rest
    try:
        _write(rest)
        while chunk := daemon.recv(CHUNK):
            tail = (tail + chunk)[-TAIL:] if len(chunk) < TAIL else chunk[-TAIL:]
            _write(chunk)
    except BrokenPipeError:
        return 1, ""
    except ConnectionResetError:
        pass
    return _last_words(tail)


def said_already() -> bytes:
    """What the editor has written by now, without waiting for it; nothing where that could not be asked in peace."""
    kind = os.fstat(0).st_mode
    if not (stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind)) or not os.get_blocking(0):
        return b""
    os.set_blocking(0, False)  # of this end alone; a terminal's would be the shell's too
    try:
        return os.read(0, CHUNK)
    except OSError:
        return b""
    finally:
        os.set_blocking(0, True)


def _carry_in(daemon: _socket.socket) -> None:
    try:
        while chunk := os.read(0, CHUNK):
            daemon.sendall(chunk)
    except OSError:
        pass
    try:
        daemon.shutdown(_socket.SHUT_WR)
    except OSError:
        pass


def _write(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


def _last_words(tail: bytes) -> "tuple[int, str]":
    """What the daemon said before it closed; when it said nothing it was killed."""
    at = tail.rfind(ENDED)
    if at >= 0:
        if tail.endswith(b',"sentence":""}}') and tail[at + len(ENDED) :].startswith(b'{"code":'):
            return int(tail[at + len(ENDED) + 8 : -16]), ""  # as nearly always; importing json takes 5 ms
        import json

        try:
            params = json.loads(tail[at:])["params"]
            return int(params["code"]), str(params["sentence"])
        except (ValueError, KeyError, TypeError):
            pass
    return EXIT_DAEMON_ENDED, (
        "The Casework daemon ended while this editor was attached: it was killed or it crashed. Nothing that it "
        "acknowledged is lost. Restart the language server in the editor and it is started anew; "
        "`casework daemon log` says more."
    )


def _connect(path: str) -> "_socket.socket | None":
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        connection.connect(path)
    except (FileNotFoundError, ConnectionRefusedError):
        connection.close()
        return None
    except OSError as error:
        connection.close()
        raise NotAttached(
            EXIT_NO_DAEMON,
            "can_not_connect",
            f"Casework's socket {path} can not be reached ({error.strerror}), so this editor is not attached. "
            "Remove what stands there and try again.",
        ) from error
    return connection


def _greet(
    connection: _socket.socket, client: str, features: "tuple[str, ...]", ask: str, force: bool, first: bytes
) -> "tuple[bytes, bytes]":
    """Say hello; the answer's body and what came behind it, both empty when the daemon hung up."""
    named = ",".join(f'"{feature}"' for feature in features)
    body = (
        f'{{"hello":{{"protocol":[{PROTOCOL[0]},{PROTOCOL[1]}],"build":"{BUILD}","client":"{client}",'
        f'"features":[{named}],"ask":"{ask}","force":{"true" if force else "false"}}}}}'
    ).encode()
    connection.settimeout(ANSWER_S)
    buffer = b""
    try:
        connection.sendall(b"Content-Length: %d\r\n\r\n%s%s" % (len(body), body, first))
        while True:
            head, found, rest = buffer.partition(b"\r\n\r\n")
            if found and len(rest) >= (length := int(head[len("Content-Length:") :])):
                return rest[:length], rest[length:]
            chunk = connection.recv(CHUNK)
            if not chunk:
                return b"", b""
            buffer += chunk
    except TimeoutError:
        raise NotAttached(
            EXIT_NO_DAEMON,
            "no_answer",
            f"The Casework daemon does not answer since {ANSWER_S:.0f} seconds, so this editor is not attached. "
            "End it with `casework daemon stop` and try again; `casework daemon log` says more.",
        ) from None
    except OSError:
        return b"", b""


def _read_to_end(connection: _socket.socket) -> None:
    try:
        while connection.recv(CHUNK):
            pass
    except OSError:
        pass
    connection.close()


def _refusal(answer: bytes) -> NotAttached:
    import json

    message = json.loads(answer)
    if "refused" in message:
        return NotAttached(EXIT_REFUSED, message["refused"]["code"], message["refused"]["sentence"])
    return NotAttached(
        EXIT_REFUSED,
        "old_daemon",
        f"The Casework daemon that starts here is {message['handover']['build']}, older than this client ({BUILD}), so "
        "it can not serve it. Install both from one version.",
    )


def _start(path: str) -> _socket.socket:
    """Start the daemon, one starter at a time, and connect to it. Raises `NotAttached` with what it said."""
    deadline = time.monotonic() + START_S
    lock = _lock_starting(os.path.dirname(path), deadline)
    try:
        connection = _connect(path)
        if connection is not None:
            return connection
        said = _spawn_and_listen(deadline)
        connection = _connect(path)
        if connection is not None:
            return connection
    finally:
        os.close(lock)
    sentence = said.decode(errors="replace").strip()
    if b"No module named" in said:
        sentence = (
            f"{sys.executable} has no Casework installed, so it can not start the daemon. Start the relay with the "
            f"Python that Casework was installed for. ({sentence})"
        )
    raise NotAttached(
        EXIT_NO_DAEMON,
        "daemon_not_started",
        sentence
        or "The Casework daemon did not start, so this editor is not attached. `casework daemon log` says more.",
    )


def _lock_starting(directory: str, deadline: float) -> int:
    """A lock that other starters wait for; the kernel lets go of it when we die."""
    import fcntl

    lock = os.open(directory + "/start.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    while time.monotonic() < deadline:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except OSError:
            time.sleep(0.01)
    return lock


def _spawn_and_listen(deadline: float) -> bytes:
    """Start a daemon that belongs to nobody's process tree; what it said until it listened or ended.

    It gets neither -I nor -S, because it needs the packages; -P and -E keep a repository's folder and a project's
    PYTHONPATH out of it. It detaches by itself: this process may have threads, and then must not fork.
    """
    import select

    reading, writing = os.pipe()
    try:
        child = os.posix_spawn(
            sys.executable,
            [sys.executable, "-P", "-E", "-m", "casework.daemon", "--detach"],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDWR, 0),
                (os.POSIX_SPAWN_DUP2, 0, 1),
                (os.POSIX_SPAWN_DUP2, writing, 2),
            ],
        )
    except OSError as error:
        os.close(reading)
        return (
            f"The Casework daemon could not be started with {sys.executable!r} ({error.strerror}). "
            "Let that program be run by you, or install Casework anew."
        ).encode(errors="replace")
    finally:
        os.close(writing)
    said = b""
    while (left := deadline - time.monotonic()) > 0 and select.select([reading], [], [], left)[0]:
        chunk = os.read(reading, CHUNK)
        if not chunk:
            break
        said += chunk
    os.close(reading)
    os.waitpid(child, os.WNOHANG)
    return said


def _is_own_folder(name: str) -> bool:
    if not name.startswith("/"):
        return False
    try:
        found = os.stat(name)
    except (OSError, ValueError):
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()


def _say(sentence: str) -> None:
    try:
        os.write(2, sentence.encode(errors="replace") + b"\n")
    except OSError:
        pass


def main(arguments: "list[str]") -> int:
    """Attach the editor on stdin and stdout until one side ends; the exit code."""
    if arguments not in ([], ["--stdio"]):
        _say("The relay takes no arguments but --stdio, which changes nothing: start it as `python -I -S relay.py`.")
        return EXIT_USAGE
    try:
        found = attach("relay", features=("ended",), first=said_already())
    except NotAttached as error:
        _say(error.sentence)
        return error.code
    except KeyboardInterrupt:
        return 130
    assert found is not None
    try:
        code, sentence = pump(found[0], found[2])
    except KeyboardInterrupt:
        return 130
    if sentence:
        _say(sentence)
    return code
