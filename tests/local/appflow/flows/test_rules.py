"""What CreateFlow and UpdateFlow refuse of a flow's ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from airflow_provider_appflow_isv.local.appflow.connectors.custom_connectors import provide, withdraw
from tests.local.appflow.conftest import BUCKET, Aws, flow_request, message_of
from tests.local.appflow.shop import CONFIGURATION, LAMBDA, Shop, register_request, shop_flow, shop_profile


@pytest.fixture(autouse=True)
def _shop() -> Iterator[None]:
    provide(LAMBDA, CONFIGURATION, Shop)
    yield
    withdraw(LAMBDA)


@pytest.fixture
def selling(connected: Any) -> Any:
    """A client of an account with profiles of a shop and of Salesforce."""
    connected.register_connector(**register_request())
    connected.create_connector_profile(**shop_profile())
    return connected


def to_shop(**properties: Any) -> dict[str, Any]:
    end = {
        "connectorType": "CustomConnector",
        "connectorProfileName": "shop-a",
        "destinationConnectorProperties": {"CustomConnector": {"entityName": "orders", **properties}},
    }
    return flow_request(destinationFlowConfigList=[end])


def redeploy(appflow: Any, **configuration: Any) -> None:
    """Let the shop's connector tell something else about itself."""
    provide(LAMBDA, {**CONFIGURATION, **configuration}, Shop)
    appflow.update_connector_registration(connectorLabel="shop")


@pytest.mark.parametrize(
    ("side", "flow"), [("Source", shop_flow("accounts")), ("Destination", to_shop())], ids=["source", "destination"]
)
def test_a_custom_connector_is_only_what_it_says_it_can_be(selling: Any, side: str, flow: dict[str, Any]) -> None:
    redeploy(selling, **{f"canUseAs{side}": False})
    with pytest.raises(selling.exceptions.ValidationException) as refusal:
        selling.create_flow(**flow)
    assert f"The custom connector of profile shop-a cannot be used as {side.lower()}" in message_of(refusal)
    redeploy(selling)
    selling.create_flow(**flow)
    redeploy(selling, **{f"canUseAs{side}": False})
    with pytest.raises(selling.exceptions.ValidationException, match=r"Update Flow request failed.*cannot be used as"):
        selling.update_flow(**flow)


@pytest.mark.parametrize("operation", ["UPDATE", "DELETE"])
def test_a_custom_connector_is_written_to_as_it_says_it_can_be(selling: Any, operation: str) -> None:
    with pytest.raises(selling.exceptions.ValidationException) as refusal:
        selling.create_flow(**to_shop(writeOperationType=operation, idFieldNames=["id"]))
    assert f"writeOperationType {operation} is not one of the custom connector's: INSERT" in message_of(refusal)


def test_without_a_write_operation_a_custom_connector_has_to_insert(selling: Any) -> None:
    selling.create_flow(**to_shop())
    redeploy(selling, supportedWriteOperations=["UPSERT"])
    with pytest.raises(selling.exceptions.ValidationException, match="writeOperationType INSERT is not one of"):
        selling.update_flow(**to_shop())


@pytest.mark.parametrize(
    ("names", "said"),
    [([], "idFieldNames must be specified"), (["External_Id__c", "Name"], "idFieldNames must name one field")],
)
def test_an_upsert_into_salesforce_names_one_external_id(aws: Aws, connected: Any, names: list[str], said: str) -> None:
    aws.client("s3").put_object(Bucket=BUCKET, Key="in/a.csv", Body=b"Name\nx\n")
    properties = {"object": "Account", "writeOperationType": "UPSERT", "idFieldNames": names}
    end = {
        "connectorType": "Salesforce",
        "connectorProfileName": "SalesForceAPI",
        "destinationConnectorProperties": {"Salesforce": properties},
    }
    source = {
        "connectorType": "S3",
        "sourceConnectorProperties": {"S3": {"bucketName": BUCKET, "bucketPrefix": "in"}},
    }
    tasks = [{"taskType": "Map_all", "sourceFields": []}]
    with pytest.raises(connected.exceptions.ValidationException, match=said):
        connected.create_flow(**flow_request(tasks=tasks, sourceFlowConfig=source, destinationFlowConfigList=[end]))
