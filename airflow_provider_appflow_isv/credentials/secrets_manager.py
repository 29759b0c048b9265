"""Credentials that stand in a secret as AppFlow takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_appflow_isv.credentials.base import CredentialSource
from airflow_provider_appflow_isv.credentials.connectors import connector_of
from airflow_provider_appflow_isv.credentials.limits import check_limits
from airflow_provider_appflow_isv.credentials.raw import secret_values
from airflow_provider_appflow_isv.credentials.stored import acting_in, check_choice, secret_changed, secret_store
from airflow_provider_appflow_isv.exceptions import TenantConfigurationError

if TYPE_CHECKING:
    from datetime import datetime

    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

_LAYOUT = 'Store it as {"<connector>": {...}} with the members of ConnectorProfileCredentials, texts all.'


@dataclass
class SecretsManagerCredentials(CredentialSource):
    """The secret's JSON is the ``connectorProfileCredentials`` member itself, for a connector of any type.

    :param secret_id: name or ARN of a secret with a value such as ``{"ServiceNow": {"username": ..., "password":
        ...}}``: the connector is spelt as the member of ConnectorProfileCredentials, which for ServiceNow,
        GoogleAnalytics and InforNexus differs from the type.
    :param stored_in: whose account the secret is stored in: ``tenant``, that of the connector profile (default), or
        ``isv``, that of the Airflow connection.
    :raises TenantConfigurationError: ``stored_in`` is unknown.
    """

    template_fields: ClassVar[Sequence[str]] = ("secret_id", "stored_in")

    secret_id: str
    stored_in: str = "tenant"

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Refuse arguments that are wrong for any connector; templates pass."""
        if not self.secret_id:
            raise TenantConfigurationError("secret_id is missing.", hint="Name the secret that holds the credentials.")
        check_choice("stored_in", self.stored_in, ("tenant", "isv"))

    def fetch(self, hook: AppFlowHook, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The secret's JSON, with all its values masked in logs.

        :raises TenantConfigurationError: it is not a JSON object with exactly one connector, and the profile's own; or
            a value is not a text, or none that AppFlow's service model allows.
        """
        self.check()
        credentials = secret_values(acting_in(hook, self.stored_in), self.secret_id, layout=_LAYOUT)
        members = list(credentials.values())
        if len(members) != 1 or not isinstance(members[0], dict):
            raise self._error(hook, f"The value of secret {self.secret_id} is not the credentials of one connector.")
        if properties:
            wanted = connector_of(properties, what="connector_profile_properties").member
            if wanted not in credentials:
                raise self._error(hook, f"Secret {self.secret_id} has no {wanted}, which the connector profile is for.")
        check_limits(hook, credentials)
        return credentials

    def changed_since(self, hook: AppFlowHook, moment: datetime) -> bool:
        """Whether the secret has a newer value.

        :param hook: acts in the account of the connector profile.
        :param moment: aware of its time zone.
        """
        return secret_changed(secret_store(hook, self.secret_id, self.stored_in).read(), moment)

    def _error(self, hook: AppFlowHook, message: str) -> TenantConfigurationError:
        return TenantConfigurationError(message, account=hook.known_account, hint=_LAYOUT)
