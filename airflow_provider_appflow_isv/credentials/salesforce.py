"""An access token that this side mints and pushes into AppFlow's connector profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_appflow_isv.credentials.base import CredentialSource
from airflow_provider_appflow_isv.exceptions import TenantConfigurationError

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

# AppFlow takes an access token only beside a refresh token, and can't redeem this one: the app's owner mints the next
# access token (github.com/cdklabs/cdk-appflow, src/salesforce/profile.ts does the same)
_NO_REFRESH_TOKEN = "none"  # noqa: S105  # no secret, and the point of it


@dataclass(kw_only=True)
class SalesforceCredentials(CredentialSource):
    """Mint an access token through :class:`~airflow_provider_appflow_isv.hooks.salesforce.SalesforceTokenHook`.

    :param salesforce_conn_id: Airflow connection laid out like type ``salesforce``.
    :param secret_id: name or ARN of a secret in AWS Secrets Manager, instead of a connection.
    :param stored_in: whose account the secret is stored in: ``tenant``, that of the connector profile (default), or
        ``isv``, that of the Airflow connection.
    :param grant: ``password``, ``client_credentials`` or ``jwt_bearer``; default is what connection or secret say, else
        the only grant that their members allow.
    :param login_url: host to ask for tokens; default is what connection or secret say, else
        ``https://login.salesforce.com``.
    :param allowed_hosts: hosts that credentials may be sent to besides Salesforce's own.
    :raises TenantConfigurationError: both or neither of connection and secret are named, or ``stored_in`` is
        unknown.
    """

    template_fields: ClassVar[Sequence[str]] = ("salesforce_conn_id", "secret_id", "stored_in", "grant", "login_url")

    salesforce_conn_id: str | None = None
    secret_id: str | None = None
    stored_in: str = "tenant"
    grant: str | None = None
    login_url: str | None = None
    allowed_hosts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._check()

    def _check(self) -> None:
        if bool(self.salesforce_conn_id) == bool(self.secret_id):
            raise TenantConfigurationError(
                "SalesforceCredentials needs salesforce_conn_id or secret_id, one of them.",
                hint="Name an Airflow connection or a secret in AWS Secrets Manager.",
            )
        if self.stored_in not in ("tenant", "isv") and "{" not in self.stored_in:
            raise TenantConfigurationError(
                f"stored_in {self.stored_in!r} is not known.", hint="Possible are tenant and isv."
            )

    def fetch(self, hook: AppFlowHook, properties: Mapping[str, Any]) -> dict[str, Any]:
        """A fresh access token for the org in ``properties["Salesforce"]["instanceUrl"]``, as AppFlow takes it."""
        from airflow_provider_appflow_isv.hooks.salesforce import SalesforceTokenHook

        self._check()
        instance_url = properties.get("Salesforce", {}).get("instanceUrl")
        if not instance_url:
            raise TenantConfigurationError(
                "connector_profile_properties['Salesforce']['instanceUrl'] is missing.",
                account=hook.known_account,
                hint="Set it to the org's My Domain URL: a token of another org must never be pushed.",
            )
        token = SalesforceTokenHook(
            self.salesforce_conn_id,
            secret_id=self.secret_id,
            aws_hook=hook.first_hop() if self.stored_in == "isv" else hook,
            grant=self.grant,
            login_url=self.login_url,
            instance_url=instance_url,
            allowed_hosts=self.allowed_hosts,
        ).get_token()
        return {"Salesforce": {"accessToken": token.access_token, "refreshToken": _NO_REFRESH_TOKEN}}
