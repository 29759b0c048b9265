"""Connector profiles: what is kept of them, and where their credentials go."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.secretsmanager.models import secretsmanager_backends

from airflow_provider_appflow_isv.local.appflow.exceptions import ConnectorAuthenticationException
from airflow_provider_appflow_isv.local.appflow.wire.service_model import member_of

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.connections.base import Credentials
    from airflow_provider_appflow_isv.local.appflow.profiles.private_connections import PrivateConnection


@dataclass
class ConnectorProfile:
    """One connection of one account and Region. Its credentials are in Secrets Manager, not here."""

    name: str
    arn: str
    connector_type: str
    connector_label: str | None
    connection_mode: str
    properties: dict[str, Any]
    credentials_arn: str
    created_at: float
    last_updated_at: float
    private: PrivateConnection | None = None

    @property
    def connector_properties(self) -> dict[str, Any]:
        """The connector's own member of connectorProfileProperties."""
        properties: dict[str, Any] = self.properties[member_of(self.connector_type)]
        return properties

    def describe(self) -> dict[str, Any]:
        """Return the profile as DescribeConnectorProfiles shows it."""
        return {
            "connectorProfileArn": self.arn,
            "connectorProfileName": self.name,
            "connectorType": self.connector_type,
            "connectorLabel": self.connector_label,
            "connectionMode": self.connection_mode,
            "credentialsArn": self.credentials_arn,
            "connectorProfileProperties": self.properties,
            "createdAt": self.created_at,
            "lastUpdatedAt": self.last_updated_at,
            "privateConnectionProvisioningState": self.private.describe() if self.private else None,
        }


class CredentialStore:
    """The secrets ``appflow!<account>-<profile>`` in the account's own Secrets Manager."""

    def __init__(self, account_id: str, region_name: str) -> None:
        self._account_id = account_id
        self._region_name = region_name
        self._renewing = threading.Lock()

    def put(self, profile_name: str, credentials: Credentials, kms_arn: str | None = None) -> str:
        """Write a profile's credentials and return the secret's ARN.

        :param profile_name: the profile.
        :param credentials: the connector's credentials.
        :param kms_arn: key for a new secret; default None, the account's own for Secrets Manager.
        """
        name = self._name(profile_name)
        text = json.dumps(credentials)
        if name in self._backend.secrets:
            answer = self._backend.put_secret_value(name, text, None, None, ["AWSCURRENT"])
        else:
            answer = self._backend.create_secret(name, text, None, None, None, kms_arn, None, [], False)
        return str(json.loads(answer)["ARN"])

    def get(self, profile_name: str) -> Credentials:
        """Read a profile's credentials.

        :raises ConnectorAuthenticationException: if the secret is gone.
        """
        name = self._name(profile_name)
        if name not in self._backend.secrets:
            raise ConnectorAuthenticationException(
                f"Error while authenticating to connector: the secret {name} is gone. "
                "Call UpdateConnectorProfile with the credentials."
            )
        secret = self._backend.get_secret_value(name, None, None)
        credentials: Credentials = json.loads(secret["SecretString"])
        return credentials

    def delete(self, profile_name: str) -> None:
        """Remove a profile's secret for good."""
        self._backend.delete_secret(self._name(profile_name), None, True)

    def renew(self, profile_name: str, stale: Credentials, redeem: Callable[[Credentials], Credentials]) -> Credentials:
        """Renew a profile's credentials; of several runs that find them dead, the first renews them for all.

        :param profile_name: the profile.
        :param stale: the credentials that were refused.
        :param redeem: gets newer ones.
        """
        with self._renewing:
            current = self.get(profile_name)
            if current == stale:
                current = redeem(current)
                self.put(profile_name, current)
            return current

    @property
    def _backend(self) -> Any:
        return secretsmanager_backends[self._account_id][self._region_name]

    def _name(self, profile_name: str) -> str:
        return f"appflow!{self._account_id}-{profile_name}"


class GivenCredentials:
    """Keeps the credentials of a request until the vendor has accepted them."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def credentials(self) -> Credentials:
        """Return them as they are now."""
        return self._credentials

    def renew(self, stale: Credentials, redeem: Callable[[Credentials], Credentials]) -> Credentials:
        """Replace the stale ones."""
        self._credentials = redeem(stale)
        return self._credentials


class StoredCredentials:
    """The credentials of a profile, in its secret."""

    def __init__(self, store: CredentialStore, profile_name: str) -> None:
        self._store = store
        self._profile_name = profile_name

    def credentials(self) -> Credentials:
        """Return them as they are now."""
        return self._store.get(self._profile_name)

    def renew(self, stale: Credentials, redeem: Callable[[Credentials], Credentials]) -> Credentials:
        """Replace the stale ones, once for all that have them."""
        return self._store.renew(self._profile_name, stale, redeem)
