"""AppFlow asks a vendor for its entities once an hour; the shop counts what it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from airflow_provider_appflow_isv.local.appflow.connectors.custom_connectors import provide, withdraw
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from tests.local.appflow.conftest import message_of
from tests.local.appflow.shop import CONFIGURATION, LAMBDA, Shop, register_request, shop_profile

NAMES, NESTED, DETAILS = "entities of None", "entities of orders", "fields of orders"


@pytest.fixture
def client(appflow: Any) -> Iterator[Any]:
    """A client whose shop has been asked for its entities, the nested ones and the details of the orders."""
    provide(LAMBDA, CONFIGURATION, Shop)
    appflow.register_connector(**register_request())
    appflow.create_connector_profile(**shop_profile())
    Shop.asked = []
    ask(appflow)
    assert Shop.asked == [NAMES, NESTED, DETAILS]
    Shop.asked = []
    yield appflow
    withdraw(LAMBDA)


def ask(client: Any, **version: str) -> list[Any]:
    profile = {"connectorProfileName": "shop-a", **version}
    answers = (
        client.list_connector_entities(**profile),
        client.list_connector_entities(**profile, entitiesPath="orders"),
        client.describe_connector_entity(**profile, connectorEntityName="orders"),
    )
    return [{name: value for name, value in answer.items() if name != "ResponseMetadata"} for answer in answers]


def asked_again(client: Any, **version: str) -> list[str]:
    """What the shop is asked if everything is looked at once more."""
    Shop.asked = []
    ask(client, **version)
    return Shop.asked


def test_the_vendor_is_not_asked_twice_within_an_hour(client: Any) -> None:
    before = ask(client)
    settings.advance_clock(3590)
    assert ask(client) == before
    assert Shop.asked == []


def test_the_vendor_is_asked_again_after_an_hour(client: Any) -> None:
    settings.advance_clock(3601)
    assert asked_again(client) == [NAMES, NESTED, DETAILS]


@pytest.mark.parametrize(
    ("reset", "forgotten"),
    [
        ({}, [NAMES]),
        ({"entitiesPath": "orders"}, [NESTED]),
        ({"connectorEntityName": "orders"}, [DETAILS]),
        ({"connectorEntityName": "orders", "entitiesPath": "parent"}, [DETAILS]),
        ({"connectorEntityName": "lines"}, []),
    ],
)
def test_a_reset_forgets_what_it_names(client: Any, reset: dict[str, str], forgotten: list[str]) -> None:
    ask(client, apiVersion="v1")
    ask(client, apiVersion="v2")
    client.reset_connector_metadata_cache(connectorProfileName="shop-a", apiVersion="v1", **reset)
    assert asked_again(client, apiVersion="v1") == forgotten
    assert asked_again(client) == forgotten
    assert asked_again(client, apiVersion="v2") == []


def test_api_versions_are_kept_apart(client: Any) -> None:
    assert asked_again(client, apiVersion="v1") == [NAMES, NESTED, DETAILS]
    assert asked_again(client, apiVersion="v1") == []


def test_an_updated_profile_is_asked_anew(client: Any) -> None:
    request = shop_profile()
    del request["connectorType"], request["connectorLabel"]
    client.update_connector_profile(**request)
    assert asked_again(client) == [NAMES, NESTED, DETAILS]


def test_a_profile_of_the_same_name_does_not_inherit_what_was_known(client: Any) -> None:
    client.delete_connector_profile(connectorProfileName="shop-a")
    client.create_connector_profile(**shop_profile())
    assert asked_again(client) == [NAMES, NESTED, DETAILS]


def test_an_error_is_not_kept(client: Any) -> None:
    for _ in range(2):
        with pytest.raises(client.exceptions.ConnectorServerException):
            client.describe_connector_entity(connectorProfileName="shop-a", connectorEntityName="broken")
    assert Shop.asked == ["fields of broken"] * 2


def test_pages_of_one_list_ask_once(client: Any) -> None:
    settings.advance_clock(3601)
    first = client.list_connector_entities(connectorProfileName="shop-a", maxResults=1)
    client.list_connector_entities(connectorProfileName="shop-a", maxResults=1, nextToken=first["nextToken"])
    assert Shop.asked == [NAMES]


@pytest.mark.parametrize("connector", ["S3", "EventBridge", "LookoutMetrics", "Upsolver", "CustomerProfiles"])
def test_connectors_without_profiles_are_reset_by_their_type(client: Any, connector: str) -> None:
    client.reset_connector_metadata_cache(connectorType=connector)
    assert asked_again(client) == []


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ({}, "connectorProfileName must be specified"),
        ({"connectorType": "Salesforce"}, "connectorProfileName must be specified"),
        ({"connectorProfileName": "shop-a"}, "apiVersion must be specified"),
        ({"connectorProfileName": "shop-a", "connectorType": "Slack", "apiVersion": "v1"}, "not Slack"),
    ],
)
def test_a_reset_that_names_too_little_is_refused(client: Any, request_: dict[str, str], reason: str) -> None:
    with pytest.raises(client.exceptions.ValidationException, match=reason):
        client.reset_connector_metadata_cache(**request_)


def test_a_reset_of_an_unknown_profile_is_refused(client: Any) -> None:
    with pytest.raises(client.exceptions.ResourceNotFoundException, match="absent does not exist"):
        client.reset_connector_metadata_cache(connectorProfileName="absent")


@pytest.mark.parametrize("connector", ["S3", "EventBridge"])
def test_entities_that_the_local_stack_has_none_of_are_a_clear_error(client: Any, connector: str) -> None:
    with pytest.raises(client.exceptions.UnsupportedOperationException) as refusal:
        client.list_connector_entities(connectorType=connector)
    assert f"The local stack has no {connector} whose entities it could tell" in message_of(refusal)
