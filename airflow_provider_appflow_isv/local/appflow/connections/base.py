"""What every connection offers to AppFlow, and how it can fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

from airflow_provider_appflow_isv.local.loopback import is_loopback

Credentials = dict[str, Any]
TIMEOUT = (5.0, 60.0)  # seconds to connect, seconds between two bytes


class VendorError(Exception):
    """The vendor refused what was asked, or could not be reached."""


class VendorUnreachableError(VendorError):
    """No answer, or none that the vendor's API would give."""


class VendorAuthenticationError(VendorError):
    """The vendor does not accept the credentials."""


class Keeper(Protocol):
    """Holds the credentials of one connector profile."""

    def credentials(self) -> Credentials:
        """Return them as they are now."""

    def renew(self, stale: Credentials, redeem: Callable[[Credentials], Credentials]) -> Credentials:
        """Return credentials that are newer than the stale ones.

        :param stale: what the vendor has just refused.
        :param redeem: gets newer ones from the vendor; called only if nobody has done so meanwhile.
        """


class Connection(Protocol):
    """One connector profile's way to its vendor, with the credentials as they are at each call.

    Every method may raise :class:`VendorError`.
    """

    def check(self) -> None:
        """Log in, as AppFlow does when a profile or a flow is saved."""

    def entities(self, path: str | None) -> dict[str, list[dict[str, Any]]]:
        """Return the connector entities (ConnectorEntity) by group.

        :param path: the entitiesPath of ListConnectorEntities; None is the top.
        :raises ValidationException: if the vendor has no such path.
        """

    def fields(self, entity_name: str) -> list[dict[str, Any]]:
        """Return the fields (ConnectorEntityField) of one entity."""


class Opener(Protocol):
    """Makes the connection of one connector type."""

    def __call__(
        self, properties: Mapping[str, Any], keeper: Keeper, account_id: str, region_name: str, /
    ) -> Connection | None:
        """Make a connection without talking to the vendor yet.

        :param properties: the connector's member of connectorProfileProperties.
        :param keeper: the profile's credentials.
        :param account_id: the profile's account.
        :param region_name: the profile's Region.
        :return: the connection; None if the local stack has nothing that the properties lead to.
        :raises ValidationException: if properties and credentials together lead nowhere.
        """


def loopback_url(instance_url: str) -> str:
    """Return a vendor's address, put together from what the HTTP client reads in it, without a slash at its end.

    The local stack reaches loopback only, so that no token given to it ever leaves the machine. No message repeats the
    address, in which there may be a password.

    :raises VendorUnreachableError: if it does not lead to loopback, or is more than scheme, host, port and path.
    """
    try:
        parts = parse_url(instance_url)
    except LocationParseError:
        parts = Url()
    address = Url(scheme=parts.scheme, host=parts.host, port=parts.port, path=(parts.path or "").rstrip("/"))
    is_plain = parts == address._replace(path=parts.path) and instance_url.isprintable() and "\\" not in instance_url
    if not is_plain or parts.scheme not in ("http", "https") or not parts.host:
        raise VendorUnreachableError(
            "instanceUrl: must be http or https, a host, and at most a port and a path; leave out the rest, also user "
            "names and backslashes."
        )
    if not is_loopback(parts.host):
        raise VendorUnreachableError(
            f"The local stack reaches only loopback, not {parts.host}: give an instanceUrl of 127.0.0.1, localhost or "
            "[::1]."
        )
    return address.url
