"""A warehouse of the local Redshift as seen through a connector profile.

Facts: AppFlow user guide, "Amazon Redshift": a cluster or workgroup is reached through the Data API with the role
dataApiRoleArn, an older profile by databaseUrl with user name and password; both the query of the check and the words
for a missing role are known from public issues. A role is passed to services of its own account only (IAM user guide),
so that the Data API leads to warehouses of the profile's account, and databaseUrl alone to those of others. Inferred:
the words for a wrong password; what roleArn may do is not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_appflow_isv.local.redshift.warehouse import (
    Warehouse,
    WarehouseError,
    is_let_in,
    profile_warehouse,
    table_name,
)

from .base import Keeper, VendorAuthenticationError, VendorError

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
            self.warehouse().execute(_CHECK)
        except (VendorError, WarehouseError) as error:
            kind = VendorAuthenticationError if isinstance(error, VendorAuthenticationError) else VendorError
            raise kind(
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

        :raises VendorAuthenticationError: if it does not let the profile's user in.
        :raises VendorError: if there is none, or the profile has no way in.
        """
        self._check_login()
        try:
            return profile_warehouse(self._account_id, self._region_name, self._properties)
        except WarehouseError as error:
            raise VendorError(str(error)) from None

    def _check_login(self) -> None:
        if self._properties.get("dataApiRoleArn"):
            return
        given = self._keeper.credentials()
        username, password = given.get("username"), given.get("password")
        if not (self._properties.get("databaseUrl") and username and password):
            raise VendorError("dataApiRoleArn cannot be null or empty")
        try:
            let_in = is_let_in(self._account_id, self._properties["databaseUrl"], username, password)
        except WarehouseError as error:
            raise VendorError(str(error)) from None
        if not let_in:
            raise VendorAuthenticationError(
                f'[Amazon](500310) Invalid operation: password authentication failed for user "{username}";'
            )
