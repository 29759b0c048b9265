from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
import requests
from botocore.config import Config
from moto.server import ThreadedMotoServer

from airflow_provider_appflow_isv.local.redshift.data_api import serve_data_api
from airflow_provider_appflow_isv.local.redshift.warehouse import Warehouse, reset, warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from botocore.exceptions import ClientError

ISV = "111111111111"
TENANT = "222222222222"
REGION = "us-east-1"
CLUSTER = "analytics"
DATABASE = "dev"


class Aws:
    """moto with the Data API, seen by one account."""

    def __init__(self, url: str, account: str) -> None:
        self.url = url
        self.account = account

    def client(self, service: str, keys: dict[str, str] | None = None, **config: Any) -> Any:
        make_client: Any = boto3.client
        credentials = keys or {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
        client = make_client(service, region_name=REGION, endpoint_url=self.url, config=Config(**config), **credentials)
        if keys is None:
            client.meta.events.register("before-sign", self._choose_account)
        return client

    def _choose_account(self, request: Any, **_: Any) -> None:
        request.headers["x-moto-account-id"] = self.account

    def create_cluster(self, identifier: str = CLUSTER) -> None:
        self.client("redshift").create_cluster(
            ClusterIdentifier=identifier,
            NodeType="ra3.xlplus",
            ClusterType="single-node",
            MasterUsername="admin",
            MasterUserPassword="Example-1",
            DBName=DATABASE,
        )

    def run(self, sql: str, **request: Any) -> dict[str, Any]:
        """Run a statement and return its description."""
        data = self.client("redshift-data")
        target = {"ClusterIdentifier": CLUSTER, "Database": DATABASE}
        started = data.execute_statement(Sql=sql, **{**target, **request})
        described: dict[str, Any] = data.describe_statement(Id=started["Id"])
        return described

    def run_batch(self, *sqls: str, **request: Any) -> dict[str, Any]:
        data = self.client("redshift-data")
        started = data.batch_execute_statement(Sqls=list(sqls), ClusterIdentifier=CLUSTER, Database=DATABASE, **request)
        described: dict[str, Any] = data.describe_statement(Id=started["Id"])
        return described

    def records(self, sql: str, **request: Any) -> list[list[dict[str, Any]]]:
        """Run a query and return its records."""
        described = self.run(sql, **request)
        assert described["Status"] == "FINISHED", described
        pages = self.client("redshift-data").get_paginator("get_statement_result").paginate(Id=described["Id"])
        return [record for page in pages for record in page["Records"]]

    def values(self, sql: str, **request: Any) -> list[tuple[Any, ...]]:
        """Run a query and return the values of its records, None for NULL."""
        return [tuple(_value(field) for field in record) for record in self.records(sql, **request)]


def _value(field: dict[str, Any]) -> Any:
    ((kind, value),) = field.items()
    return None if kind == "isNull" else value


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    serve_data_api()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def isv(endpoint: str) -> Aws:
    """The ISV's account, with a cluster."""
    requests.post(f"{endpoint}/moto-api/reset", timeout=30).raise_for_status()
    account = Aws(endpoint, ISV)
    account.create_cluster()
    return account


@pytest.fixture
def tenant(endpoint: str, isv: Aws) -> Aws:
    """A tenant's account, with a cluster of the same name."""
    account = Aws(endpoint, TENANT)
    account.create_cluster()
    return account


@pytest.fixture
def database() -> Iterator[Warehouse]:
    """A warehouse by itself; a workgroup's needs no cluster."""
    yield warehouse(ISV, REGION, "wg-unit", DATABASE, serverless=True)
    reset()


def names(columns: Sequence[Any]) -> list[str]:
    return [column.name for column in columns]


def refused(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    answer = error.value.response["Error"]
    return answer["Code"], answer["Message"]
