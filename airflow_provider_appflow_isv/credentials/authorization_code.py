"""An authorization code that AppFlow redeems itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_appflow_isv.credentials.client_secret import arn_problems, takes_arn
from airflow_provider_appflow_isv.credentials.stored import StoredSource

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.credentials.connectors import Connector, FormName
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook


@dataclass(kw_only=True)
class AuthorizationCode(StoredSource):
    """Hand a user's consent over to AppFlow, which redeems the code and renews the tokens from then on.

    Nobody else may redeem what comes of it: keep no refresh token of the same consent. A code is good once and for
    minutes, so a profile is created or updated with it right after the consent, and not again.

    Connection (extra) or secret have ``code``, ``redirect_uri``, if the consent was asked for with PKCE
    ``code_verifier``, and for connectors other than Salesforce, Pardot and Honeycode ``clientId`` and
    ``clientSecret``.

    :param client_credentials_arn: ARN of the secret from which AppFlow reads ``clientId`` and ``clientSecret`` of a
        Salesforce or Pardot app; its resource policy must let AppFlow do so.
    :param conn_id: Airflow connection.
    :param secret_id: name or ARN of a secret with a JSON object, instead of a connection.
    :param stored_in: whose account the secret is stored in: ``tenant``, that of the connector profile (default), or
        ``isv``, that of the Airflow connection.
    :raises TenantConfigurationError: both or neither of connection and secret are named, or ``stored_in`` is unknown.
    """

    template_fields: ClassVar[Sequence[str]] = (*StoredSource.template_fields, "client_credentials_arn")
    forms: ClassVar[tuple[FormName, ...]] = ("code",)
    redeemed_by_appflow: ClassVar[bool] = True  # type: ignore[misc]  # of a class here, of an object elsewhere

    client_credentials_arn: str | None = None

    def problems(self, connector: Connector, properties: Mapping[str, Any] | None) -> Iterator[str]:
        """What is wrong with the arguments."""
        yield from arn_problems(self.client_credentials_arn, connector, needed=takes_arn(connector))

    def values(
        self, hook: AppFlowHook, connector: Connector, form: FormName, properties: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The code and what redeems it."""
        values = super().values(hook, connector, form, properties)
        return {**values, "clientCredentialsArn": self.client_credentials_arn}
