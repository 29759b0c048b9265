"""A warehouse of the local Redshift as seen through a connector profile.

Facts: AppFlow user guide, "Amazon Redshift": a cluster or workgroup is reached through the Data API with the role
dataApiRoleArn, an older profile by databaseUrl with user name and password; both the query of the check and the words
for a missing role are known from public issues. Inferred: the warehouse is in the account of that role.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_appflow_isv.local.redshift.warehouse import (
    Warehouse,
    WarehouseError,
    profile_warehouse,
    table_name,
)

from .base import Keeper, VendorError

_CHECK = "select distinct(table_schema) from information_schema.tables limit 1"
_ENTITY_GROUP = "Objects"


def open_redshift(
    properties: Mapping[str, Any], keeper: Keeper, account_id: str, region_name: str
) -> RedshiftConnection:
    """Make the connection of a Redshift profile.

    :param properties: RedshiftConnectorProfileProperties.
    :param keeper: the profile's credentials: user name and password, where databaseUrl is given.
    :param account_id: the profile's account.
    :param region_name: the profile's Region.
    """
    return RedshiftConnection(properties, keeper, account_id, region_name)


class RedshiftConnection:
    """One warehouse as seen through one connector profile.

    :param properties: RedshiftConnectorProfileProperties.
    :param keeper: the profile's credentials.
    :param account_id: the profile's account.
    :param region_name: the profile's Region.
    """

    def __init__(self, properties: Mapping[str, Any], keeper: Keeper, account_id: str, region_name: str) -> None:
        self._properties = properties
        self._keeper = keeper
        self._account_id = account_id
        self._region_name = region_name

    def check(self) -> None:
        """Run the query that AppFlow runs."""
        try:
            self._check_login()
            self.warehouse().execute(_CHECK)
        except (VendorError, WarehouseError) as error:
            raise VendorError(
                f'Failed to validate Connection while attempting "{_CHECK}" with connector failure {error}'
            ) from None

    def entities(self, path: str | None) -> dict[str, list[dict[str, Any]]]:
        """Return the tables, as ``schema.table``; a path is a schema."""
        found = [
            {"name": f"{schema}.{table}", "label": table, "hasNestedEntities": False}
            for schema, table in self.warehouse().tables()
            if path in (None, schema)
        ]
        return {_ENTITY_GROUP: found}

    def fields(self, entity_name: str) -> list[dict[str, Any]]:
        """Return the columns of one table."""
        try:
            columns = self.warehouse().columns(*table_name(entity_name))
        except WarehouseError as error:
            raise VendorError(str(error)) from None
        return [
            {
                "identifier": column.name,
                "label": column.name,
                "isPrimaryKey": False,
                "supportedFieldTypeDetails": {"v1": {"fieldType": column.type, "filterOperators": []}},
                "destinationProperties": {
                    "isCreatable": True,
                    "isUpdatable": False,
                    "isNullable": column.nullable,
                    "supportedWriteOperations": ["INSERT"],
                },
            }
            for column in columns
        ]

    def warehouse(self) -> Warehouse:
        """Return the warehouse.

        :raises VendorError: if there is none.
        """
        role = self._properties.get("dataApiRoleArn")
        owner = role.split(":")[4] if role else self._account_id
        try:
            return profile_warehouse(owner, self._region_name, self._properties)
        except WarehouseError as error:
            raise VendorError(str(error)) from None

    def _check_login(self) -> None:
        given = self._keeper.credentials()
        by_password = "databaseUrl" in self._properties and given.get("username") and given.get("password")
        if not by_password and not self._properties.get("dataApiRoleArn"):
            raise VendorError("dataApiRoleArn cannot be null or empty")
