"""Pardot (Account Engagement): it lets in whom Salesforce lets in, with Salesforce's own tokens.

Facts: AppFlow API reference, PardotConnectorProfileCredentials (as Salesforce's, without a JWT). Inferred: tokens come
from the org's OAuth endpoints. The local stack has the login only, so that instanceUrl has to lead to a local org.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from airflow_provider_appflow_isv.local.appflow.exceptions import UnsupportedOperationException

from .base import Keeper, VendorUnreachableError, loopback_url
from .salesforce import SalesforceConnection
from .salesforce_login import check_credentials


def open_pardot(
    properties: Mapping[str, Any], keeper: Keeper, account_id: str, _region_name: str
) -> PardotConnection | None:
    """Make the connection of a Pardot profile.

    :param properties: PardotConnectorProfileProperties.
    :param keeper: the profile's credentials.
    :param account_id: the profile's account.
    :return: the connection; None if the profile does not lead to a local org.
    :raises ValidationException: if there is no way in.
    """
    try:
        instance_url = loopback_url(properties.get("instanceUrl", ""))
    except VendorUnreachableError:
        return None
    check_credentials(keeper.credentials(), "PARDOT")
    return PardotConnection(instance_url, keeper, account_id)


class PardotConnection(SalesforceConnection):
    """The login of one Pardot profile."""

    def entities(self, path: str | None) -> NoReturn:
        """Refuse: there are none here."""
        raise _no_entities()

    def fields(self, entity_name: str) -> NoReturn:
        """Refuse likewise."""
        raise _no_entities()


def _no_entities() -> UnsupportedOperationException:
    return UnsupportedOperationException("The local stack lets Pardot profiles log in, but has no Pardot entities.")
