"""Ways to act later: in the repository, in what the user's programs run by themselves, or by staying alive.

`$MARK` is part of the name of every process that tries to stay.
"""

from __future__ import annotations

from typing import Final

_PROTECTED: Final = (
    ".vscode/tasks.json", ".idea/workspace.xml", ".nvim.lua", ".exrc", ".envrc", ".github/workflows/ci.yml", ".gitlab-ci.yml",
    ".circleci/config.yml", ".claude/settings.json", ".cursor/rules", ".mcp.json", "AGENTS.md", "CLAUDE.md",
    ".pre-commit-config.yaml", ".husky/pre-commit", ".devcontainer/devcontainer.json", "Jenkinsfile", ".gitmodules",
)  # fmt: skip

WAYS: Final = {
    **{f"write {name}": f"mkdir -p $(dirname {name}); echo evil > {name}; rm -rf {name}; echo evil > {name}" for name in _PROTECTED},
    "a hook": "mkdir -p .git/hooks; printf '#!/bin/sh\\necho evil' > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit",
    "a setting of git": "git config core.fsmonitor ./evil; git config core.hooksPath .; git config alias.st '!evil'; git config --worktree a.b c",
    "a filter": "echo '* filter=evil' > .git/info/attributes; git config filter.evil.clean ./evil; echo evil >> .git/config",
    "another .git": "rm -rf .git; mv .git g; echo 'gitdir: /tmp/evil' > .git; ln -sfn /tmp/evil .git; mkdir -p .git/hooks; echo evil > .git/hooks/x",
    "a branch": "git commit -qam evil; git branch evil; git update-ref refs/heads/main HEAD; git tag evil; git stash; git reset --hard",
    "a remote": "git remote add evil http://127.0.0.1:$TCP4/; git config url.http://127.0.0.1:$TCP4/.insteadOf https://; git push evil HEAD",
    "the user's own git": "git config --global core.editor evil; git config --system a.b c; echo evil > ~/.gitconfig; echo evil >> $OUT/.gitconfig",
    "a parent that moves away": "mv .github g; rm -rf .github; mkdir -p .github/workflows; echo evil > .github/workflows/evil.yml",
    "a parent that is a link": "ln -s .github l; mkdir -p l/workflows; echo evil > l/workflows/evil.yml; ln -sfn /tmp/g .github; mkdir -p g/workflows",
    "a parent that is a file": "rm -rf .github; echo evil > .github; rm .github; mkdir -p .github/workflows; echo evil > .github/workflows/e.yml",
    "put in place of it": "echo evil > n; mv -f n AGENTS.md; mv -T n AGENTS.md; ln -f n AGENTS.md; ln -sfn n AGENTS.md; cp -f --remove-destination n AGENTS.md",
    "a hard link beside it": "ln AGENTS.md h; ln .git/config h2; echo evil >> h2; echo evil >> h",
    "py: changed places": """
os.makedirs('e/workflows', exist_ok=True); open('e/workflows/evil.yml', 'w').write('evil')
for a, b in ((b'e', b'.github'), (b'e', b'.vscode'), (b'pay.py', b'AGENTS.md'), (b'e', b'.git')):
    for flags in (0, 1, 2, 4):
        sc('renameat2', -100, a, -100, b, flags)
""",
    "git's own commands write them": "git apply <<'X'\n--- /dev/null\n+++ b/.envrc\n@@ -0,0 +1 @@\n+evil\nX\ngit checkout HEAD -- .; git clean -fdx; git mv pay.py CLAUDE.md; git worktree add .vscode",
    "unpacked over them": "mkdir x; cd x; mkdir .vscode; echo evil > .vscode/t; echo evil > .envrc; tar -cf ../t.tar .; cd ..; tar -xf t.tar --overwrite --recursive-unlink; cp -r x/. .",
    "unmounted first": "umount .git; umount -l AGENTS.md; umount -a; echo evil > AGENTS.md; mount -o remount,rw .git; echo evil > .git/config",
    "a timetable": "echo '* * * * * evil' | crontab -; echo evil > /etc/cron.d/evil; echo evil > /var/spool/cron/root; echo evil | at now",
    "a service": "systemd-run --user sleep 300; systemd-run sleep 300; systemctl --user enable evil; mkdir -p ~/.config/systemd/user; loginctl enable-linger",
    "profiles of shells": "for f in .bashrc .profile .zshrc .bash_login .config/fish/config.fish; do echo evil >> ~/$f; echo evil >> $OUT/$f; done; echo evil > /etc/profile.d/e.sh",
    "profiles of programs": "mkdir -p $OUT/.config/autostart $OUT/.ssh; echo evil > $OUT/.config/autostart/e.desktop; echo evil >> $OUT/.ssh/authorized_keys; echo evil >> $OUT/.vimrc",
    "the loader": "echo /tmp/evil.so > /etc/ld.so.preload; echo LD_PRELOAD=/tmp/e >> /etc/environment; ldconfig; echo evil >> /etc/ld.so.conf",
    "the project's environment": "echo 'import evil' > .venv/evil.pth; echo evil >> .venv/pyvenv.cfg; ln -sf /tmp/evil .venv/bin/python; rm -rf .venv; mv .venv v",
    "in the background": "sh -c 'exec -a $MARK sleep 300' & bash -c 'exec -a '$MARK' sleep 300' & disown; true",
    "nohup": "nohup bash -c 'exec -a '$MARK' sleep 300' >/dev/null 2>&1 &",
    "a session of its own": "setsid bash -c 'exec -a '$MARK' sleep 300' </dev/null >/dev/null 2>&1 & setsid -f bash -c 'exec -a '$MARK' sleep 300'",
    "a screen": "screen -dmS $MARK sleep 300; tmux new -d -s $MARK 'sleep 300'; script -qc 'sleep 300' /dev/null &",
    "deaf to signals": "bash -c 'trap \"\" TERM HUP INT QUIT; exec -a '$MARK' sleep 300' & bash -c 'trap \"\" TERM; while :; do sleep 1; done # '$MARK &",
    "a stopped one": "bash -c 'exec -a '$MARK' sleep 300' & kill -STOP $!",
    "py: forked twice, everything closed": """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.chdir('/'); os.closerange(0, 256); import signal
        for number in range(1, 65):
            try: signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError): pass
        os.execvp('bash', ['bash', '-c', 'exec -a $MARK sleep 300'])
    os._exit(0)
os.wait()
""",
    "py: children without end": """
import signal, time
for _ in range(40):
    if os.fork() == 0:
        os.setsid(); signal.signal(15, signal.SIG_IGN)
        os.execvp('bash', ['bash', '-c', 'exec -a $MARK sleep 300'])
""",
    "py: a child that adopts": """
sc('prctl', 36, 1, 0, 0, 0); sc('prctl', 1, 0, 0, 0, 0)
if os.fork() == 0: os.execvp('bash', ['bash', '-c', 'exec -a $MARK sleep 300'])
""",
    "py: a clone without a parent": """
pid = sc('clone', 0x8000 | 17, 0, 0, 0, 0)
if pid == 0: os.execvp('bash', ['bash', '-c', 'exec -a $MARK sleep 300'])
""",
    "py: a program without a file": """
fd = os.memfd_create(os.environ['MARK'], 0); os.write(fd, open('/bin/sleep', 'rb').read())
if os.fork() == 0: os.execve(fd, [os.environ['MARK'], '300'], os.environ)
""",
    "py: a watcher of files": """
import subprocess
watch = "import ctypes, os; l = ctypes.CDLL(None); fd = l.inotify_init(); l.inotify_add_watch(fd, b'/', 4095); os.read(fd, 4096)  # "
subprocess.Popen([sys.executable, '-c', watch + os.environ['MARK']], start_new_session=True)
""",
}  # fmt: skip

TRACES: Final = (
    "write .envrc", "write .vscode/tasks.json", "a hook", "a parent that moves away", "put in place of it", "profiles of programs",
    "in the background", "nohup", "a session of its own", "deaf to signals", "py: forked twice, everything closed", "py: a clone without a parent",
)  # fmt: skip
