"""Which hosts are this machine itself."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address


def is_loopback(host: str) -> bool:
    """Say whether a host is the loopback interface.

    :param host: name or address, an IPv6 address with or without brackets.
    :return: True for ``localhost``, all of 127.0.0.0/8 and ``::1``; no other name is looked up.
    """
    try:
        address = ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return host.lower() == "localhost"
    return address.is_loopback if isinstance(address, IPv4Address) else address == IPv6Address("::1")
