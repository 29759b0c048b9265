from __future__ import annotations

import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.wire.idempotency import ClientTokens
from tests.local.appflow.conftest import OTHER_ACCOUNT, Aws, Org, flow_request, map_fields, profile_request, scheduled

EIGHT_HOURS = 8 * 3600


def run_ids(client: Any, flow_name: str = "accounts") -> list[str]:
    records = client.describe_flow_execution_records(flowName=flow_name)["flowExecutions"]
    return [record["executionId"] for record in records]


def test_a_token_starts_one_run_however_often_it_comes(connected: Any) -> None:
    connected.create_flow(**flow_request())
    answers = [connected.start_flow(flowName="accounts", clientToken="t-1") for _ in range(3)]
    assert len({answer["executionId"] for answer in answers}) == 1
    assert run_ids(connected) == [answers[0]["executionId"]]


def test_a_new_token_starts_a_new_run(connected: Any) -> None:
    connected.create_flow(**flow_request())
    first = connected.start_flow(flowName="accounts", clientToken="t-1")
    second = connected.start_flow(flowName="accounts", clientToken="t-2")
    assert first["executionId"] != second["executionId"]


def test_a_token_is_forgotten_after_eight_hours(connected: Any) -> None:
    connected.create_flow(**flow_request())
    first = connected.start_flow(flowName="accounts", clientToken="t-1")
    settings.advance_clock(EIGHT_HOURS - 60)
    assert connected.start_flow(flowName="accounts", clientToken="t-1")["executionId"] == first["executionId"]
    settings.advance_clock(61)
    assert connected.start_flow(flowName="accounts", clientToken="t-1")["executionId"] != first["executionId"]


def test_calls_at_the_same_time_with_one_token_start_one_run(connected: Any) -> None:
    connected.create_flow(**flow_request())
    ids: list[str] = []
    threads = [
        threading.Thread(
            target=lambda: ids.append(connected.start_flow(flowName="accounts", clientToken="t")["executionId"])
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 8
    assert set(ids) == set(run_ids(connected))


def test_other_parameters_are_no_error_for_flows_on_demand(connected: Any) -> None:
    connected.create_flow(**flow_request("first"))
    connected.create_flow(**flow_request("second"))
    answer = connected.start_flow(flowName="first", clientToken="t")
    assert connected.start_flow(flowName="second", clientToken="t")["executionId"] == answer["executionId"]
    assert run_ids(connected, "second") == []


def test_other_parameters_are_a_conflict_for_scheduled_flows(connected: Any) -> None:
    for name in ("first", "second"):
        connected.create_flow(**flow_request(name, triggerConfig=scheduled()))
    connected.start_flow(flowName="first", clientToken="t")
    with pytest.raises(connected.exceptions.ConflictException, match="clientToken"):
        connected.start_flow(flowName="second", clientToken="t")


def test_a_token_means_something_else_in_another_account(aws: Aws, connected: Any, org: Org) -> None:
    other = aws.client("appflow", OTHER_ACCOUNT)
    other.create_connector_profile(**profile_request(org))
    for client in (connected, other):
        client.create_flow(**flow_request())
    ids = {client.start_flow(flowName="accounts", clientToken="t")["executionId"] for client in (connected, other)}
    assert len(ids) == 2


def test_creating_with_a_repeated_token_creates_once(connected: Any, org: Org) -> None:
    request = flow_request(clientToken="t")
    assert connected.create_flow(**request)["flowArn"] == connected.create_flow(**request)["flowArn"]
    profile = {**profile_request(org, name="again"), "clientToken": "t"}
    first = connected.create_connector_profile(**profile)
    assert connected.create_connector_profile(**profile)["connectorProfileArn"] == first["connectorProfileArn"]


def test_creating_something_else_with_the_same_token_is_a_conflict(connected: Any, org: Org) -> None:
    connected.create_flow(**flow_request("first", clientToken="t"))
    with pytest.raises(connected.exceptions.ConflictException, match="clientToken"):
        connected.create_flow(**flow_request("second", clientToken="t"))
    connected.create_connector_profile(**profile_request(org, name="one"), clientToken="t")
    with pytest.raises(connected.exceptions.ConflictException, match="clientToken"):
        connected.create_connector_profile(**profile_request(org, name="two"), clientToken="t")


def test_updating_with_the_same_token_and_other_parameters_is_a_conflict(connected: Any, org: Org) -> None:
    connected.create_flow(**flow_request())
    connected.update_flow(**flow_request(tasks=map_fields("Id")), clientToken="t")
    connected.update_flow(**flow_request(tasks=map_fields("Id")), clientToken="t")
    with pytest.raises(connected.exceptions.ConflictException, match="clientToken"):
        connected.update_flow(**flow_request(tasks=map_fields("Name")), clientToken="t")
    request = profile_request(org)
    del request["connectorType"]
    connected.update_connector_profile(**request, clientToken="t")
    org.access_token = org.new_token()
    changed = profile_request(org)
    del changed["connectorType"]
    with pytest.raises(connected.exceptions.ConflictException, match="clientToken"):
        connected.update_connector_profile(**changed, clientToken="t")


def test_a_failed_attempt_leaves_the_token_unused(aws: Aws, appflow: Any, org: Org) -> None:
    with pytest.raises(ClientError):
        appflow.create_flow(**flow_request(clientToken="t"))
    appflow.create_connector_profile(**profile_request(org))
    assert appflow.create_flow(**flow_request(clientToken="t"))["flowStatus"] == "Active"


def test_a_token_that_is_used_again_after_the_deletion_acts_anew(connected: Any) -> None:
    connected.create_flow(**flow_request(clientToken="t"))
    first = connected.start_flow(flowName="accounts", clientToken="s")["executionId"]
    connected.delete_flow(flowName="accounts")
    connected.create_flow(**flow_request(clientToken="t"))
    second = connected.start_flow(flowName="accounts", clientToken="s")["executionId"]
    assert second != first
    assert run_ids(connected) == [second]


def test_a_profiles_token_goes_with_the_profile(connected: Any, org: Org) -> None:
    for _ in range(2):
        connected.create_connector_profile(**profile_request(org, name="again"), clientToken="t")
        connected.describe_connector_profiles(connectorProfileNames=["again"])["connectorProfileDetails"][0]
        connected.delete_connector_profile(connectorProfileName="again")


def test_expired_tokens_are_not_kept(aws: Aws) -> None:
    tokens = ClientTokens()
    for number in range(5):
        tokens.once("StartFlow", {"clientToken": f"t-{number}"}, dict)
    settings.advance_clock(EIGHT_HOURS + 1)
    tokens.once("StartFlow", {"clientToken": "new"}, dict)
    assert len(tokens) == 1
