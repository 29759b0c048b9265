"""A custom connector for tests: a shop with orders, under example.com."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from airflow_provider_appflow_isv.local.appflow.connectors.custom_connectors import (
    CustomConnection,
    Query,
    VendorAuthenticationError,
    string_field,
)
from tests.local.appflow.conftest import ACCOUNT, BUCKET, REGION

LAMBDA = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:shop-connector"
PASSWORD = "example-password"
CONFIGURATION: dict[str, Any] = {
    "canUseAsSource": True,
    "canUseAsDestination": True,
    "connectorName": "Shop",
    "connectorOwner": "tenant-a",
    "connectorVersion": "1.0",
    "connectorModes": ["SOURCE", "DESTINATION"],
    "supportedApiVersions": ["v1"],
    "supportedWriteOperations": ["INSERT"],
    "authenticationConfig": {
        "isBasicAuthSupported": True,
        "isCustomAuthSupported": True,
        "customAuthConfigs": [
            {"customAuthenticationType": "PIN", "authParameters": [{"key": "pin", "isRequired": True}]}
        ],
    },
    "connectorRuntimeSettings": [{"key": "shopUrl", "isRequired": True, "scope": "CONNECTOR_PROFILE"}],
}


class Shop(CustomConnection):
    """Orders in memory; ``asked`` counts the questions about entities."""

    orders: list[dict[str, Any]] = []  # noqa: RUF012  # shared by all connections, as a vendor's data are
    asked: list[str] = []  # noqa: RUF012  # likewise

    def check(self) -> None:
        basic = self.credentials.get("basic", {})
        if basic.get("password", PASSWORD) != PASSWORD:
            raise VendorAuthenticationError("Status Code: 401 : wrong password")

    def entities(self, path: str | None) -> dict[str, list[dict[str, Any]]]:
        self.asked.append(f"entities of {path}")
        if path == "orders":
            return {"Lines": [{"name": "lines", "hasNestedEntities": False}]}
        return {"Objects": [{"name": "orders", "hasNestedEntities": True}, {"name": "broken"}]}

    def fields(self, entity_name: str) -> list[dict[str, Any]]:
        self.asked.append(f"fields of {entity_name}")
        if entity_name == "broken":
            raise KeyError(PASSWORD)
        return [string_field("id", isPrimaryKey=True), string_field("state")]

    def read(self, query: Query) -> Iterator[list[dict[str, Any]]]:
        for order in self.orders:
            yield [{name: order.get(name) for name in query.fields}]

    def write(
        self, entity_name: str, operation: str, id_field_names: Sequence[str], records: Sequence[dict[str, Any]]
    ) -> list[str | None]:
        accepted: list[dict[str, Any]] = [record for record in records if record.get("state") != "void"]
        self.orders.extend(accepted)
        return [None if record in accepted else f"{operation} of a void order" for record in records]


def register_request(label: str = "shop", lambda_arn: str = LAMBDA, **changes: Any) -> dict[str, Any]:
    return {
        "connectorLabel": label,
        "connectorProvisioningType": "LAMBDA",
        "connectorProvisioningConfig": {"lambda": {"lambdaArn": lambda_arn}},
        **changes,
    }


def shop_profile(
    name: str = "shop-a", credentials: Mapping[str, Any] | None = None, label: str = "shop"
) -> dict[str, Any]:
    basic = {"authenticationType": "BASIC", "basic": {"username": "user", "password": PASSWORD}}
    return {
        "connectorProfileName": name,
        "connectorType": "CustomConnector",
        "connectorLabel": label,
        "connectionMode": "Public",
        "connectorProfileConfig": {
            "connectorProfileProperties": {
                "CustomConnector": {"profileProperties": {"shopUrl": "https://shop.example.com"}}
            },
            "connectorProfileCredentials": {"CustomConnector": credentials or basic},
        },
    }


def shop_flow(name: str = "orders", tasks: list[dict[str, Any]] | None = None, **changes: Any) -> dict[str, Any]:
    """CreateFlow's request for the shop's orders to S3."""
    projection = {
        "taskType": "Filter",
        "sourceFields": ["id", "state"],
        "connectorOperator": {"CustomConnector": "PROJECTION"},
    }
    maps = [{"taskType": "Map", "sourceFields": [each], "destinationField": each} for each in ("id", "state")]
    return {
        "flowName": name,
        "triggerConfig": {"triggerType": "OnDemand"},
        "sourceFlowConfig": {
            "connectorType": "CustomConnector",
            "connectorProfileName": "shop-a",
            "apiVersion": "v1",
            "sourceConnectorProperties": {"CustomConnector": {"entityName": "orders"}},
        },
        "destinationFlowConfigList": [
            {"connectorType": "S3", "destinationConnectorProperties": {"S3": {"bucketName": BUCKET}}}
        ],
        "tasks": tasks or [projection, *maps],
        **changes,
    }
