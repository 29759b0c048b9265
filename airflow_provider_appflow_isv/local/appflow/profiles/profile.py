"""Connector profiles: what is kept of them, and where their credentials go."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import JsonRESTError
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
    """The secrets ``appflow!<account>-<profile>`` in the account's own Secrets Manager.

    The account's users can reach them, too: what one of them wrote is taken if it has the form that AppFlow's has.
    """

    def __init__(self, account_id: str, region_name: str) -> None:
        self._account_id = account_id
        self._region_name = region_name
        self._renewing = threading.Lock()
        self._writing = threading.Lock()
        self._forms: dict[str, Any] = {}  # of what was written last, by profile

    def put(self, profile_name: str, credentials: Credentials, kms_arn: str | None = None) -> str:
        """Write a profile's credentials and return the secret's ARN.

        :param profile_name: the profile.
        :param credentials: the connector's credentials.
        :param kms_arn: key for a new secret; default None, the account's own for Secrets Manager.
        """
        name, text = self._name(profile_name), json.dumps(credentials)
        with self._writing:
            if name in self._backend.secrets:
                self._backend.restore_secret(name)  # somebody may have scheduled its deletion
                answer = self._backend.put_secret_value(name, text, None, None, ["AWSCURRENT"])
            else:
                answer = self._backend.create_secret(name, text, None, None, None, kms_arn, None, [], False)
            self._forms[profile_name] = _form(credentials)
        return str(json.loads(answer)["ARN"])

    def get(self, profile_name: str) -> Credentials:
        """Read a profile's credentials.

        :raises ConnectorAuthenticationException: if the secret was deleted, or has no such credentials in it.
        """
        name = self._name(profile_name)
        try:
            credentials: Credentials = json.loads(self._backend.get_secret_value(name, None, None)["SecretString"])
        except JsonRESTError:
            raise _unusable(name, "is gone or marked as deleted") from None
        except (KeyError, ValueError, RecursionError):
            raise _unusable(name, "was changed and is no JSON") from None
        if not _has_form(credentials, self._forms.get(profile_name, {})):
            raise _unusable(name, "was changed and lacks members of the credentials")
        return credentials

    def delete(self, profile_name: str) -> None:
        """Remove a profile's secret for good."""
        with self._writing:
            self._forms.pop(profile_name, None)
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
                if profile_name in self._forms:  # the profile may have been deleted meanwhile
                    self.put(profile_name, current)
            return current

    @property
    def _backend(self) -> Any:
        return secretsmanager_backends[self._account_id][self._region_name]

    def _name(self, profile_name: str) -> str:
        return f"appflow!{self._account_id}-{profile_name}"


def _form(value: Any) -> Any:
    return {name: _form(each) for name, each in value.items()} if isinstance(value, dict) else type(value)


def _has_form(value: Any, form: Any) -> bool:
    if isinstance(form, dict):
        return isinstance(value, dict) and all(name in value and _has_form(value[name], form[name]) for name in form)
    return isinstance(value, form)


def _unusable(secret_name: str, reason: str) -> ConnectorAuthenticationException:
    return ConnectorAuthenticationException(
        f"Error while authenticating to connector: the secret {secret_name} {reason}. "
        "Call UpdateConnectorProfile with the credentials."
    )


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
