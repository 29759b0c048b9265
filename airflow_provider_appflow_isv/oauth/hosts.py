"""Which hosts credentials may be sent to."""

from __future__ import annotations

import re
from collections.abc import Iterable

from airflow_provider_appflow_isv.exceptions import TenantConfigurationError

# login hosts and My Domains (Salesforce knowledge article 000886201); clouds of China and governments are to be named
SALESFORCE_HOSTS = ("login.salesforce.com", "test.salesforce.com", ".my.salesforce.com")

_NAME = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
_ENTRY = re.compile(rf"(({_NAME}|(\.{_NAME})(?=\.))(\.{_NAME})*|\[::1\])(:\d{{1,5}})?", re.ASCII | re.IGNORECASE)
# the whole address or nothing: urlsplit and urllib3 read odd ones differently, and the second one posts
_URL = re.compile(
    rf"(?P<scheme>https?)://(?P<host>{_NAME}(\.{_NAME})*|\[::1\])(:(?P<port>\d{{1,5}}))?"
    r"(/[a-z0-9._~%!$&'()*+,;=:@-]*)*",
    re.ASCII | re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*", re.ASCII)
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def host_names(hosts: Iterable[str]) -> tuple[str, ...]:
    """The hosts of ``allowed_hosts`` in lower case, checked.

    :param hosts: names such as ``sso.example.com``; a leading dot allows all below, as in ``.example.com``; a port
        other than 443 is named with the host, as in ``sso.example.com:8443``.
    :raises TenantConfigurationError: it is one text, or an entry is no host name or would allow a whole top-level
        domain.
    """
    try:
        names = (None,) if isinstance(hosts, str) else tuple(hosts)
    except TypeError:
        names = (None,)
    if not all(isinstance(name, str) and _ENTRY.fullmatch(name) for name in names):
        raise TenantConfigurationError(
            f"allowed_hosts {hosts!r} is not a list of host names.",
            hint='Give it as ("sso.example.com", ".example.org"); a leading dot allows all below.',
        )
    return tuple(str(name).lower() for name in names)


def is_loopback(url: str) -> bool:
    """Whether an address is one of this machine's own."""
    parts = _URL.fullmatch(url)
    return parts is not None and _is_own(parts["host"].lower())


def places(*urls: str | None) -> tuple[str, ...]:
    """The hosts of some addresses, as entries of ``allowed_hosts``.

    :param urls: addresses; None, and what could not be posted to anyway, is left out.
    """
    parts = (_URL.fullmatch(url) for url in urls if url)
    return tuple(_place(each) for each in parts if each)


def loopback_places(*urls: str | None) -> tuple[str, ...]:
    """Of some addresses those on loopback, as entries of ``allowed_hosts``: who writes the DAG may name them.

    :param urls: addresses; None is left out.
    """
    return places(*(url for url in urls if url and is_loopback(url)))


def check_url(url: str, *, allowed_hosts: tuple[str, ...], what: str, shown: str | None = None) -> None:
    """Refuse an address that a credential must not be sent to.

    Loopback may be http, and is allowed where it is named as any other host: what listens there is the worker's own,
    and none of a tenant's business.

    :param url: address of an org or a token endpoint.
    :param allowed_hosts: all hosts that are allowed, as :func:`host_names` returns them.
    :param what: name of the argument, for the message.
    :param shown: what the message says of the address; default all of it but what may be a password or a token.
    :raises TenantConfigurationError: not https; user name, query or fragment in it; an IP address; or a host or port
        that is not allowed.
    """
    parts = _URL.fullmatch(url)
    if parts is None or not _is_allowed(parts, allowed_hosts):
        raise TenantConfigurationError(
            f"{what} {_shown(url) if shown is None else shown!r} is not a host that credentials are sent to.",
            hint="It must be https, without user name, port, query or fragment, on "
            f"{', '.join(f'*{name}' if name.startswith('.') else name for name in allowed_hosts) or 'no host so far'}; "
            "name other hosts in allowed_hosts.",
        )


def _is_allowed(parts: re.Match[str], allowed_hosts: tuple[str, ...]) -> bool:
    host, place = parts["host"].lower(), _place(parts)
    if _is_own(host):
        return place in allowed_hosts
    if parts["scheme"].lower() != "https" or _NUMBER.fullmatch(host.rpartition(".")[2]):
        return False
    return any(place.endswith(name) if name.startswith(".") else place == name for name in allowed_hosts)


def _is_own(host: str) -> bool:
    return host in _LOOPBACK or host.endswith(".localhost")  # RFC 6761, 6.3


def _place(parts: re.Match[str]) -> str:
    host, port = parts["host"].lower(), parts["port"]
    return host if port in (None, "443") else f"{host}:{port}"


def _shown(url: str) -> str:
    """The address without what may be a password or a token."""
    without_user = re.sub(r"^(https?:[/\\]*)?.*(@|%40)", r"\1***@", url, flags=re.DOTALL | re.IGNORECASE)
    without_port = re.sub(r"(//[^/:@]*):(?!\d{1,5}(/|$))[^/]*", r"\1:***", without_user)
    return re.split(r"[?#]", without_port)[0][:200]
