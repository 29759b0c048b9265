"""The connector profiles of one account and Region."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.local.appflow.connections import connector_errors, open_connection
from airflow_provider_appflow_isv.local.appflow.connectors.aws_connectors import is_aws_connector
from airflow_provider_appflow_isv.local.appflow.connectors.catalog import CUSTOM
from airflow_provider_appflow_isv.local.appflow.controls.quotas import quotas
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.exceptions import (
    ConflictException,
    ResourceNotFoundException,
    ValidationException,
)
from airflow_provider_appflow_isv.local.appflow.profiles.kms_keys import check_key
from airflow_provider_appflow_isv.local.appflow.profiles.private_connections import CREATED, PrivateConnection
from airflow_provider_appflow_isv.local.appflow.profiles.profile import (
    ConnectorProfile,
    CredentialStore,
    GivenCredentials,
    StoredCredentials,
)
from airflow_provider_appflow_isv.local.appflow.profiles.rules import Draft, check_profile, connector_parts
from airflow_provider_appflow_isv.local.appflow.wire.paging import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_appflow_isv.local.appflow.connections.base import Connection, Credentials, Keeper
    from airflow_provider_appflow_isv.local.appflow.connectors.metadata_cache import MetadataCache
    from airflow_provider_appflow_isv.local.appflow.connectors.registry import ConnectorRegistry


class ProfileStore:
    """Connector profiles by name.

    :param account_id: their account.
    :param region_name: their Region.
    :param partition: partition of their ARNs.
    :param connectors: the custom connectors that they may be of.
    :param cache: what is known of the vendors' entities.
    """

    def __init__(
        self, account_id: str, region_name: str, partition: str, connectors: ConnectorRegistry, cache: MetadataCache
    ) -> None:
        self._arn_start = f"arn:{partition}:appflow:{region_name}:{account_id}:connectorprofile/"
        self._account_id = account_id
        self._region_name = region_name
        self._credentials = CredentialStore(account_id, region_name)
        self._connectors = connectors
        self._cache = cache
        self._lock = threading.Lock()
        self.profiles: dict[str, ConnectorProfile] = {}

    def create(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer CreateConnectorProfile."""
        name, connector_type, label = params["connectorProfileName"], params["connectorType"], _label(params)
        properties, credentials = self._checked(params, connector_type, label)
        if "kmsArn" in params:
            check_key(params["kmsArn"], self._region_name)
        self._refuse_new(name)
        private = params["connectionMode"] == "Private"
        if not private:
            credentials = self._accepted(connector_type, label, properties, credentials)
        with self._lock:
            self._refuse_new(name)
            now = settings.now()
            profile = self.profiles[name] = ConnectorProfile(
                name=name,
                arn=self._arn_start + name,
                connector_type=connector_type,
                connector_label=label,
                connection_mode=params["connectionMode"],
                properties=params["connectorProfileConfig"]["connectorProfileProperties"],
                credentials_arn=self._credentials.put(name, credentials, params.get("kmsArn")),
                created_at=now,
                last_updated_at=now,
            )
            profile.private = self._private(profile) if private else None
            return {"connectorProfileArn": profile.arn}

    def update(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer UpdateConnectorProfile: the whole config is replaced; type, label and key stay."""
        profile = self.get(params["connectorProfileName"])
        properties, credentials = self._checked(params, profile.connector_type, profile.connector_label)
        private = params["connectionMode"] == "Private"
        if not private:
            credentials = self._accepted(profile.connector_type, profile.connector_label, properties, credentials)
        with self._lock:
            if self.get(profile.name) is not profile:  # deleted meanwhile, and perhaps created anew
                raise ResourceNotFoundException(f"Connector Profile with name {profile.name} was deleted meanwhile.")
            self._credentials.put(profile.name, credentials)
            profile.properties = params["connectorProfileConfig"]["connectorProfileProperties"]
            profile.connection_mode = params["connectionMode"]
            profile.last_updated_at = settings.now()
            profile.private = self._private(profile) if private else None
        self._cache.forget_profile(profile.name)
        return {"connectorProfileArn": profile.arn}

    def delete(self, name: str) -> None:
        """Delete a profile, its secret, and what is known of its vendor's entities."""
        with self._lock:
            self.get(name)
            del self.profiles[name]
            self._credentials.delete(name)
        self._cache.forget_profile(name)

    def describe(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer DescribeConnectorProfiles; unknown names are passed over."""
        names = params.get("connectorProfileNames")
        found = [
            profile
            for name, profile in sorted(self.profiles.items())
            if (not names or name in names)
            and profile.connector_type == params.get("connectorType", profile.connector_type)
            and profile.connector_label == params.get("connectorLabel", profile.connector_label)
        ]
        shown, next_token = page(
            found,
            lambda profile: profile.name,
            scope="DescribeConnectorProfiles",
            max_results=params.get("maxResults"),
            next_token=params.get("nextToken"),
        )
        return {"connectorProfileDetails": [profile.describe() for profile in shown], "nextToken": next_token}

    def get(self, name: str) -> ConnectorProfile:
        """Return a profile.

        :raises ResourceNotFoundException: if there is none of that name.
        """
        try:
            return self.profiles[name]
        except KeyError:
            raise ResourceNotFoundException(f"Connector Profile with name {name} does not exist.") from None

    def of_connector(self, label: str) -> list[str]:
        """Return the names of the profiles of a custom connector, sorted."""
        return sorted(name for name, profile in self.profiles.items() if profile.connector_label == label)

    def connector(self, profile: ConnectorProfile) -> Mapping[str, Any]:
        """Return what a profile's registered connector tells about itself; nothing if it is of no such connector."""
        registration = self._connectors.find(profile.connector_label)
        return registration.configuration if registration else {}

    def connection(self, name: str) -> Connection | None:
        """Return a profile's way to its vendor; None if the local stack has no such vendor.

        :raises ResourceNotFoundException: if there is no profile of that name.
        :raises ValidationException: if the profile's credentials are no way in, or its private connection is PENDING.
        :raises AppFlowError: that which made its private connection fail.
        """
        profile = self.get(name)
        if profile.private is not None:
            profile.private.check(name)
        return self._stored_connection(profile)

    def _checked(
        self, params: dict[str, Any], connector_type: str, label: str | None
    ) -> tuple[dict[str, Any], Credentials]:
        """Return the connector's properties and credentials of a request that breaks no rule."""
        properties, credentials = connector_parts(connector_type, params["connectorProfileConfig"])
        connector: Mapping[str, Any] = {}
        if connector_type == CUSTOM:
            connector = self._connector(label)
        mode = params["connectionMode"]
        check_profile(
            Draft(connector_type, mode, self._account_id, self._region_name, properties, credentials, connector)
        )
        return properties, credentials

    def _connector(self, label: str | None) -> Mapping[str, Any]:
        """Return what a custom connector tells about itself; nothing is known here of AWS's own."""
        if label is None:
            raise ValidationException("Validation exception: connectorLabel cannot be blank for CustomConnector.")
        registration = self._connectors.find(label)
        if registration is None and not is_aws_connector(label):
            raise ResourceNotFoundException(
                f"Connector:{label} is not registered. Please register it first before creating ConnectorProfile."
            )
        return registration.configuration if registration else {}

    def _accepted(
        self, connector_type: str, label: str | None, properties: dict[str, Any], credentials: Credentials
    ) -> Credentials:
        """Log in to the vendor as AppFlow does on create and update; return the credentials to keep."""
        keeper = GivenCredentials(credentials)
        _log_in(self._open(connector_type, label, properties, keeper))
        return keeper.credentials()

    def _private(self, profile: ConnectorProfile) -> PrivateConnection:
        """Begin to set up a private connection; an endpoint that another profile has already takes no time."""
        service = profile.connector_properties.get("privateLinkServiceName")
        exists = service is not None and any(
            other.private is not None
            and other.connector_properties.get("privateLinkServiceName") == service
            and other.private.status() == CREATED
            for other in self.profiles.values()
            if other is not profile
        )
        wait = 0.0 if exists else settings.private_connection_seconds
        return PrivateConnection(settings.now() + wait, lambda: _log_in(self._stored_connection(profile)))

    def _stored_connection(self, profile: ConnectorProfile) -> Connection | None:
        keeper = StoredCredentials(self._credentials, profile.name)
        return self._open(profile.connector_type, profile.connector_label, profile.connector_properties, keeper)

    def _open(
        self, connector_type: str, label: str | None, properties: Mapping[str, Any], keeper: Keeper
    ) -> Connection | None:
        if connector_type == CUSTOM:
            return self._connectors.open(label, properties, keeper)
        return open_connection(connector_type, properties, keeper, self._account_id, self._region_name)

    def _refuse_new(self, name: str) -> None:
        if name in self.profiles:
            raise ConflictException(f"Conflict executing request: Connector Profile with name {name} already exists.")
        quotas.check_profiles(self.profiles)


def _label(params: dict[str, Any]) -> str | None:
    """The connectorLabel, which only a profile of a custom connector has."""
    return params.get("connectorLabel") if params["connectorType"] == CUSTOM else None


def _log_in(connection: Connection | None) -> None:
    if connection is not None:
        with connector_errors():
            connection.check()
