"""A signed assertion that AppFlow redeems itself."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_appflow_isv.credentials.client_secret import arn_problems
from airflow_provider_appflow_isv.credentials.stored import StoredSource
from airflow_provider_appflow_isv.exceptions import TenantConfigurationError

if TYPE_CHECKING:
    from datetime import timedelta

    from airflow_provider_appflow_isv.credentials.connectors import Connector, FormName
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

_MEMBERS = ("client_id", "username", "private_key")


@dataclass(kw_only=True)
class JwtBearer(StoredSource):
    """Sign an assertion for a Salesforce user and hand it over to AppFlow, which redeems it (``JWT_BEARER``).

    The assertion is good for less than three minutes, and nothing public says what AppFlow does once both it and the
    access token that it was redeemed for have ended: update the profile before each run, or prefer
    :class:`~airflow_provider_appflow_isv.credentials.SalesforceCredentials` with ``grant="jwt_bearer"``.

    Connection or secret have ``clientId``, ``username`` and ``privateKey``, as for that grant.

    :param audience: ``aud`` of the assertion; default is what connection or secret say, else
        ``https://login.salesforce.com``, or ``https://test.salesforce.com`` if the profile says
        ``isSandboxEnvironment`` or names the My Domain of a sandbox.
    :param client_credentials_arn: ARN of a secret from which AppFlow reads the app's ``clientId`` and
        ``clientSecret``; default none.
    :param token_lifetime: seconds or timedelta for which a profile counts as good after an update; default 900, the
        shortest session that a Salesforce org can set.
    :param conn_id: Airflow connection.
    :param secret_id: name or ARN of a secret with a JSON object, instead of a connection.
    :param stored_in: whose account the secret is stored in: ``tenant``, that of the connector profile (default), or
        ``isv``, that of the Airflow connection.
    :raises TenantConfigurationError: both or neither of connection and secret are named, or ``stored_in`` is unknown.
    """

    template_fields: ClassVar[Sequence[str]] = (*StoredSource.template_fields, "audience", "client_credentials_arn")
    forms: ClassVar[tuple[FormName, ...]] = ("jwt",)

    audience: str | None = None
    client_credentials_arn: str | None = None
    token_lifetime: float | timedelta | None = 900.0

    def problems(self, connector: Connector, properties: Mapping[str, Any] | None) -> Iterator[str]:
        """What is wrong with the arguments."""
        yield from arn_problems(self.client_credentials_arn, connector, needed=False)

    def values(
        self,
        hook: AppFlowHook,
        connector: Connector,  # there is but one
        form: FormName,  # as above
        properties: Mapping[str, Any],
    ) -> dict[str, Any]:
        """A fresh assertion."""
        from airflow_provider_appflow_isv.hooks.salesforce_login import login_host
        from airflow_provider_appflow_isv.oauth.assertion import bearer_assertion

        members = self.store(hook).read().members
        if missing := [name for name in _MEMBERS if not members.get(name)]:
            raise TenantConfigurationError(
                f"{self.origin} lacks {', '.join(missing)} for an assertion.",
                account=hook.known_account,
                hint="Store the app's clientId, the username and the privateKey whose certificate the app has.",
            )
        default = login_host(properties.get("instanceUrl"), sandbox=bool(properties.get("isSandboxEnvironment")))
        assertion = bearer_assertion(
            issuer=members["client_id"],
            subject=members["username"],
            audience=self.audience or members.get("audience") or default,
            private_key=members["private_key"],
            now=time.time(),
        )
        return {"jwtToken": assertion, "clientCredentialsArn": self.client_credentials_arn}
