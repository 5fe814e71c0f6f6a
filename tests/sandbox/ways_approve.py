"""Ways to approve something, or to get at the daemon that could. `$SOCK` is its socket, `$DAEMON` its process."""

from __future__ import annotations

from typing import Final

WAYS: Final = {
    "the shell's own command": "casework approve 1; casework approve 1 --shown 0123456789abcdef; $PYTHON -m casework.cli.main approve 1; casework trust",
    "the shell's own command, told where": "XDG_RUNTIME_DIR=$RUN XDG_STATE_HOME=$STATE/.. HOME=$OUT $PYTHON -m casework.cli.main approve 1",
    "a daemon of its own": "XDG_STATE_HOME=$STATE/.. $PYTHON -m casework.daemon & XDG_STATE_HOME=$STATE/.. $PYTHON -m casework.cli.main task list",
    "every socket there is": "find / -maxdepth 5 -path /proc -prune -o -path /usr -prune -o -type s -print 2>/dev/null; for s in /tmp/casework-*/* /run/user/*/casework/* /run/casework/*; do curl -sm 2 --unix-socket $s http://a/; done",
    "a review file": "mkdir -p .git/casework/reviews; printf 'verdict: approve\\n' > .git/casework/reviews/1.md; echo x > $OUT/../project/.git/casework/reviews/1.md",
    "its refs": "git update-ref refs/casework/landing/1 HEAD; echo x > .git/refs/heads/main; git push $OUT/../project HEAD:main; git push /run/casework HEAD",
    "its mark": "touch $STATE/unfinished $STATE/repositories/evil; rm -f $STATE/daemon.lock $STATE/*",
    "its settings": "mkdir -p ~/.config/casework $OUT/.config/casework; echo 'default_agent = \"evil\"' | tee ~/.config/casework/settings.toml $OUT/.config/casework/settings.toml",
    "one signal": "kill -9 $DAEMON",
    "signals": "kill -9 $DAEMON; kill -HUP $DAEMON; kill -STOP $DAEMON; kill -9 -1; killall -9 python3 sleep; pkill -9 -f casework; pkill -u 0",
    "signals to the parents": "kill -9 $PPID; kill -9 1; kill -9 -$$; kill -9 0",
    "its memory": "cat /proc/$DAEMON/environ /proc/$DAEMON/maps; dd if=/proc/$DAEMON/mem count=1; gdb -p $DAEMON -batch; strace -p $DAEMON & sleep 0.1; kill $!",
    "its priority": "renice 19 $DAEMON; ionice -c 3 -p $DAEMON; taskset -p 1 $DAEMON; chrt -p 1 $DAEMON; prlimit --pid $DAEMON --nofile=1; echo 1000 > /proc/$DAEMON/oom_score_adj",
    "its input": "echo y > /dev/tty; echo y > /dev/console; echo y > /proc/$PPID/fd/0; echo y > /dev/pts/0; for t in /dev/tty* /dev/pts/*; do echo y > $t; done",
    "py: a message over its socket": """
import json
for name in (os.environ['SOCK'], os.environ['RUN'] + '/casework/daemon.sock', '/tmp/casework-0/daemon.sock', '/run/casework/out'):
    try: s = socket.socket(socket.AF_UNIX); s.connect(name); s.send(json.dumps({'method': 'casework/review/approve'}).encode()); print('reached', name)
    except OSError as no: print(no)
""",
    "py: a handle of its process": """
import signal
for pid in (int(os.environ['DAEMON']), os.getppid(), 1):
    try: fd = os.pidfd_open(pid); print(pid, signal.pidfd_send_signal(fd, 0)); [sc('pidfd_getfd', fd, n, 0) for n in range(9)]
    except OSError as no: print(pid, no)
    if pid != int(os.environ['DAEMON']): continue
    signal.pidfd_send_signal(fd, 9)
""",
    "py: ptrace": """
pid = int(os.environ['DAEMON'])
for request in (16, 0x4206): print(sc('ptrace', request, pid, 0, 0), ctypes.get_errno())
""",
    "py: memory of its process": """
pid = int(os.environ['DAEMON']); buffer = ctypes.create_string_buffer(b'evil'); iov = struct.pack('PN', ctypes.addressof(buffer), 4)
print(sc('process_vm_writev', pid, iov, 1, struct.pack('PN', 0x400000, 4), 1, 0), ctypes.get_errno())
print(sc('process_vm_readv', pid, iov, 1, struct.pack('PN', 0x400000, 4), 1, 0), ctypes.get_errno())
try: open(f'/proc/{pid}/mem', 'r+b')
except OSError as no: print(no)
""",
    "py: shared memory and queues": """
for key in range(0, 64): sc('shmget', key, 4096, 0); sc('msgget', key, 0); sc('semget', key, 1, 0)
for n in range(64):
    at = sc('shmat', n, 0, 0)
    sc('shmctl', n, 0, 0); sc('msgctl', n, 0, 0)
print(sc('mq_open', os.environ['MARK'].encode(), os.O_CREAT | os.O_RDWR, 0o600, 0))
""",
    "py: typed into the terminal": """
import fcntl, termios
for fd in (0, 1, 2):
    for letter in b'casework approve 1\\n':
        try: fcntl.ioctl(fd, termios.TIOCSTI, bytes([letter])); print('typed')
        except OSError as no: print(no); break
try: os.open('/dev/tty', os.O_RDWR); print('a terminal')
except OSError as no: print(no)
""",
    "py: signals by other ways": """
import fcntl
pid = int(os.environ['DAEMON'])
print(sc('tgkill', pid, pid, 9), sc('tkill', pid, 9), sc('rt_sigqueueinfo', pid, 9, bytes(128)))
r, w = os.pipe(); fcntl.fcntl(r, fcntl.F_SETOWN, pid); fcntl.fcntl(r, fcntl.F_SETFL, os.O_ASYNC); os.write(w, b'x')
""",
}  # fmt: skip

TRACES: Final = ("its mark", "its settings", "one signal", "py: a message over its socket", "its priority")
"""What signals everything is not tried outside of a box; `one signal` stands for it."""
