from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_appflow_isv.local.appflow.service_model import service_model
from tests.local.appflow.conftest import ACCOUNT, Aws

SOURCES = {
    *("Salesforce", "Singular", "Slack", "S3", "Marketo", "Googleanalytics", "Zendesk", "Servicenow", "Datadog"),
    *("Trendmicro", "Dynatrace", "Infornexus", "Amplitude", "Veeva", "SAPOData", "CustomConnector", "Pardot"),
}
DESTINATIONS = {
    *("Redshift", "S3", "Salesforce", "Snowflake", "EventBridge", "LookoutMetrics", "Upsolver", "Honeycode"),
    *("CustomerProfiles", "Zendesk", "Marketo", "CustomConnector", "SAPOData"),
}


def every_configuration(client: Any, **query: Any) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    while True:
        answer = client.describe_connectors(**query)
        found |= answer["connectorConfigurations"]
        if "nextToken" not in answer:
            return found
        query["nextToken"] = answer["nextToken"]


@pytest.mark.parametrize("query", [{}, {"connectorTypes": []}, {"maxResults": 7}, {"maxResults": 100}])
def test_all_connector_types_of_the_api_are_described(appflow: Any, query: dict[str, Any]) -> None:
    types = service_model().shape_for("ConnectorType")
    assert set(every_configuration(appflow, **query)) == set(types.metadata["enum"])


def test_a_page_holds_twenty_connectors_unless_told_otherwise(appflow: Any) -> None:
    first = appflow.describe_connectors()
    assert len(first["connectorConfigurations"]) == len(first["connectors"]) == 20


def test_sources_and_destinations_are_told_apart(appflow: Any) -> None:
    configurations = every_configuration(appflow)
    assert {name for name, c in configurations.items() if c["canUseAsSource"]} == SOURCES
    assert {name for name, c in configurations.items() if c["canUseAsDestination"]} == DESTINATIONS


def test_only_the_asked_for_connectors_are_described(appflow: Any) -> None:
    answer = appflow.describe_connectors(connectorTypes=["Slack", "S3"])
    assert set(answer["connectorConfigurations"]) == {"Slack", "S3"}
    assert {connector["connectorType"] for connector in answer["connectors"]} == {"Slack", "S3"}


def test_salesforce_is_described_as_what_it_can_do(appflow: Any) -> None:
    salesforce = appflow.describe_connector(connectorType="Salesforce")["connectorConfiguration"]
    assert set(salesforce["supportedTriggerTypes"]) == {"Scheduled", "Event", "OnDemand"}
    assert set(salesforce["supportedWriteOperations"]) == {"INSERT", "UPSERT", "UPDATE", "DELETE"}
    assert len(salesforce["supportedOperators"]) == 21
    assert salesforce["supportedSchedulingFrequencies"][0] == "BYMINUTE"
    assert {"S3", "Redshift", "EventBridge"} <= set(salesforce["supportedDestinationConnectors"])
    assert salesforce["isPrivateLinkEnabled"] is True
    assert salesforce["connectorMetadata"]["Salesforce"]["dataTransferApis"] == ["AUTOMATIC", "BULKV2", "REST_SYNC"]


@pytest.mark.parametrize(
    ("connector", "operators", "shortest"),
    [
        ("Amplitude", 1, "DAILY"),
        ("Googleanalytics", 2, "DAILY"),
        ("Marketo", 16, "HOURLY"),
        ("Servicenow", 21, "BYMINUTE"),
        ("S3", 20, "BYMINUTE"),
    ],
)
def test_operators_and_shortest_schedules_differ(appflow: Any, connector: str, operators: int, shortest: str) -> None:
    configuration = appflow.describe_connector(connectorType=connector)["connectorConfiguration"]
    assert len(configuration["supportedOperators"]) == operators
    assert configuration["supportedSchedulingFrequencies"][0] == shortest


def test_a_destination_only_has_no_triggers(appflow: Any) -> None:
    redshift = appflow.describe_connector(connectorType="Redshift")["connectorConfiguration"]
    assert redshift["supportedTriggerTypes"] == []
    assert redshift["supportedWriteOperations"] == ["INSERT"]


def test_an_unknown_label_is_not_found(appflow: Any) -> None:
    with pytest.raises(appflow.exceptions.ResourceNotFoundException, match="my-connector"):
        appflow.describe_connector(connectorType="CustomConnector", connectorLabel="my-connector")


def test_no_connector_is_registered_in_a_new_account(aws: Aws, appflow: Any) -> None:
    assert appflow.list_connectors(maxResults=5)["connectors"] == []
    with pytest.raises(appflow.exceptions.ValidationException, match="nextToken"):
        appflow.list_connectors(nextToken=f"x{ACCOUNT}")
