"""Sources and destinations as members of requests."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_appflow_isv.specs import (
    ConnectorDestination,
    ConnectorSource,
    CustomSource,
    ErrorHandling,
    FlowSpec,
    RedshiftDestination,
    S3Destination,
    S3Source,
    SalesforceSource,
    SAPODataDestination,
    ServiceNowSource,
    SpecError,
)
from airflow_provider_appflow_isv.specs.configs import config_of
from airflow_provider_appflow_isv.specs.ends import End, classes
from airflow_provider_appflow_isv.specs.general import destination_of, source_of


class ShopSource(CustomSource):
    """A custom connector with an entity of its own."""

    entity = "orders"
    api_version = "v2"


ENDS: list[tuple[End, dict[str, Any]]] = [
    (
        ServiceNowSource(profile="snow", object="incident"),
        {
            "connectorType": "Servicenow",
            "connectorProfileName": "snow",
            "sourceConnectorProperties": {"ServiceNow": {"object": "incident"}},
        },
    ),
    (
        S3Source(bucket="input", prefix="in/"),
        {
            "connectorType": "S3",
            "sourceConnectorProperties": {
                "S3": {
                    "bucketName": "input",
                    "bucketPrefix": "in",
                    "s3InputFormatConfig": {"s3InputFileType": "CSV"},
                }
            },
        },
    ),
    (
        CustomSource(
            profile="shop", entity="orders", label="shop", data_transfer_api="bulk", data_transfer_type="ASYNC"
        ),
        {
            "connectorType": "CustomConnector",
            "connectorProfileName": "shop",
            "sourceConnectorProperties": {
                "CustomConnector": {"entityName": "orders", "dataTransferApi": {"Name": "bulk", "Type": "ASYNC"}}
            },
        },
    ),
    (
        ShopSource(profile="shop"),
        {
            "connectorType": "CustomConnector",
            "connectorProfileName": "shop",
            "apiVersion": "v2",
            "sourceConnectorProperties": {"CustomConnector": {"entityName": "orders"}},
        },
    ),
    (
        ConnectorSource("Infornexus", {"object": "orders"}, profile="nexus"),
        {
            "connectorType": "Infornexus",
            "connectorProfileName": "nexus",
            "sourceConnectorProperties": {"InforNexus": {"object": "orders"}},
        },
    ),
    (
        S3Destination(bucket="landing"),
        {
            "connectorType": "S3",
            "destinationConnectorProperties": {
                "S3": {"bucketName": "landing", "s3OutputFormatConfig": {"fileType": "JSON"}}
            },
        },
    ),
    (
        RedshiftDestination(
            profile="dwh",
            object="public.accounts",
            intermediate_bucket="staging",
            on_error=ErrorHandling(bucket="failed", prefix="a/b", fail_on_first=True),
        ),
        {
            "connectorType": "Redshift",
            "connectorProfileName": "dwh",
            "destinationConnectorProperties": {
                "Redshift": {
                    "object": "public.accounts",
                    "intermediateBucketName": "staging",
                    "errorHandlingConfig": {
                        "bucketName": "failed",
                        "bucketPrefix": "a/b",
                        "failOnFirstDestinationError": True,
                    },
                }
            },
        },
    ),
    (
        SAPODataDestination(profile="sap", object_path="/orders", success_bucket="answers", success_prefix="a"),
        {
            "connectorType": "SAPOData",
            "connectorProfileName": "sap",
            "destinationConnectorProperties": {
                "SAPOData": {
                    "objectPath": "/orders",
                    "successResponseHandlingConfig": {"bucketName": "answers", "bucketPrefix": "a"},
                }
            },
        },
    ),
    (
        ConnectorDestination("LookoutMetrics"),
        {"connectorType": "LookoutMetrics", "destinationConnectorProperties": {"LookoutMetrics": {}}},
    ),
]


@pytest.mark.parametrize(("end", "config"), ENDS, ids=lambda each: type(each).__name__)
def test_an_end_is_written_by_appflows_names(end: End, config: dict[str, Any]) -> None:
    assert config_of(end) == config


@pytest.mark.parametrize(("end", "config"), ENDS, ids=lambda each: type(each).__name__)
def test_what_was_written_is_read(end: End, config: dict[str, Any]) -> None:
    read = source_of(config) if end.side == "source" else destination_of(config)
    assert config_of(read) == config


def test_a_users_class_does_not_take_the_place_of_the_class_for_all_custom_connectors() -> None:
    assert classes("source")["CustomConnector"] is CustomSource


def test_a_request_shares_nothing_with_its_spec() -> None:
    properties = {"entityName": "orders", "customProperties": {"shop": "a"}}
    destination = ConnectorDestination("CustomConnector", properties, profile="shop")
    spec = FlowSpec(
        name="orders",
        source=SalesforceSource(profile="acme", object="Account"),
        destination=destination,
        fields=["Id"],
        tags={"team": "a"},
    )
    request = spec.create_request()
    before = spec.create_request()
    own = request["destinationFlowConfigList"][0]["destinationConnectorProperties"]["CustomConnector"]
    own["customProperties"]["shop"] = "b"
    request["tags"]["team"] = "b"
    request["tasks"][0]["sourceFields"].append("Name")
    properties["entityName"] = "lines"
    assert spec.create_request() == before


def test_a_member_of_a_config_that_nobody_knows_is_named() -> None:
    config = {**ENDS[0][1], "madeLater": True}
    with pytest.raises(SpecError, match="madeLater: is not known to this version"):
        source_of(config)
