"""Ways out of a box: the kernel's doors, programs that are privileged, and what a project runs by itself.

Each script of a shell is followed by a try to write `$OUT/new` and to read `$OUT/.netrc`. What would change the machine
if it came through sets what is set already, and says "became": a hole must not cost whoever runs the tests their clock.
"""

from __future__ import annotations

from typing import Final

_EVIL: Final = "echo x > $OUT/new; cat $OUT/.netrc"
_NAMESPACES: Final = {"user": 0x10000000, "mount": 0x20000, "pid": 0x20000000, "net": 0x40000000, "uts": 0x4000000, "ipc": 0x8000000,
                      "cgroup": 0x2000000, "time": 0x80}  # fmt: skip

WAYS: Final = {
    **{f"py: a new {name} namespace": f"print(sc('unshare', {flag}), sc('unshare', {flag | 0x10000000}), ctypes.get_errno())" for name, flag in _NAMESPACES.items()},
    "unshare": "unshare -Ur sh -c 'mount -t tmpfs x /mnt; id'; unshare -m true; unshare -Urmpf --mount-proc true; unshare -n true",
    "another box": "bwrap --dev-bind / / cat $OUT/.netrc; bwrap --unshare-user --bind / / true; podman run x; docker run -v /:/h x cat /h$OUT/.netrc",
    "nsenter": "nsenter -t 1 -a cat $OUT/.netrc; nsenter -t $DAEMON -m -p cat $OUT/.netrc; for p in /proc/[0-9]*; do nsenter --mount=$p/ns/mnt cat $OUT/.netrc; done",
    "chroot": "chroot / cat $OUT/.netrc; chroot /proc/1/root cat $OUT/.netrc; chroot /proc/1/cwd/../../.. cat $OUT/.netrc; mkdir r; chroot r /bin/sh",
    "mount": "mount -t tmpfs x /mnt; mount --bind / /mnt; mount -t proc p /proc; mount -t sysfs s /sys; mount /dev/vda /mnt; mount -t overlay -o lowerdir=/,upperdir=.,workdir=. o /mnt; mount -o remount,rw /; mount -o remount,rw /usr",
    "unmount": "umount -l /proc; umount /; umount -l /tmp; umount -a -l; umount $TOP/.git; umount /usr; ls -la /",
    "the first process's root": "ls /proc/1/root/ /proc/1/cwd; cat /proc/1/root$OUT/.netrc; cat /proc/1/root/../$OUT/.netrc; ls /oldroot /newroot /proc/1/root/oldroot",
    "settings of the kernel": "for n in core_pattern modprobe hostname domainname sysrq pid_max; do v=$(cat /proc/sys/kernel/$n); echo \"$v\" > /proc/sys/kernel/$n && echo became kernel; sysctl -w kernel.$n=\"$v\" && echo became kernel; done",
    "more settings": "for f in $(find /proc/sys -type f 2>/dev/null | head -3000); do [ -w $f ] && { v=$(cat $f 2>/dev/null); echo \"$v\" > $f && echo wrote $f; }; done",
    "the magic key": "echo h > /proc/sysrq-trigger; echo 1 > /proc/sys/kernel/sysrq; echo 3 > /proc/sys/vm/drop_caches",
    "helpers of the kernel": "echo /tmp/evil > /sys/kernel/uevent_helper; echo ':e:M::x::/bin/sh:' > /proc/sys/fs/binfmt_misc/register; cat /sys/kernel/notes; ls /sys/fs/cgroup /sys/kernel/debug",
    "control groups": "mkdir -p c; mount -t cgroup -o rdma c c; mount -t cgroup2 c c; echo evil > /sys/fs/cgroup/release_agent; echo 0 > /sys/fs/cgroup/cgroup.procs; cat /proc/self/cgroup",
    "the killer's choice": "echo -1000 > /proc/self/oom_score_adj; echo 1000 > /proc/$DAEMON/oom_score_adj; choom -n -1000 -p $$",
    "programs with the set-uid bit": "find / -xdev -perm /6000 -type f 2>/dev/null | head; for p in su sudo mount umount passwd chsh newgrp newuidmap pkexec fusermount3 ssh-keysign; do timeout 2 $p </dev/null; done; su -c id; newuidmap $$ 0 0 1",
    "a set-uid program of its own": "cp /bin/sh s; chmod 4755 s; ./s -p -c 'id; cat /etc/shadow'; chown 0:0 s; setcap all+ep s; ./s -c id",
    "modules and other kernels": "insmod evil.ko; modprobe -n dummy; kexec -p /boot/none; reboot -w; swapon /dev/zero; losetup -f t; cat /lib/modules/*/modules.dep | head -1",
    "clocks and names": "date -s \"@$(date +%s)\" > t && echo became master of time; hostname \"$(hostname)\" && echo became host; hwclock -w && echo became clock",
    "disks": "ls -l /dev; debugfs -R 'cat /etc/shadow' /dev/vda; dd if=/dev/vda count=1; mknod v b 254 0; cat v; fdisk -l; blkid; losetup",
    "files of the kernel": "cat /proc/kallsyms | head -1; cat /proc/kcore | head -c 1; cat /proc/kpageflags | head -c 1; cat /proc/timer_list | head -1; cat /proc/slabinfo; echo x > /proc/self/uid_map; echo deny > /proc/self/setgroups",
    "symlinks of proc": "for l in exe cwd root fd/0 fd/1 fd/2 ns/mnt ns/pid; do readlink /proc/1/$l /proc/self/$l; done; cd /proc/self/cwd/..; pwd; cat ./$OUT/.netrc",
    "awk and friends": "awk 'BEGIN { system(\"cat $OUT/.netrc; echo x > $OUT/new\") }'; perl -e 'exec \"cat $ENV{OUT}/.netrc\"'; find . -maxdepth 0 -exec cat $OUT/.netrc \\;; env sh -c 'cat $OUT/.netrc'; vim -es '+!cat $OUT/.netrc' +q",
    "git runs programs": f"printf '#!/bin/sh\\n{_EVIL}\\n' > evil; chmod +x evil; git -c core.fsmonitor=./evil status; git -c core.pager=./evil -p log; git -c diff.external=./evil diff HEAD; git -c alias.e='!./evil' e; GIT_SSH=./evil git fetch ssh://x/y; GIT_EXTERNAL_DIFF=./evil git diff HEAD~1",
    "git runs a filter": f"printf '#!/bin/sh\\n{_EVIL}\\ncat' > evil; chmod +x evil; echo '*.py filter=e diff=e' > .gitattributes; git -c filter.e.clean=./evil -c filter.e.smudge=./evil -c diff.e.textconv=./evil diff; git -c filter.e.clean=./evil add -A",
    "a makefile": f"printf 'all:\\n\\t{_EVIL}\\n' > Makefile; make; make SHELL=/bin/bash",
    "a package": "printf '{\"scripts\":{\"test\":\"echo x > $OUT/new; cat $OUT/.netrc\"}}' > package.json; npm test; npm run test; node -e 'require(\"fs\").writeFileSync(process.env.OUT+\"/new\",\"x\")'",
    "another build": "printf '[tox]\\n[testenv]\\ncommands = sh -c \"echo x > $OUT/new\"\\n' > tox.ini; tox; printf 'fn main(){}' > build.rs; cargo build; printf 'all:; sh -c \"cat $OUT/.netrc\"' > GNUmakefile; make",
    "py: the project's tests": """
import subprocess
open('conftest.py', 'w').write("import os\\ntry: print(open(os.environ['OUT'] + '/.netrc').read())\\nexcept OSError as no: print(no)\\nopen(os.environ['OUT'] + '/new', 'w').write('x')\\n")
open('test_x.py', 'w').write('def test_x(): import conftest\\n')
subprocess.run([sys.executable, '-m', 'pytest', '-s', '-p', 'no:cacheprovider']); subprocess.run([sys.executable, 'conftest.py'])
""",
    "py: the project's setup": """
import subprocess
open('setup.py', 'w').write("import os\\nprint(open(os.environ['OUT'] + '/.netrc').read())\\n")
open('pyproject.toml', 'w').write('[build-system]\\nrequires = []\\nbuild-backend = "evil"\\nbackend-path = ["."]\\n')
open('evil.py', 'w').write("import os\\nopen(os.environ['OUT'] + '/new', 'w').write('x')\\n")
subprocess.run([sys.executable, 'setup.py', 'install']); subprocess.run([sys.executable, '-m', 'pip', 'install', '--no-index', '--no-build-isolation', '-e', '.'], timeout=20)
""",
    "py: setns": """
import glob
for name in glob.glob('/proc/[0-9]*/ns/*'):
    try: print(name, sc('setns', os.open(name, os.O_RDONLY), 0), ctypes.get_errno())
    except OSError as no: print(no)
""",
    "py: the new calls to mount": """
fs = sc('fsopen', b'tmpfs', 0); print(fs, ctypes.get_errno())
tree = sc('open_tree', -100, b'/', 1); print(tree, ctypes.get_errno())
print(sc('move_mount', tree, b'', -100, b'/mnt', 4), sc('mount_setattr', -100, b'/', 0x8000, struct.pack('QQQQ', 0, 1, 0, 0), 32), ctypes.get_errno())
print(sc('pivot_root', b'.', b'.'), sc('chroot', b'.'), sc('umount2', b'/proc', 2), sc('mount', b'x', b'/mnt', b'tmpfs', 0, 0))
""",
    "py: chroot and climb": """
os.makedirs('r', exist_ok=True); here = os.open('.', os.O_RDONLY)
try: os.chroot('r')
except OSError as no: print(no)
os.fchdir(here)
for _ in range(20): os.chdir('..')
""",
    "py: identities": """
for act in (lambda: os.setuid(0), lambda: os.setgid(0), lambda: os.setresuid(0, 0, 0), lambda: os.setgroups([0]), lambda: os.seteuid(65534)):
    try: act(); print('became', os.getresuid())
    except OSError as no: print(no)
print(sc('capset', struct.pack('II', 0x20080522, 0), struct.pack('IIIIII', 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff)), sc('prctl', 47, 2, 21, 0, 0), sc('prctl', 8, 1, 0, 0, 0))
""",
    "py: the first process and the parent": """
for pid in (1, 2, os.getppid()):
    print(pid, sc('ptrace', 0x4206, pid, 0, 0), ctypes.get_errno())
    try: print(open(f'/proc/{pid}/mem', 'r+b'))
    except OSError as no: print(no)
    for name in ('root', 'cwd'):
        try: print(os.listdir(f'/proc/{pid}/{name}/')); print(open(f'/proc/{pid}/{name}' + os.environ['OUT'] + '/.netrc').read())
        except OSError as no: print(no)
""",
    "py: programs for the kernel": "print(sc('bpf', 0, bytes(128), 128), sc('bpf', 5, bytes(128), 128), sc('perf_event_open', bytes(128), -1, 0, -1, 0), sc('userfaultfd', 0), ctypes.get_errno())",
    "py: the kernel itself": "print(sc('init_module', b'', 0, b''), sc('finit_module', 0, b'', 0), sc('kexec_load', 0, 0, 0, 0), sc('reboot', 0xfee1dead, 672274793, 0, 0), sc('swapon', b'/dev/zero', 0), sc('syslog', 3, ctypes.create_string_buffer(99), 99), sc('iopl', 3), sc('ioperm', 0, 8, 1), sc('acct', b'x'), sc('quotactl', 0, 0, 0, 0), ctypes.get_errno())",
    "py: clocks and names": "import time; now = struct.pack('qq', int(time.time()), 0); name = socket.gethostname().encode(); print(*[f'\\nbecame {n}\\n' for n, r in (('host', sc('sethostname', name, len(name))), ('time', sc('settimeofday', now, 0)), ('clock', sc('clock_settime', 0, now))) if r == 0])",
    "py: keys for later": "print(sc('add_key', b'user', b'casework-evil', b'evil', 4, -4), sc('add_key', b'user', b'casework-evil', b'evil', 4, -3), sc('keyctl', 1, 0), ctypes.get_errno())",
    "py: a program from memory": """
fd = os.memfd_create('x'); os.write(fd, open('/bin/cat', 'rb').read())
if os.fork() == 0: os.execve(fd, ['cat', os.environ['OUT'] + '/.netrc'], os.environ)
os.wait()
""",
    "py: 32-bit calls": """
import mmap
code = mmap.mmap(-1, 4096, prot=7); code.write(bytes.fromhex('53b814000000cd805bc3'))  # getpid by int 0x80
call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
print(call())
""",
    "py: ioctls of terminals": """
import fcntl
for fd in (0, 1, 2):
    for number in (0x5412, 0x541C, 0x541D, 0x540E):
        try: print(fcntl.ioctl(fd, number, b'\\3'))
        except OSError as no: print(no)
""",
    "py: links that swap": """
import threading
def swap():
    for _ in range(300):
        try: os.symlink(os.environ['OUT'], 'x'); os.unlink('x'); os.mkdir('x'); os.rmdir('x')
        except OSError: pass
t = threading.Thread(target=swap); t.start()
for _ in range(300):
    for act in (lambda: open('x/.netrc').read(), lambda: open('x/new', 'w')):
        try: print(act())
        except OSError: pass
t.join()
""",
    "py: quotas of the machine": "import resource\nfor name in range(16):\n    try: resource.setrlimit(name, (-1, -1)); print('raised', name)\n    except (OSError, ValueError) as no: print(no)\nfor act in (lambda: os.nice(-20), lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(99))):\n    try: act(); print('first')\n    except OSError as no: print(no)",
    "py: devices": """
for name in ('/dev/mem', '/dev/kvm', '/dev/fuse', '/dev/loop-control', '/dev/net/tun', '/dev/vda', '/dev/vsock', '/dev/uinput', '/dev/dri/card0', '/dev/snd', '/dev/port'):
    try: print('opened', os.open(name, os.O_RDWR))
    except OSError as no: print(name, no)
for number in (0x101, 0x102, 0xfe00, 0xae8, 0x700):
    try: os.mknod(f'n{number}', 0o20600, number); print('made', os.open(f'n{number}', os.O_RDONLY))
    except OSError as no: print(no)
""",
}  # fmt: skip

TRACES: Final = (
    "awk and friends",
    "git runs programs",
    "git runs a filter",
    "a makefile",
    "py: the project's tests",
    "py: a program from memory",
)
