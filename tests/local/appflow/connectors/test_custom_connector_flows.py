"""Flows from and to a custom connector."""

from __future__ import annotations

import json
from typing import Any

from airflow_provider_appflow_isv.local.appflow.connectors.custom_connectors import withdraw
from tests.local.appflow.conftest import BUCKET, Aws, filter_task, flow_request, map_fields, run_and_wait
from tests.local.appflow.selling import registered, selling, shop
from tests.local.appflow.shop import LAMBDA, Shop, register_request, shop_flow, shop_profile

__all__ = ["registered", "selling", "shop"]  # fixtures


def landed(aws: Aws) -> list[dict[str, Any]]:
    return [json.loads(line) for content in aws.objects(BUCKET).values() for line in content.splitlines()]


def test_a_flow_reads_from_the_connector(aws: Aws, selling: Any) -> None:
    selling.create_flow(**shop_flow())
    record = run_and_wait(selling, "orders")
    assert record["executionStatus"] == "Successful"
    assert record["executionResult"]["recordsProcessed"] == 3
    assert landed(aws) == Shop.orders


def test_a_flow_with_all_fields_asks_the_connector_for_them(aws: Aws, selling: Any) -> None:
    map_all = {"taskType": "Map_all", "sourceFields": [], "taskProperties": {}}
    selling.create_flow(**shop_flow(tasks=[map_all]))
    assert run_and_wait(selling, "orders")["executionStatus"] == "Successful"
    assert landed(aws) == Shop.orders


def test_filters_hold_for_connectors_that_leave_them_alone(aws: Aws, selling: Any) -> None:
    paid = filter_task("state", "EQUAL_TO", DATA_TYPE="string", VALUE="paid")
    paid["connectorOperator"] = {"CustomConnector": "EQUAL_TO"}
    ids = {"taskType": "Map", "sourceFields": ["id"], "destinationField": "id"}
    projection = shop_flow()["tasks"][0] | {"sourceFields": ["id"]}
    selling.create_flow(**shop_flow(tasks=[projection, paid, ids]))
    assert run_and_wait(selling, "orders")["executionStatus"] == "Successful"
    assert landed(aws) == [{"id": "1"}, {"id": "3"}]


def test_a_flow_whose_connector_is_gone_fails(selling: Any) -> None:
    selling.create_flow(**shop_flow())
    withdraw(LAMBDA)
    record = run_and_wait(selling, "orders")
    assert record["executionStatus"] == "Error"
    assert "CustomConnector" in record["executionResult"]["errorInfo"]["executionMessage"]


def to_shop(**properties: Any) -> dict[str, Any]:
    """CreateFlow's request for Salesforce accounts to the shop's orders."""
    renamed = [*map_fields("Id", "Industry")]
    for task, field in zip(renamed[1:], ("id", "state"), strict=True):
        task["destinationField"] = field
    destination = {
        "connectorType": "CustomConnector",
        "connectorProfileName": "shop-a",
        "destinationConnectorProperties": {"CustomConnector": {"entityName": "orders", **properties}},
    }
    return flow_request("to-shop", tasks=renamed, destinationFlowConfigList=[destination])


def test_a_flow_writes_to_the_connector(connected: Any, org: Any) -> None:
    connected.register_connector(**register_request())
    connected.create_connector_profile(**shop_profile())
    connected.create_flow(**to_shop())
    assert run_and_wait(connected, "to-shop")["executionStatus"] == "Successful"
    assert {order["id"] for order in Shop.orders[3:]} == {account["Id"] for account in org.accounts}


def test_records_that_the_connector_refuses_are_counted_and_kept(aws: Aws, selling: Any) -> None:
    Shop.orders = [{"id": "1", "state": "paid"}, {"id": "2", "state": "void"}]
    to_itself = to_shop(errorHandlingConfig={"bucketName": BUCKET, "failOnFirstDestinationError": False})
    selling.create_flow(**shop_flow(destinationFlowConfigList=to_itself["destinationFlowConfigList"]))
    record = run_and_wait(selling, "orders")
    assert record["executionStatus"] == "Successful"
    assert record["executionResult"]["errorInfo"]["putFailuresCount"] == 1
    (refused,) = landed(aws)
    assert refused == {"record": {"id": "2", "state": "void"}, "error": "INSERT of a void order"}
