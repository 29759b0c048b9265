"""The warehouses of all accounts, and which of them an AppFlow connector profile means.

They live in a backend of moto's kind, so that ``/moto-api/reset`` and ``mock_aws`` empty them with everything else.

A provisioned cluster has to exist in moto's Redshift (CreateCluster) in the account and Region; its databases live as
long as it does. moto has no Redshift Serverless, so any workgroup exists. A database is made when it is first asked
for, whatever its name.
"""

from __future__ import annotations

import hmac
import re
import threading
from collections.abc import Mapping
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from moto.core.base_backend import BackendDict, BaseBackend
from moto.redshift.models import Cluster, redshift_backends

from .columns import Column
from .database import Result, Session, Warehouse
from .errors import LoadError, WarehouseError
from .names import table_name

__all__ = [
    "Column",
    "LoadError",
    "Result",
    "Session",
    "Warehouse",
    "WarehouseError",
    "WarehouseNotFound",
    "Warehouses",
    "is_let_in",
    "profile_warehouse",
    "reset",
    "table_name",
    "warehouse",
]

_DATABASE_URL = re.compile(
    r"jdbc:redshift(?::iam)?://(?P<name>[a-z0-9-]+)\.(?P<id>[a-z0-9]+)\.(?P<region>[a-z0-9-]+)\.redshift"
    r"(?P<serverless>-serverless)?\.amazonaws\.com(?:\.cn)?(?::\d+)?/(?P<database>[^/?;]+)(?:[?;].*)?",
    re.IGNORECASE,
)


class WarehouseNotFound(WarehouseError):
    """There is no such cluster."""


class Warehouses(BaseBackend):
    """The warehouses of one account and Region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._lock = threading.Lock()
        self._of_clusters: WeakKeyDictionary[Cluster, dict[str, Warehouse]] = WeakKeyDictionary()
        self._of_workgroups: dict[str, dict[str, Warehouse]] = {}

    def of_cluster(self, identifier: str, database: str) -> Warehouse:
        """Return a database of a provisioned cluster.

        :raises WarehouseNotFound: if moto has no such cluster in this account and Region.
        """
        cluster = self.cluster(identifier)
        if cluster is None:
            raise WarehouseNotFound("Redshift endpoint doesn't exist in this region.")
        with self._lock:
            return _database(self._of_clusters.setdefault(cluster, {}), database)

    def of_workgroup(self, name: str, database: str) -> Warehouse:
        """Return a database of a serverless workgroup."""
        with self._lock:
            return _database(self._of_workgroups.setdefault(name, {}), database)

    def cluster(self, identifier: str) -> Cluster | None:
        """Return moto's cluster of that identifier, None if there is none."""
        found: Cluster | None = redshift_backends[self.account_id][self.region_name].clusters.get(identifier)
        return found

    def reset(self) -> None:
        """Drop all databases."""
        with self._lock:
            for databases in (*self._of_clusters.values(), *self._of_workgroups.values()):
                for each in databases.values():
                    each.close()
        super().reset()


def _database(databases: dict[str, Warehouse], name: str) -> Warehouse:
    folded = name.lower()
    if folded not in databases:
        databases[folded] = Warehouse(folded)
    return databases[folded]


warehouse_backends = BackendDict(Warehouses, "redshift")


def warehouse(
    account_id: str, region_name: str, cluster_or_workgroup: str, database: str, *, serverless: bool = False
) -> Warehouse:
    """Return a warehouse; its database is made when it is first asked for.

    :param account_id: 12-digit account that owns it.
    :param region_name: its Region.
    :param cluster_or_workgroup: identifier of a provisioned cluster, or name of a serverless workgroup.
    :param database: name of the database, folded to lower case.
    :param serverless: True for a workgroup; default False, a cluster, which has to exist in moto.
    :return: the warehouse, the same one each time until a reset.
    :raises WarehouseNotFound: if the account has no such cluster in this Region.
    """
    owned = warehouse_backends[account_id][region_name]
    return (owned.of_workgroup if serverless else owned.of_cluster)(cluster_or_workgroup, database)


def profile_warehouse(account_id: str, region_name: str, properties: Mapping[str, Any]) -> Warehouse:
    """Return the warehouse that a connector profile's Redshift properties mean.

    :param account_id: the account of the connector profile.
    :param region_name: its Region.
    :param properties: ``connectorProfileProperties.Redshift``: ``clusterIdentifier``, or ``isRedshiftServerless`` with
        ``workgroupName``, each with ``databaseName``; or the older ``databaseUrl`` (JDBC), which may mean a cluster
        of another account and Region.
    :return: the warehouse.
    :raises WarehouseError: naming the property that is missing or wrong.
    :raises WarehouseNotFound: if there is no such cluster.
    """
    url = properties.get("databaseUrl")
    if properties.get("isRedshiftServerless"):
        workgroup = _required(properties, "workgroupName", "isRedshiftServerless is true")
        database = _required(properties, "databaseName", "a workgroup is named")
        return warehouse(account_id, region_name, workgroup, database, serverless=True)
    if properties.get("clusterIdentifier"):
        database = _required(properties, "databaseName", "clusterIdentifier is given")
        return warehouse(account_id, region_name, properties["clusterIdentifier"], database)
    if url:
        place = _place(account_id, str(url))
        return warehouse(*place[:-1], serverless=place.serverless)
    raise WarehouseError(
        "Redshift: no warehouse is named; give clusterIdentifier, or isRedshiftServerless with workgroupName, "
        "each with databaseName, or databaseUrl"
    )


def is_let_in(account_id: str, url: str, username: str, password: str) -> bool:
    """Say whether the warehouse of a JDBC URL knows a user of that name and password.

    A cluster knows its master user alone. A workgroup, of which moto knows nothing, lets everybody in.

    :param account_id: the account of the connector profile.
    :param url: the profile's ``databaseUrl``.
    :param username: the user's name.
    :param password: the user's password.
    :raises WarehouseError: if the URL is none of Redshift.
    """
    place = _place(account_id, url)
    if place.serverless:
        return True
    cluster = warehouse_backends[place.account_id][place.region_name].cluster(place.name)
    if cluster is None:
        return True  # there is nobody to refuse; that there is no cluster is said by ``warehouse``
    known = f"{cluster.master_username}:{cluster.master_user_password}"
    return hmac.compare_digest(known.encode(), f"{username}:{password}".encode())


def reset() -> None:
    """Drop all warehouses of all accounts."""
    for _, _, owned in warehouse_backends.iter_backends():
        owned.reset()


def _required(properties: Mapping[str, Any], name: str, why: str) -> str:
    value = properties.get(name)
    if not value:
        raise WarehouseError(f"{name}: it is missing, and needed because {why}")
    return str(value)


class _Place(NamedTuple):
    """What ``warehouse`` takes."""

    account_id: str
    region_name: str
    name: str
    database: str
    serverless: bool


def _place(account_id: str, url: str) -> _Place:
    parts = _DATABASE_URL.fullmatch(url)
    if parts is None:
        raise WarehouseError(
            f"databaseUrl: {url!r} is none of Redshift; write "
            "jdbc:redshift://<cluster>.<id>.<region>.redshift.amazonaws.com:5439/<database>"
        )
    name, region_name, serverless = parts["name"], parts["region"], bool(parts["serverless"])
    owner = parts["id"] if serverless else _owner(account_id, region_name, name)
    return _Place(owner, region_name, name, parts["database"], serverless)


def _owner(account_id: str, region_name: str, identifier: str) -> str:
    """The account of a cluster that a URL names: the profile's own if it has it, else the only one that has it."""
    owners = [
        owner
        for owner, regions in list(redshift_backends.items())
        if region_name in regions and identifier in regions[region_name].clusters
    ]
    return owners[0] if account_id not in owners and len(owners) == 1 else account_id
