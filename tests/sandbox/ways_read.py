"""Ways to read what is none of a box's business. Each secret has a canary in it, which must be heard nowhere."""

from __future__ import annotations

from typing import Final

_SECRETS: Final = (
    ".ssh/id_ed25519", ".aws/credentials", ".netrc", ".git-credentials", ".config/gh/hosts.yml", ".docker/config.json",
    ".npmrc", ".pypirc", ".kube/config", ".gnupg/secring", ".bash_history", ".config/casework/settings.toml",
)  # fmt: skip

WAYS: Final = {
    **{f"cat {name}": f"cat $OUT/{name}" for name in _SECRETS},
    "the state of the daemon": "cat $STATE/journal.sqlite3 $STATE/log/daemon.log; ls -R $STATE; strings $STATE/*",
    "another worktree": "cat $OTHER/note $OTHER/../other/note",
    "what the user has not committed": "cat draft.txt .env; cat $TOP/draft.txt; cat ../project/.env; git stash show -p",
    "everything below the root": "grep -rsI CANARY / --exclude-dir=proc --exclude-dir=usr --exclude-dir=sys --exclude-dir=lib",
    "by name": "find / -xdev \\( -name 'id_*' -o -name .netrc -o -name '*.sqlite3' \\) -exec cat {} \\; 2>/dev/null",
    "copied in": "cp -r $OUT/.ssh stolen; cp $OUT/.netrc stolen2; tar -cf stolen.tar $OUT; ln $OUT/.netrc stolen3",
    "linked in": "ln -s $OUT home; cat home/.netrc home/.ssh/*; cat < home/.netrc",
    "linked through proc": "ln -s /proc/1/root$OUT home; cat home/.netrc; cat /proc/self/root$OUT/.netrc",
    "redirected": "while read line; do echo $line; done < $OUT/.netrc; dd if=$OUT/.netrc; head -c 99 $OUT/.netrc",
    "encoded": "base64 $OUT/.netrc; od -c $OUT/.netrc; gzip -c $OUT/.netrc | base64; rev $OUT/.netrc",
    "sourced": ". $OUT/.bashrc; . $OUT/.netrc; sh $OUT/.netrc; set -x; . $OUT/.ssh/id_ed25519",
    "other interpreters": "perl -ne print $OUT/.netrc; awk 1 $OUT/.netrc; sed p $OUT/.netrc; python3 $OUT/.netrc",
    "complaints of programs": "git config --file $OUT/.netrc -l; awk -f $OUT/.netrc; make -f $OUT/.netrc; tar -tf $OUT/.netrc",
    "git compares": "git diff --no-index /dev/null $OUT/.netrc; git grep --no-index CANARY $OUT; git blame --contents $OUT/.netrc pay.py",
    "git includes": "git -c include.path=$OUT/.gitconfig config -l; GIT_CONFIG_GLOBAL=$OUT/.gitconfig git config -l; git config --global -l; git config --system -l",
    "git clones the user's": "git clone file://$TOP c1; git clone $OUT/../project c2; git --git-dir=$OUT/../project/.git config -l; git remote -v",
    "git's credentials": "printf 'protocol=https\\nhost=example.org\\n\\n' | git credential fill; git config --get-all credential.helper",
    "an editor": "printf '1,$p\\nq\\n' | ed -s $OUT/.netrc; ex -s +%p +q! $OUT/.netrc",
    "curl": "curl -s file://$OUT/.netrc; wget -qO- file://$OUT/.netrc; curl -nsv http://127.0.0.1:$TCP4/",
    "variables": "env; set; printenv AWS_SECRET_ACCESS_KEY ANTHROPIC_API_KEY; export -p; cat /proc/self/environ",
    "variables of others": "cat /proc/*/environ /proc/*/task/*/environ 2>/dev/null | tr '\\0' '\\n'; ps auxeww",
    "command lines of others": "cat /proc/*/cmdline | tr '\\0' ' '; ps -ef; ls -l /proc/*/exe /proc/*/cwd",
    "files of others": "cat /proc/*/fd/* 2>/dev/null < /dev/null & sleep 0.2; kill $!; ls -l /proc/*/fd; cat /proc/1/root$OUT/.netrc",
    "maps and memory of others": "cat /proc/[0-9]*/maps; for p in /proc/[0-9]*; do grep -a CANARY $p/mem; done; cat /proc/1/stack",
    "accounts": "cat /etc/shadow /etc/gshadow /etc/shadow- /etc/sudoers; getent shadow root; cat /etc/ssl/private/*",
    "homes": "ls -la /root /home /home/*; cat ~root/.*; cat ~root/.bashrc; ls /var/lib /srv /mnt /media /opt",
    "kernel and disks": "dmesg; cat /dev/kmsg /proc/kmsg; dd if=/dev/mem count=1; dd if=/dev/kmem count=1; dd if=/proc/kcore count=1; "
    "dd if=/dev/vda bs=1M count=1 | grep -a CANARY; dd if=/dev/sda count=1; ls /dev/disk /sys",
    "other users": "sudo -n cat $OUT/.netrc; su root -c 'cat /etc/shadow'; pkexec cat /etc/shadow; doas cat /etc/shadow; runuser -u root id",
    "agents of keys": "ssh-add -l; gpg --list-secret-keys; ls /run/user; echo $SSH_AUTH_SOCK $DBUS_SESSION_BUS_ADDRESS; secret-tool search a b",
    "the clipboard and the screen": "xclip -o; wl-paste; xwd -root; cat /dev/fb0 /dev/vcs; ls /tmp/.X11-unix; cat /dev/input/*",
    "containers": "ls /var/run/docker.sock /run/containerd; docker ps; cat /.dockerenv /run/secrets/*; cat /var/lib/docker/*",
    "logs and mail": "cat /var/log/* /var/mail/* /var/spool/cron/*; journalctl -n 5; last; lastlog",
    "py: every way to open": """
import mmap
name = os.environ['OUT'] + '/.netrc'
for act in (lambda: open(name).read(), lambda: os.read(os.open(name, os.O_RDONLY), 99), lambda: os.listdir(os.environ['OUT']),
            lambda: os.readlink(os.environ['OUT'] + '/link'), lambda: os.open(name, os.O_PATH), lambda: os.scandir(os.environ['STATE'])):
    try: print(act())
    except OSError as no: print(no.strerror)
""",
    "py: every handle": """
for fd in range(3, 256):
    try: print(fd, os.readlink(f'/proc/self/fd/{fd}'), os.pread(fd, 999, 0))
    except OSError: pass
    for up in range(12):
        try: print(os.read(os.open('../' * up + os.environ['OUT'][1:] + '/.netrc', os.O_RDONLY, dir_fd=fd), 99))
        except OSError: pass
""",
    "py: handles of the first process": """
for pid in (1, 2, os.getppid()):
    p = os.pidfd_open(pid)
    for fd in range(64):
        got = sc('pidfd_getfd', p, fd, 0)
        if got >= 0:
            try: print(pid, fd, os.readlink(f'/proc/self/fd/{got}'), os.pread(got, 99, 0))
            except OSError as no: print(no)
""",
    "py: by a file's handle": """
buffer = ctypes.create_string_buffer(struct.pack('Ii', 128, 0) + bytes(128)); mount = ctypes.c_int()
for name in (b'/usr', b'.', b'/run/casework/objects'):
    print(sc('name_to_handle_at', -100, name, buffer, ctypes.byref(mount), 0))
    here = os.open(name, os.O_RDONLY)
    fd = sc('open_by_handle_at', here, buffer, os.O_RDONLY)
    print(fd)
    for inode in (2, 11, 12):
        root = ctypes.create_string_buffer(struct.pack('IiII', 8, 1, inode, 0))
        fd = sc('open_by_handle_at', here, root, os.O_RDONLY)
        if fd >= 0: print(os.listdir(fd), os.read(os.open(os.environ['OUT'][1:] + '/.netrc', os.O_RDONLY, dir_fd=fd), 99))
""",
    "py: keys of the kernel": """
for ring in (-1, -2, -3, -4, -5):
    print(ring, sc('keyctl', 0, ring, 0))
buffer = ctypes.create_string_buffer(4096)
for ring in (-3, -4, -5):
    print(sc('keyctl', 11, ring, buffer, 4096), buffer.raw[:64])
print(sc('request_key', b'user', b'casework-canary', b'', -3))
print(open('/proc/keys').read())
""",
}  # fmt: skip

TRACES: Final = (
    "cat .netrc", "the state of the daemon", "another worktree", "copied in", "linked in", "redirected", "git compares",
    "variables", "curl", "py: every way to open",
)  # fmt: skip
