from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.local.appflow.conftest import Org

COMPARISONS = {
    *("EQUAL_TO", "NOT_EQUAL_TO", "LESS_THAN", "LESS_THAN_OR_EQUAL_TO", "GREATER_THAN", "GREATER_THAN_OR_EQUAL_TO"),
}


def fields_of(client: Any, entity: str) -> dict[str, dict[str, Any]]:
    answer = client.describe_connector_entity(connectorProfileName="SalesForceAPI", connectorEntityName=entity)
    return {field["identifier"]: field for field in answer["connectorEntityFields"]}


def names_in(answer: dict[str, Any]) -> list[str]:
    return [entity["name"] for entities in answer["connectorEntityMap"].values() for entity in entities]


def test_the_objects_of_the_org_are_listed(connected: Any) -> None:
    answer = connected.list_connector_entities(connectorProfileName="SalesForceAPI", connectorType="Salesforce")
    ((_, entities),) = answer["connectorEntityMap"].items()
    described = {entity["name"]: entity for entity in entities}
    assert described.keys() >= {"Account", "Contact", "Opportunity"}
    assert described["Account"] == {"name": "Account", "label": "Account", "hasNestedEntities": False}


def test_the_objects_come_in_pages(connected: Any) -> None:
    first = connected.list_connector_entities(connectorProfileName="SalesForceAPI", maxResults=2)
    second = connected.list_connector_entities(
        connectorProfileName="SalesForceAPI", maxResults=10000, nextToken=first["nextToken"]
    )
    assert len(names_in(first)) == 2
    assert names_in(first) + names_in(second) == names_in(
        connected.list_connector_entities(connectorProfileName="SalesForceAPI")
    )


@pytest.mark.parametrize(
    ("field", "kind", "operators"),
    [
        ("Id", "id", {"EQUAL_TO"}),
        ("OwnerId", "reference", {"EQUAL_TO"}),
        ("Industry", "picklist", {"EQUAL_TO"}),
        ("IsDeleted", "boolean", {"EQUAL_TO"}),
        ("Name", "string", {"CONTAINS", "EQUAL_TO", "NOT_EQUAL_TO"}),
        ("BillingLatitude", "double", COMPARISONS),
        ("CreatedDate", "datetime", COMPARISONS | {"BETWEEN"}),
    ],
)
def test_a_field_tells_its_type_and_filters(connected: Any, field: str, kind: str, operators: set[str]) -> None:
    described = fields_of(connected, "Account")[field]
    details = described["supportedFieldTypeDetails"]["v1"]
    assert details["fieldType"] == kind
    assert set(details["filterOperators"]) == operators
    assert described["isPrimaryKey"] is (field == "Id")
    assert described["sourceProperties"]["isTimestampFieldForIncrementalQueries"] is (kind == "datetime")


def test_a_field_tells_which_values_it_can_have(connected: Any) -> None:
    fields = fields_of(connected, "Account")
    assert fields["IsDeleted"]["supportedFieldTypeDetails"]["v1"]["supportedValues"] == ["true", "false"]
    assert "Energy" in fields["Industry"]["supportedFieldTypeDetails"]["v1"]["supportedValues"]


def test_an_unknown_object_is_a_connector_server_error(connected: Any) -> None:
    with pytest.raises(connected.exceptions.ConnectorServerException, match="NOT_FOUND"):
        fields_of(connected, "NoSuchObject__c")


def test_a_dead_token_is_a_connector_authentication_error(connected: Any, org: Org) -> None:
    org.salesforce.expire_tokens()
    with pytest.raises(connected.exceptions.ConnectorAuthenticationException):
        connected.list_connector_entities(connectorProfileName="SalesForceAPI")


def test_an_unknown_profile_is_not_found(connected: Any) -> None:
    with pytest.raises(connected.exceptions.ResourceNotFoundException, match="absent"):
        connected.list_connector_entities(connectorProfileName="absent")


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({}, "connectorProfileName must be specified"),
        ({"connectorProfileName": "SalesForceAPI", "connectorType": "Slack"}, "not Slack"),
        ({"connectorProfileName": "SalesForceAPI", "entitiesPath": "x"}, "leave entitiesPath out"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(connected: Any, query: dict[str, str], reason: str) -> None:
    with pytest.raises(connected.exceptions.ValidationException, match=reason):
        connected.list_connector_entities(**query)
