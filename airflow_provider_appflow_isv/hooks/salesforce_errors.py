"""Salesforce's OAuth errors, sorted by who can mend them.

Sorted by ``error`` alone: ``invalid_grant`` has more than a dozen causes and its description is for people
(help.salesforce.com, remoteaccess_oauth_flow_errors).
"""

from __future__ import annotations

from airflow_provider_appflow_isv.exceptions import (
    SalesforceConfigurationError,
    SalesforceTokenError,
    SalesforceUnavailable,
)

_RETRY = ("server_error", "service_unavailable", "system_down", "unknown_error", "rate_limit_exceeded")

_HINTS = {
    "invalid_client_id": "Check the consumer key; a new app takes minutes to become known.",
    "invalid_client": "Check the consumer secret; it may have been rotated.",
    "invalid_client_credentials": "Check the consumer secret; it may have been rotated.",
    "invalid_app_access": "An admin of the org must allow the user in the app's policy.",
    "inactive_user": "The user is deactivated in the org; have it activated or use another.",
    "inactive_org": "The org is locked or suspended; the customer must clear that with Salesforce.",
    "unsupported_grant_type": "The app or org does not offer this grant; choose another grant.",
    "oauth_flow_disabled": "An admin of the org must enable this grant for the app.",
    "app_blocked": "An admin of the org must unblock the app.",
    "app_not_found": "An admin of the org must install the app.",
    "redirect_uri_mismatch": "The redirect URI must equal the app's, character for character.",
    "invalid_scope": "Ask for scopes that the app has.",
}

_INVALID_GRANT = {
    "password": "Check user name, password and security token, the user's IP and login-hour limits, and whether the "
    "org allows the password grant: it is off by default in orgs made since Summer '23 and ends with Winter '27.",
    "client_credentials": "Post to the org's My Domain (instance_url) and give the app a run-as user.",
    "jwt_bearer": "Check that the app has this key's certificate, that the user is pre-authorized for the app, the "
    "audience (login or test host) and the clock of this machine.",
}


def token_error(error: str, description: str, *, grant: str, host: str) -> SalesforceTokenError:
    """The typed error for Salesforce's ``error`` and ``error_description``.

    :param error: Salesforce's code.
    :param description: what Salesforce says of it; must be free of secrets.
    :param grant: the grant that was tried.
    :param host: host that was asked.
    """
    message = f"{host} refused the {grant} grant with {error}: {description.rstrip('.')}."
    if error in _RETRY:
        return SalesforceUnavailable(message, code=error, hint="Salesforce's own trouble; try again later.")
    hint = _INVALID_GRANT.get(grant) if error == "invalid_grant" else _HINTS.get(error)
    return SalesforceConfigurationError(
        message, code=error, hint=hint or "Check app, user and org in Salesforce Setup."
    )
