"""Ways to write outside of a box. `py:` begins a program of Python, everything else is for `/bin/sh`.

Variables name what is outside: `$OUT` the user's home, `$OTHER` another worktree, `$TOP` the user's own work tree (in the
box the run's worktree stands there), `$STATE` and `$SOCK` of the daemon, `$MARK` a name that must appear nowhere.
"""

from __future__ import annotations

from typing import Final

WAYS: Final = {
    "redirect": "echo x > $OUT/new",
    "append to the shell's profile": "echo evil >> $OUT/.bashrc",
    "make the folders first": "mkdir -p $OUT/a/b $OTHER/a && echo x > $OUT/a/b/c",
    "copy": "cp /etc/hosts $OTHER/new",
    "move a file out": "echo x > here; mv here $OTHER/new",
    "move a folder out": "mkdir d; echo x > d/f; mv d $OUT/d",
    "a link to a folder": "ln -s $OUT link; echo x > link/new",
    "a link to a file": "ln -s $OUT/.bashrc link; echo evil >> link",
    "a chain of links": "ln -s $OUT a; ln -s a b; ln -s b c; echo x > c/new; rm -rf c/.ssh",
    "a link through proc": "ln -s /proc/self/root$OUT link; echo x > link/new",
    "a hard link": "ln $OUT/.bashrc hard; echo evil >> hard",
    "a hard link to a link": "ln -s $OUT/.bashrc s; ln s hard; echo evil >> hard",
    "dots": "echo x > ../new; echo x > ../../new; echo x > ../home/new; echo x > ../other/new",
    "many dots": "echo x > ../../../../../../../../../..$OUT/new",
    "dd": "dd if=/etc/hosts of=$OUT/new; dd if=/etc/hosts of=$OUT/.bashrc conv=notrunc",
    "tee": "echo evil | tee -a $OUT/.bashrc $OTHER/new",
    "sed in place": "sed -i s/password/evil/ $OUT/.bashrc $TOP/draft.txt $OTHER/note",
    "truncate": "truncate -s 0 $OUT/.bashrc $OTHER/note",
    "remove": "rm -rf $OUT $OTHER $STATE; rm -f $SOCK",
    "change modes": "chmod -R 777 $OUT $OTHER $STATE; chown -R 0:0 $OUT",
    "change times": "touch -d '2001-01-01' $OUT/.bashrc $OTHER/note",
    "install": "install -m 4755 /bin/sh $OUT/sh",
    "a tar with absolute names": "echo x > f; tar -cPf t.tar --transform s,f,$OUT/new, f; tar -xPf t.tar",
    "a tar that changes folder": "echo x > f; tar -cf t.tar f; tar -xf t.tar -C $OUT; tar -xf t.tar -C /; tar -xf t.tar -C ../..",
    "a tar with a link": "mkdir s; ln -s $OUT s/l; tar -cf t.tar -C s l; echo x > f; tar -rf t.tar --transform s,f,l/new, f; tar -xf t.tar",
    "tar's own command": "echo x > f; tar -cf /dev/null --checkpoint=1 --checkpoint-action=exec='sh -c \"echo x > $OUT/new\"' f",
    "cpio": "mkdir d; echo x > d/f; (cd d; find . | cpio -o) > c; (cd $OUT && cpio -i < $TOP/c); cpio -iD $OUT < c",
    "perl": "perl -e 'open F, \">>$ENV{OUT}/.bashrc\"; print F \"evil\"; close F'",
    "awk": "awk 'BEGIN { print \"evil\" > ENVIRON[\"OUT\"] \"/new\" }'",
    "find": "find / -maxdepth 4 -name note -exec sh -c 'echo evil > $1' sh {} \\; 2>&1; find $OUT -delete",
    "xargs": "echo $OUT/.bashrc $OTHER/note | xargs -n 1 sh -c 'echo evil >> $0'",
    "vi and ed": "printf 'a\\nevil\\n.\\nw\\n' | ed -s $OUT/.bashrc; printf ':w %s/new\\n:q!\\n' $OUT | ex -s /etc/hosts",
    "git in another folder": "git init -q $OUT/repo; git -C $OTHER init -q; git --work-tree=$OUT checkout -f HEAD -- .",
    "a worktree of git outside": "git worktree add -f $OUT/wt; git clone -q . $OTHER/clone",
    "an archive of git": "git archive -o $OUT/new.tar HEAD; git bundle create $OUT/b HEAD; git diff --output=$OUT/d HEAD",
    "through the folder of a process": "for p in 1 2 3 4 self $$; do echo x > /proc/$p/cwd/../home/new; echo x > /proc/$p/root$OUT/new; done",
    "into the system": "echo x > /usr/bin/$MARK; cp /bin/sh /usr/local/bin/$MARK; echo x > /lib/$MARK; touch /$MARK",
    "into etc": "echo evil >> /etc/passwd; echo evil >> /etc/hosts; echo x > /etc/ld.so.preload; mv /etc/hosts /etc/h; rm -rf /etc",
    "into tmp": "echo x > /tmp/$MARK; mkdir -p /var/tmp; echo x > /var/tmp/$MARK; echo x > /dev/shm/$MARK; echo x > /run/$MARK",
    "into the objects of git": "echo x > /run/casework/objects/$MARK; rm -rf /run/casework/objects/*; git hash-object -w pay.py",
    "device nodes": "mknod m c 1 1; mknod $OUT/n c 1 3; mknod b b 254 0; dd if=/dev/zero of=b count=1; mkfifo $OUT/fifo",
    "py: python's open": "open(os.environ['OUT'] + '/new', 'w').write('x')",
    "py: rename and link": """
for act in (os.rename, os.link, os.symlink, os.replace):
    try: act('pay.py', os.environ['OUT'] + '/new')
    except OSError: pass
""",
    "py: a map of a file": """
import mmap
for name in ('/etc/hosts', sys.executable, os.__file__):
    try:
        with open(name, 'r+b') as f: mmap.mmap(f.fileno(), 0)[0:1] = b'x'
    except OSError as no: print(no)
""",
    "py: a folder becomes a link while it is written to": """
import threading
stop = False
def swap():
    while not stop:
        try:
            os.rename('d', 'real'); os.symlink(os.environ['OUT'], 'd'); os.unlink('d'); os.rename('real', 'd')
        except OSError: pass
os.makedirs('d', exist_ok=True)
t = threading.Thread(target=swap); t.start()
for n in range(3000):
    try: open(f'd/new{n}', 'w').write('x')
    except OSError: pass
stop = True; t.join()
""",
    "py: every open handle, upwards": """
for fd in range(3, 64):
    for up in range(12):
        try: print(os.open('../' * up + os.environ['OUT'][1:] + '/new', os.O_CREAT | os.O_WRONLY, dir_fd=fd))
        except OSError: pass
""",
    "py: into the libraries of python": """
import glob
for folder in {sys.prefix, sys.base_prefix, *sys.path}:
    for name in ('evil.pth', 'sitecustomize.py', 'lib/python3.11/site-packages/evil.pth', 'bin/evil', 'pyvenv.cfg'):
        try: open(os.path.join(folder, name), 'a').write('import evil')
        except OSError: pass
""",
    "py: a journal": """
import sqlite3
for flags in ('', '?immutable=1', '?mode=rw'):
    try: sqlite3.connect('file:' + os.environ['STATE'] + '/journal.sqlite3' + flags, uri=True).execute('create table evil(x)')
    except sqlite3.Error as no: print(no)
""",
    "py: unpacked": """
import io, shutil, tarfile, zipfile
with tarfile.open('t.tar', 'w') as t:
    for name in (os.environ['OUT'] + '/new', '../' * 12 + os.environ['OUT'][1:] + '/new'):
        i = tarfile.TarInfo(name); i.size = 1; t.addfile(i, io.BytesIO(b'x'))
tarfile.open('t.tar').extractall('.') if sys.version_info < (3, 12) else tarfile.open('t.tar').extractall('.', filter='fully_trusted')
""",
}  # fmt: skip

TRACES: Final = (
    "redirect", "append to the shell's profile", "copy", "a link to a folder", "dots", "sed in place", "tee", "perl", "awk",
    "a tar that changes folder", "py: python's open", "py: a journal", "change modes", "remove",
)  # fmt: skip
"""Those that leave a trace where nothing confines them: so the suite can fail."""
