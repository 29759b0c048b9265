"""The connector profiles of one account and Region, and the connector entities seen through them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from .connections import connector_errors, open_connection
from .exceptions import ConflictException, ResourceNotFoundException, UnsupportedOperationException, ValidationException
from .paging import page
from .profiles import ConnectorProfile, CredentialStore, GivenCredentials, StoredCredentials, connector_parts
from .settings import settings

if TYPE_CHECKING:
    from .connections.base import Connection, Credentials


class ProfileStore:
    """Connector profiles by name.

    :param account_id: their account.
    :param region_name: their Region.
    :param partition: partition of their ARNs.
    """

    def __init__(self, account_id: str, region_name: str, partition: str) -> None:
        self._arn_start = f"arn:{partition}:appflow:{region_name}:{account_id}:connectorprofile/"
        self._account_id = account_id
        self._credentials = CredentialStore(account_id, region_name)
        self._lock = threading.Lock()
        self.profiles: dict[str, ConnectorProfile] = {}

    def create(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer CreateConnectorProfile."""
        name, connector_type = params["connectorProfileName"], params["connectorType"]
        properties, credentials = connector_parts(connector_type, params["connectorProfileConfig"])
        self._refuse_duplicate(name)
        credentials = self._accepted(connector_type, properties, credentials)
        with self._lock:
            self._refuse_duplicate(name)
            now = settings.now()
            self.profiles[name] = ConnectorProfile(
                name=name,
                arn=self._arn_start + name,
                connector_type=connector_type,
                connector_label=params.get("connectorLabel"),
                connection_mode=params["connectionMode"],
                properties=params["connectorProfileConfig"]["connectorProfileProperties"],
                credentials_arn=self._credentials.put(name, credentials, params.get("kmsArn")),
                created_at=now,
                last_updated_at=now,
            )
            return {"connectorProfileArn": self.profiles[name].arn}

    def update(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer UpdateConnectorProfile: the whole config is replaced, type and key stay."""
        profile = self.get(params["connectorProfileName"])
        properties, credentials = connector_parts(profile.connector_type, params["connectorProfileConfig"])
        credentials = self._accepted(profile.connector_type, properties, credentials)
        with self._lock:
            self._credentials.put(profile.name, credentials)
            profile.properties = params["connectorProfileConfig"]["connectorProfileProperties"]
            profile.connection_mode = params["connectionMode"]
            profile.last_updated_at = settings.now()
            return {"connectorProfileArn": profile.arn}

    def delete(self, name: str) -> None:
        """Delete a profile and its secret."""
        with self._lock:
            self.get(name)
            del self.profiles[name]
            self._credentials.delete(name)

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

    def connection(self, name: str) -> Connection | None:
        """Return a profile's way to its vendor; None if the local stack has no such vendor.

        :raises ResourceNotFoundException: if there is no profile of that name.
        :raises ValidationException: if the profile's credentials are no way in.
        """
        profile = self.get(name)
        keeper = StoredCredentials(self._credentials, name)
        return open_connection(profile.connector_type, profile.connector_properties, keeper, self._account_id)

    def list_entities(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer ListConnectorEntities."""
        connection = self._connection_of(params)
        with connector_errors():
            groups = connection.entities(params.get("entitiesPath"))
        shown, next_token = page(
            sorted(((group, entity) for group, entities in groups.items() for entity in entities), key=_place),
            _place,
            scope=f"ListConnectorEntities:{params['connectorProfileName']}:{params.get('entitiesPath', '')}",
            max_results=params.get("maxResults"),
            next_token=params.get("nextToken"),
        )
        shown_groups: dict[str, list[dict[str, Any]]] = {}
        for group, entity in shown:
            shown_groups.setdefault(group, []).append(entity)
        return {"connectorEntityMap": shown_groups, "nextToken": next_token}

    def describe_entity(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer DescribeConnectorEntity."""
        connection = self._connection_of(params)
        with connector_errors():
            return {"connectorEntityFields": connection.fields(params["connectorEntityName"])}

    def _accepted(self, connector_type: str, properties: dict[str, Any], credentials: Credentials) -> Credentials:
        """Log in to the vendor as AppFlow does on create and update; return the credentials to keep."""
        keeper = GivenCredentials(credentials)
        connection = open_connection(connector_type, properties, keeper, self._account_id)
        if connection is not None:
            with connector_errors():
                connection.check()
        return keeper.credentials()

    def _connection_of(self, params: dict[str, Any]) -> Connection:
        if "connectorProfileName" not in params:
            raise ValidationException("connectorProfileName must be specified to read the entities of a connector.")
        profile = self.get(params["connectorProfileName"])
        if profile.connector_type != params.get("connectorType", profile.connector_type):
            raise ValidationException(
                f"Connector Profile {profile.name} is of connector type {profile.connector_type}, "
                f"not {params['connectorType']}."
            )
        connection = self.connection(profile.name)
        if connection is None:
            raise UnsupportedOperationException(
                f"The local stack has no {profile.connector_type}, so it cannot read its entities."
            )
        return connection

    def _refuse_duplicate(self, name: str) -> None:
        if name in self.profiles:
            raise ConflictException(f"Conflict executing request: Connector Profile with name {name} already exists.")


def _place(entity: tuple[str, dict[str, Any]]) -> str:
    return f"{entity[0]}/{entity[1]['name']}"
