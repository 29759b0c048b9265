"""The connector profiles of one account and Region, and the connector entities seen through them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from .entities import entity, entity_field
from .exceptions import ConflictException, ResourceNotFoundException, UnsupportedOperationException, ValidationException
from .paging import page
from .profiles import (
    ConnectorProfile,
    CredentialStore,
    check_connection,
    connector_errors,
    connector_parts,
    salesforce_org,
)
from .salesforce_login import can_renew, renewed
from .settings import settings

if TYPE_CHECKING:
    from .salesforce import SalesforceOrg

_ENTITY_GROUP = "Objects"  # the name of Salesforce's one group of entities; inferred


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
        self._renewing = threading.Lock()
        self.profiles: dict[str, ConnectorProfile] = {}

    def create(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer CreateConnectorProfile."""
        name, connector_type = params["connectorProfileName"], params["connectorType"]
        properties, credentials = connector_parts(connector_type, params["connectorProfileConfig"])
        self._refuse_duplicate(name)
        credentials = check_connection(connector_type, properties, credentials, self._account_id)
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
        credentials = check_connection(profile.connector_type, properties, credentials, self._account_id)
        with self._lock:
            self._credentials.put(profile.name, credentials, None)
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

    def org(self, name: str) -> SalesforceOrg:
        """Return the Salesforce org that a profile leads to, with its credentials as they are now."""
        profile = self.get(name)
        credentials = self._credentials.get(name)
        org = salesforce_org(profile.properties["Salesforce"], credentials)
        if can_renew(credentials):
            org.renew = lambda: self._renew(name, org)
        return org

    def _renew(self, name: str, org: SalesforceOrg) -> str:
        """Renew a profile's access token; of several runs that find it dead, the first renews it for all."""
        with self._renewing:
            credentials = self._credentials.get(name)
            if credentials["accessToken"] == org.access_token:
                credentials = renewed(org.instance_url, credentials, self._account_id)
                self._credentials.put(name, credentials, None)
            return str(credentials["accessToken"])

    def list_entities(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer ListConnectorEntities."""
        if "entitiesPath" in params:
            raise ValidationException("Entities of Salesforce have no path: leave entitiesPath out.")
        with connector_errors():
            objects = sorted(self._org_of(params).objects(), key=lambda each: str(each["name"]))
        shown, next_token = page(
            objects,
            lambda each: str(each["name"]),
            scope=f"ListConnectorEntities:{params['connectorProfileName']}",
            max_results=params.get("maxResults"),
            next_token=params.get("nextToken"),
        )
        return {"connectorEntityMap": {_ENTITY_GROUP: [entity(each) for each in shown]}, "nextToken": next_token}

    def describe_entity(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer DescribeConnectorEntity."""
        with connector_errors():
            fields = self._org_of(params).fields(params["connectorEntityName"])
        return {"connectorEntityFields": [entity_field(field) for field in fields]}

    def _org_of(self, params: dict[str, Any]) -> SalesforceOrg:
        if "connectorProfileName" not in params:
            raise ValidationException("connectorProfileName must be specified to read the entities of a connector.")
        profile = self.get(params["connectorProfileName"])
        if profile.connector_type != params.get("connectorType", profile.connector_type):
            raise ValidationException(
                f"Connector Profile {profile.name} is of connector type {profile.connector_type}, "
                f"not {params['connectorType']}."
            )
        if profile.connector_type != "Salesforce":
            raise UnsupportedOperationException(
                f"The local stack cannot read the entities of {profile.connector_type} yet, only Salesforce."
            )
        return self.org(profile.name)

    def _refuse_duplicate(self, name: str) -> None:
        if name in self.profiles:
            raise ConflictException(f"Conflict executing request: Connector Profile with name {name} already exists.")
