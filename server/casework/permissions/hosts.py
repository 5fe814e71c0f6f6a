"""Hosts an agent may want to reach: exact names with exact ports, or nothing."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from casework.ports.permissions import Never

_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
"""A host name (RFC 1123, section 2.1), in lower case. Only ASCII: a name that looks like another one is none."""
_MOST: Final = 8
"""Hosts that one question names."""


def read_hosts(wanted: tuple[str, ...]) -> tuple[str, ...] | Never:
    """Give hosts as they are compared: lower case, each once, in order."""
    if len(set(wanted)) > _MOST:
        return Never(f"It wants {len(set(wanted))} hosts at once, and one question names at most {_MOST}.")
    found: dict[str, None] = {}
    for text in wanted:
        host = _host(text)
        if isinstance(host, Never):
            return host
        found[host] = None
    return tuple(found)


def _host(text: str) -> str | Never:
    name, colon, port = text.lower().rpartition(":")
    if not colon or not port.isascii() or not port.isdecimal() or not 0 < int(port[:6]) < 65536 or port[0] == "0":
        return _never(text, "name it as host:port")
    if name.startswith("[") and name.endswith("]"):
        return _address(text, name[1:-1], port)
    if not _NAME.fullmatch(name) or len(name) > 253:
        return _never(text, "a host's name has letters, digits, dots and hyphens only")
    if re.fullmatch(r"[0-9.]+|0x[0-9a-f]*", name.rpartition(".")[2]):
        return _address(text, name, port)
    return f"{name}:{port}"


def _address(text: str, name: str, port: str) -> str | Never:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return _never(text, "it is neither a name nor an address as it is usually written")
    plain = getattr(address, "ipv4_mapped", None) or address
    if plain.is_link_local or plain.is_multicast or plain.is_unspecified:
        return _never(text, "what answers at such an address gives out keys of the machine, and is never reached")
    return f"[{plain}]:{port}" if plain.version == 6 else f"{plain}:{port}"


def _never(text: str, why: str) -> Never:
    return Never(f"{text[:200]!r} can't be reached: {why}.")
