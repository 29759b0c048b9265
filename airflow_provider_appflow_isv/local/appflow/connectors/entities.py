"""The connector entities that are seen through connector profiles, as the metadata cache has them.

Facts: AppFlow API reference, ListConnectorEntities, DescribeConnectorEntity, ResetConnectorMetadataCache (which
connectors go without a profile).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.local.appflow.connections import connector_errors
from airflow_provider_appflow_isv.local.appflow.connectors.aws_connectors import is_aws_connector
from airflow_provider_appflow_isv.local.appflow.connectors.catalog import CUSTOM, needs_profile
from airflow_provider_appflow_isv.local.appflow.connectors.metadata_cache import Lookup, MetadataCache
from airflow_provider_appflow_isv.local.appflow.exceptions import UnsupportedOperationException, ValidationException
from airflow_provider_appflow_isv.local.appflow.wire.paging import page

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.connections.base import Connection
    from airflow_provider_appflow_isv.local.appflow.profiles.store import ProfileStore


class EntityDirectory:
    """What the vendors of one account and Region have.

    :param profiles: the connector profiles that lead to them.
    :param cache: what is known already.
    """

    def __init__(self, profiles: ProfileStore, cache: MetadataCache) -> None:
        self._profiles = profiles
        self._cache = cache

    def list_entities(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer ListConnectorEntities."""
        connection, name, path = self._connection(params), params["connectorProfileName"], params.get("entitiesPath")
        with connector_errors():
            groups = self._cache.get(
                Lookup(name, params.get("apiVersion"), path=path), lambda: connection.entities(path)
            )
        shown, next_token = page(
            sorted(((group, entity) for group, entities in groups.items() for entity in entities), key=_place),
            _place,
            scope=f"ListConnectorEntities:{name}:{path or ''}",
            max_results=params.get("maxResults"),
            next_token=params.get("nextToken"),
        )
        shown_groups: dict[str, list[dict[str, Any]]] = {}
        for group, entity in shown:
            shown_groups.setdefault(group, []).append(entity)
        return {"connectorEntityMap": shown_groups, "nextToken": next_token}

    def describe_entity(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer DescribeConnectorEntity."""
        connection, entity = self._connection(params), params["connectorEntityName"]
        lookup = Lookup(params["connectorProfileName"], params.get("apiVersion"), entity_name=entity)
        with connector_errors():
            return {"connectorEntityFields": self._cache.get(lookup, lambda: connection.fields(entity))}

    def reset_cache(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer ResetConnectorMetadataCache: the names of entities are forgotten, or the details of the one named."""
        name = params.get("connectorProfileName")
        if name is None:
            self._check_unprofiled(params)
            return {}  # nothing is kept of the connectors without profiles
        profile_type = self._type_of(params)
        if profile_type == CUSTOM and "apiVersion" not in params:
            raise ValidationException("apiVersion must be specified for a connector profile of type CustomConnector.")
        entity = params.get("connectorEntityName")
        path = None if entity else params.get("entitiesPath")
        self._cache.reset(Lookup(name, params.get("apiVersion"), path=path, entity_name=entity))
        return {}

    def _connection(self, params: dict[str, Any]) -> Connection:
        if "connectorProfileName" not in params:
            connector_type = self._check_unprofiled(params)
        else:
            connector_type = self._type_of(params)
            connection = self._profiles.connection(params["connectorProfileName"])
            if connection is not None:
                return connection
            label = self._profiles.get(params["connectorProfileName"]).connector_label
            if label is not None and is_aws_connector(label):
                raise UnsupportedOperationException(
                    f"The local stack knows AWS's own connector {label} by name only, not its entities. Register a "
                    "connector of that label that is provided in Python to have some."
                )
        raise UnsupportedOperationException(
            f"The local stack has no {connector_type} whose entities it could tell. It has the entities of Salesforce, "
            "ServiceNow, Amazon Redshift and of custom connectors that are provided in Python."
        )

    def _check_unprofiled(self, params: dict[str, Any]) -> str:
        """Check that a request without a connector profile is for a connector that has none, and return its type."""
        connector_type: str | None = params.get("connectorType")
        if connector_type is None or needs_profile(connector_type):
            raise ValidationException(
                "connectorProfileName must be specified to read the entities of a connector, but for connectors "
                "without profiles, such as S3, where connectorType must be."
            )
        return connector_type

    def _type_of(self, params: dict[str, Any]) -> str:
        profile = self._profiles.get(params["connectorProfileName"])
        if profile.connector_type != params.get("connectorType", profile.connector_type):
            raise ValidationException(
                f"Connector Profile {profile.name} is of connector type {profile.connector_type}, "
                f"not {params['connectorType']}."
            )
        return profile.connector_type


def _place(entity: tuple[str, dict[str, Any]]) -> str:
    return f"{entity[0]}/{entity[1]['name']}"
