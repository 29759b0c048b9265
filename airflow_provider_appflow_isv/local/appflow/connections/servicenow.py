"""The part of the ServiceNow REST API that AppFlow uses, with the credentials of a connector profile.

Facts: AppFlow user guide, "ServiceNow": tables, columns and types are read from ``sys_db_object``, ``sys_dictionary``
and ``sys_glide_object``; ServiceNow documentation, "Table API". That a reference is an object with ``link`` and
``value`` follows from how Amazon Connect Customer Profiles maps what AppFlow brings it ("Mapping ServiceNow objects",
Amazon Connect administrator guide). Pages by ``sys_id`` are those of AWS Glue's ServiceNow connector.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import quote

from airflow_provider_appflow_isv.local.appflow.exceptions import ValidationException

from .base import Keeper, VendorError, VendorUnreachableError
from .http import NO_VALID_RESPONSE, HttpConnection, new_session
from .servicenow_entities import entity, entity_field
from .servicenow_login import ServiceNowLogin, check_credentials

_TABLES = "/api/now/v2/table"
_PAGE_SIZE = 1000
_ENTITY_GROUP = "Objects"  # the name of ServiceNow's one group of entities; inferred


def open_servicenow(
    properties: Mapping[str, Any], keeper: Keeper, _account_id: str, _region_name: str
) -> ServiceNowConnection:
    """Make the connection of a ServiceNow profile.

    :param properties: ServiceNowConnectorProfileProperties.
    :param keeper: the profile's credentials.
    :raises ValidationException: if there is no way in.
    """
    check_credentials(keeper.credentials())
    return ServiceNowConnection(properties["instanceUrl"], keeper)


class ServiceNowConnection(HttpConnection):
    """One instance as seen through one connector profile.

    :param instance_url: base address, which may carry a path.
    :param keeper: the profile's credentials.
    """

    vendor: ClassVar[str] = "ServiceNow"
    revocation_path: ClassVar[str] = "/oauth_revoke_token.do"

    def __init__(self, instance_url: str, keeper: Keeper) -> None:
        super().__init__(instance_url, keeper, ServiceNowLogin(instance_url))

    def check(self) -> None:
        """Log in and look whether the user may read the list of tables."""
        next(self.records("sys_db_object", ["name"], size=1))

    def entities(self, path: str | None) -> dict[str, list[dict[str, Any]]]:
        """Return the instance's tables; they have no path."""
        if path is not None:
            raise ValidationException("Entities of ServiceNow have no path: leave entitiesPath out.")
        tables = sorted(self._tables().values(), key=lambda table: table["name"])
        return {_ENTITY_GROUP: [entity(table) for table in tables]}

    def fields(self, entity_name: str) -> list[dict[str, Any]]:
        """Return the columns of one table."""
        columns = self._columns(entity_name)
        types = {each["name"]: each["scalar_type"] for each in self._all("sys_glide_object", ["name", "scalar_type"])}
        return [entity_field(column, types.get(column["internal_type"], "string")) for column in columns]

    def column_types(self, table: str) -> dict[str, str]:
        """Return the types of a table's columns, those of the tables that it extends among them, sorted by name.

        :raises VendorError: if there is no such table.
        """
        return {each["identifier"]: each["supportedFieldTypeDetails"]["v1"]["fieldType"] for each in self.fields(table)}

    def records(
        self, table: str, fields: Sequence[str], query: str = "", *, size: int = _PAGE_SIZE, links: bool = True
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield the pages of a table's records, sorted by ``sys_id``; at least one, which may be empty.

        Each page begins behind the last one's last ``sys_id``, so that no change on the way shifts it. One that is not
        full may be followed by others, as ServiceNow leaves out of it what the user may not see.

        :param table: the table.
        :param fields: names of columns.
        :param query: an encoded query without ``^NQ``; default empty, for all records.
        :param size: most records of a page.
        :param links: whether a reference is an object of ``link`` and ``value``, the default, or just its value.
        :return: the fields by name; all else is text.
        """
        path = f"{_TABLES}/{quote(table, safe='')}"
        params = {
            "sysparm_fields": ",".join(dict.fromkeys(["sys_id", *fields])),
            "sysparm_limit": str(size),
            "sysparm_exclude_reference_link": "false" if links else "true",
        }
        last = ""
        with new_session() as session:
            while True:
                terms = [query, f"sys_id>{last}" if last else "", "ORDERBYsys_id"]
                params["sysparm_query"] = "^".join(filter(None, terms))
                page, before = _result(self.get(path, params, session)), last
                if page or not before:
                    yield [{name: row.get(name, "") for name in fields} for row in page]
                if not page:
                    return
                last = str(page[-1]["sys_id"])
                if last == before:
                    raise VendorUnreachableError(NO_VALID_RESPONSE)

    def reason(self, body: Any) -> str:
        """Return ServiceNow's own words: {error: {message, detail}}."""
        message, detail = body["error"]["message"], body["error"]["detail"]
        return f"{message}: {detail}" if detail else str(message)

    def _columns(self, table: str) -> list[dict[str, str]]:
        names = ",".join(self._lineage(table))
        found = self._all(
            "sys_dictionary",
            ["element", "column_label", "internal_type"],
            f"nameIN{names}^active=true^elementISNOTEMPTY^internal_type!=collection",
        )
        return [column for _, column in sorted({column["element"]: column for column in found}.items())]

    def _lineage(self, table: str) -> list[str]:
        """Return a table's name and those of the tables that it extends."""
        tables = self._tables()
        by_name = {each["name"]: sys_id for sys_id, each in tables.items()}
        if table not in by_name:
            raise VendorError(
                f"The ServiceNow instance has no table {table}, or lets the profile's user not know of it: "
                "choose one that ListConnectorEntities lists."
            )
        names: list[str] = []
        sys_id = by_name[table]
        while sys_id in tables and tables[sys_id]["name"] not in names:
            names.append(tables[sys_id]["name"])
            sys_id = tables[sys_id]["super_class"]
        return names

    def _tables(self) -> dict[str, dict[str, str]]:
        """Return the instance's tables by their ``sys_id``."""
        found = self._all("sys_db_object", ["sys_id", "name", "label", "super_class"])
        return {each["sys_id"]: each for each in found}

    def _all(self, table: str, fields: Sequence[str], query: str = "") -> list[dict[str, str]]:
        return [row for page in self.records(table, fields, query, links=False) for row in page]


def _result(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the records of an answer."""
    rows = body.get("result")
    if isinstance(rows, list) and all(isinstance(row, dict) and row.get("sys_id") for row in rows):
        return rows
    raise VendorUnreachableError(NO_VALID_RESPONSE)
