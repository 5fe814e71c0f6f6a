"""To which addresses a way out may lead."""

from __future__ import annotations

import asyncio
import socket


class NotLed(Exception):
    """A way out leads nowhere; the text is a sentence."""

    def __init__(self, sentence: str, *, allowed: bool = True) -> None:
        """`allowed`: it may lead there, and does not."""
        self.sentence = sentence
        self.allowed = allowed
        super().__init__(sentence)


async def addresses_of(host: str, port: int) -> list[str]:
    """Look a host up; never one of this machine or its link behind another machine's name.

    Raises:
        NotLed: there is none, or the name leads home.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise not_reached(host, port) from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not _is_address(host) and host != "localhost" and any(_leads_home(one) for one in addresses):
        raise NotLed(f"{host} leads to this machine or its link, and is not connected to.", allowed=False)
    return addresses


def not_reached(host: str, port: int) -> NotLed:
    """Say that nobody answered."""
    return NotLed(f"{host}:{port} can't be reached from this machine; see whether it is up.")


def _is_address(host: str) -> bool:
    import ipaddress  # with the first connection: nobody waits for it before

    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _leads_home(address: str) -> bool:
    """Whether an address is one of this machine, or of a link on which services trust whoever asks (cloud metadata)."""
    import ipaddress

    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return found.is_loopback or found.is_link_local or found.is_unspecified or found.is_multicast
