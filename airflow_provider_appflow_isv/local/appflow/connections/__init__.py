"""The vendors that the local stack has a counterpart of, each seen through a connector profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_appflow_isv.local.appflow.exceptions import (
    ConnectorAuthenticationException,
    ConnectorServerException,
)

from .base import Connection, Keeper, Opener, VendorAuthenticationError, VendorError
from .pardot import open_pardot
from .redshift import open_redshift
from .salesforce import open_salesforce
from .servicenow import open_servicenow

_OPENERS: dict[str, Opener] = {
    "Pardot": open_pardot,
    "Redshift": open_redshift,
    "Salesforce": open_salesforce,
    "Servicenow": open_servicenow,
}


def open_connection(
    connector_type: str, properties: Mapping[str, Any], keeper: Keeper, account_id: str, region_name: str
) -> Connection | None:
    """Make the connection of a connector profile.

    :param connector_type: the profile's connector type.
    :param properties: the connector's member of connectorProfileProperties.
    :param keeper: the profile's credentials.
    :param account_id: the profile's account.
    :param region_name: the profile's Region.
    :return: the connection; None if the local stack has no such vendor.
    :raises ValidationException: if properties and credentials together lead nowhere.
    """
    opener = _OPENERS.get(connector_type)
    return opener(properties, keeper, account_id, region_name) if opener else None


class connector_errors:  # noqa: N801  # a context manager, read like a function
    """Turns what a connection raises into AppFlow's errors (texts: AppFlow API reference and public issues)."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, VendorAuthenticationError):
            raise ConnectorAuthenticationException(f"Error while authenticating to connector: {error}") from None
        if isinstance(error, VendorError):
            raise ConnectorServerException(f"Error while communicating to connector: {error}") from None
