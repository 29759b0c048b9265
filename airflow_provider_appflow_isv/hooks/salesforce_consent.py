"""What an authorization code gives, stored in a secret in place of the grant before."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.exceptions import OAuthTokenError, TenantConfigurationError
from airflow_provider_appflow_isv.stores.uninterrupted import uninterrupted

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.hooks.salesforce_endpoints import SalesforceEndpoints
    from airflow_provider_appflow_isv.hooks.salesforce_login import SalesforceLogin
    from airflow_provider_appflow_isv.hooks.salesforce_token import SalesforceToken
    from airflow_provider_appflow_isv.stores.redemption import Redeemer

_LOG = logging.getLogger(__name__)
_SPENT = ("code", "code_verifier")


def connect(endpoints: SalesforceEndpoints, redeemer: Redeemer, login: SalesforceLogin) -> SalesforceToken:
    """Redeem a login's authorization code, store the grant, and revoke the one before.

    :param endpoints: the org's.
    :param redeemer: stores the grant.
    :param login: has the code and, if there is one, the refresh token of the grant before.
    :return: the access token that came with it.
    :raises OAuthTokenError: Salesforce refused, could not be asked, answered for another org, or gave no refresh token,
        or the new one could not be stored; what it gave is revoked then.
    """
    with uninterrupted():
        return keep(endpoints, redeemer, login, endpoints.ask(login))


def keep(
    endpoints: SalesforceEndpoints, redeemer: Redeemer, login: SalesforceLogin, answer: dict[str, Any]
) -> SalesforceToken:
    """Store what a login's authorization code gave, and revoke the grant before; as :func:`connect`.

    :param answer: the answer to the code, as the org gave it.
    """
    try:
        token = endpoints.checked(answer, login)
        redeemer.connect(answer, spent=_SPENT)
    except (OAuthTokenError, TenantConfigurationError):
        let_go(endpoints, login, answer.get("refresh_token") or answer.get("access_token"))
        raise
    before = login.members.get("refresh_token")
    if before != answer["refresh_token"]:
        let_go(endpoints, login, before)
    return token


def let_go(endpoints: SalesforceEndpoints, login: SalesforceLogin, token: str | None) -> None:
    """Revoke a token that nobody will use; that it fails is no error."""
    if not token:
        return
    try:
        endpoints.revoke(login, token)
    except OAuthTokenError as error:
        _LOG.warning("A token that is no longer used could not be revoked: %s", error)
