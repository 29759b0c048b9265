from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_appflow_isv.local.appflow.wire.service_model import service_model
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


STORES = {
    *("CustomerProfiles", "Honeycode", "Redshift", "S3", "Marketo", "Salesforce", "Snowflake", "Upsolver", "Zendesk"),
}


@pytest.mark.parametrize(
    ("connector", "destinations"),
    [
        ("Salesforce", STORES | {"LookoutMetrics", "EventBridge"}),
        ("Slack", STORES),
        ("Servicenow", STORES | {"LookoutMetrics"}),
        ("S3", STORES | {"SAPOData"}),
        ("Amplitude", {"LookoutMetrics", "S3"}),
        ("SAPOData", {"CustomerProfiles", "Redshift", "S3", "SAPOData"}),
    ],
)
def test_a_source_names_the_destinations_of_its_page_in_the_user_guide(
    appflow: Any, connector: str, destinations: set[str]
) -> None:
    configuration = appflow.describe_connector(connectorType=connector)["connectorConfiguration"]
    assert set(configuration["supportedDestinationConnectors"]) == destinations | {"CustomConnector"}


def test_the_destinations_of_every_source_are_destinations(appflow: Any) -> None:
    for configuration in every_configuration(appflow).values():
        assert set(configuration["supportedDestinationConnectors"]) <= DESTINATIONS
        assert bool(configuration["supportedDestinationConnectors"]) is configuration["canUseAsSource"]


@pytest.mark.parametrize(
    ("connector", "ways"),
    [
        ("Servicenow", {"isBasicAuthSupported", "isOAuth2Supported"}),
        ("SAPOData", {"isBasicAuthSupported", "isOAuth2Supported"}),
        ("Salesforce", {"isOAuth2Supported"}),
        ("Veeva", {"isBasicAuthSupported"}),
        ("Dynatrace", {"isApiKeyAuthSupported"}),
        ("Trendmicro", {"isApiKeyAuthSupported"}),
        ("Infornexus", {"isCustomAuthSupported"}),
    ],
)
def test_a_connector_tells_how_it_authenticates(appflow: Any, connector: str, ways: set[str]) -> None:
    configuration = appflow.describe_connector(connectorType=connector)["connectorConfiguration"]
    assert {way for way, supported in configuration["authenticationConfig"].items() if supported} == ways


def test_a_connector_without_profiles_does_not_authenticate(appflow: Any) -> None:
    assert "authenticationConfig" not in appflow.describe_connector(connectorType="S3")["connectorConfiguration"]


def test_oauth_scopes_are_those_of_the_user_guide(appflow: Any) -> None:
    configurations = every_configuration(appflow)
    scopes = {name: c["connectorMetadata"] for name, c in configurations.items() if "connectorMetadata" in c}
    assert set(scopes) == {"Salesforce", "Slack", "Googleanalytics"}
    assert "channels:history" in scopes["Slack"]["Slack"]["oAuthScopes"]
    assert len(scopes["Slack"]["Slack"]["oAuthScopes"]) == 8
    assert {"api", "refresh_token", "offline_access"} <= set(scopes["Salesforce"]["Salesforce"]["oAuthScopes"])


def test_private_links_are_told(appflow: Any) -> None:
    configurations = every_configuration(appflow)
    private = {name for name, c in configurations.items() if c["isPrivateLinkEnabled"]}
    by_service = {name for name, c in configurations.items() if c["isPrivateLinkEndpointUrlRequired"]}
    assert private == {"Salesforce", "Singular", "Snowflake", "Trendmicro", "SAPOData"}
    assert by_service == {"Snowflake", "SAPOData"}


@pytest.mark.parametrize(
    ("connector", "writes"),
    [("Zendesk", {"INSERT", "UPDATE", "UPSERT"}), ("SAPOData", {"INSERT", "UPDATE"}), ("Snowflake", {"INSERT"})],
)
def test_write_operations_differ(appflow: Any, connector: str, writes: set[str]) -> None:
    configuration = appflow.describe_connector(connectorType=connector)["connectorConfiguration"]
    assert set(configuration["supportedWriteOperations"]) == writes


def test_an_unknown_connector_type_is_refused(appflow: Any) -> None:
    with pytest.raises(appflow.exceptions.ValidationException, match="Hubspot"):
        appflow.describe_connectors(connectorTypes=["Hubspot"])


def test_the_type_of_custom_connectors_is_no_connector(appflow: Any) -> None:
    with pytest.raises(appflow.exceptions.ValidationException, match="connectorLabel must be specified"):
        appflow.describe_connector(connectorType="CustomConnector")


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
