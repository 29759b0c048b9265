from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from airflow_provider_appflow_isv.local.appflow import wait_until_ended
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.flows.flow import FlowRun
from airflow_provider_appflow_isv.local.appflow.runs.engine import engine
from tests.local.appflow.conftest import (
    ACCOUNT,
    BUCKET,
    REGION,
    Aws,
    Org,
    ended_record,
    filter_task,
    flow_request,
    make_org,
    map_fields,
    profile_request,
    run_and_wait,
)


def error_message(record: dict[str, Any]) -> str:
    assert record["executionStatus"] == "Error"
    return str(record["executionResult"]["errorInfo"]["executionMessage"])


def test_a_run_is_recorded_with_what_it_moved(aws: Aws, connected: Any, org: Org) -> None:
    connected.create_flow(**flow_request())
    record = run_and_wait(connected, "accounts")
    ((key, content),) = aws.objects().items()
    assert key == f"landing/accounts/{record['executionId']}"
    result = record["executionResult"]
    assert record["executionStatus"] == "Successful"
    assert result["recordsProcessed"] == len(org.accounts)
    assert result["bytesProcessed"] > 0
    assert result["bytesWritten"] == len(content)
    assert "errorInfo" not in result
    assert record["startedAt"] <= record["lastUpdatedAt"]


def test_a_run_that_finds_nothing_is_successful_and_writes_nothing(aws: Aws, connected: Any) -> None:
    nothing = filter_task("Name", "EQUAL_TO", DATA_TYPE="string", VALUE="no such account")
    connected.create_flow(**flow_request(tasks=[*map_fields("Id", "Name"), nothing]))
    record = run_and_wait(connected, "accounts")
    assert record["executionStatus"] == "Successful"
    assert record["executionResult"]["recordsProcessed"] == 0
    assert aws.objects() == {}


def test_every_page_of_a_large_object_is_read(aws: Aws, appflow: Any, orgs: Any) -> None:
    org = make_org(orgs, accounts=4500)
    appflow.create_connector_profile(**profile_request(org))
    aws.make_bucket()
    appflow.create_flow(**flow_request())
    assert run_and_wait(appflow, "accounts")["executionResult"]["recordsProcessed"] == 4500
    (content,) = aws.objects().values()
    landed = [json.loads(line)["Id"] for line in content.splitlines()]
    assert landed == [account["Id"] for account in org.accounts]


def test_without_aggregation_every_page_becomes_an_object(aws: Aws, appflow: Any, orgs: Any) -> None:
    appflow.create_connector_profile(**profile_request(make_org(orgs, accounts=4500)))
    aws.make_bucket()
    appflow.create_flow(**flow_request(output={"aggregationConfig": {"aggregationType": "None"}}))
    execution_id = run_and_wait(appflow, "accounts")["executionId"]
    sizes = {key: len(content.splitlines()) for key, content in aws.objects().items()}
    folder = f"landing/accounts/{execution_id}"
    assert sizes == {folder: 2000, f"{folder}-2": 2000, f"{folder}-3": 500}


def test_a_dead_token_fails_the_run(connected: Any, org: Org) -> None:
    connected.create_flow(**flow_request())
    org.salesforce.expire_tokens()
    record = run_and_wait(connected, "accounts")
    assert "authentication failed" in error_message(record)
    assert "INVALID_SESSION_ID" in error_message(record)
    assert org.access_token not in str(record)
    details = connected.describe_flow(flowName="accounts")["lastRunExecutionDetails"]
    assert details["mostRecentExecutionStatus"] == "Error"
    assert details["mostRecentExecutionMessage"] == error_message(record)


def test_a_refreshed_profile_serves_the_next_run(connected: Any, org: Org) -> None:
    connected.create_flow(**flow_request())
    org.salesforce.expire_tokens()
    assert run_and_wait(connected, "accounts")["executionStatus"] == "Error"
    org.access_token = org.new_token()
    request = profile_request(org)
    del request["connectorType"]
    connected.update_connector_profile(**request)
    assert run_and_wait(connected, "accounts")["executionStatus"] == "Successful"


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (flow_request(source={"object": "NoSuchObject__c"}), "NoSuchObject__c"),
        (flow_request(tasks=map_fields("Id", "NoSuchField__c")), "No such column 'NoSuchField__c'"),
        (flow_request(tasks=map_fields("Id", "Name FROM User --")), "no name of a Salesforce object or field"),
        (flow_request(tasks=map_fields("Id")[:1]), "maps no field"),
    ],
)
def test_a_run_that_cannot_be_done_ends_in_error_and_says_why(
    aws: Aws, connected: Any, request_: dict[str, Any], reason: str
) -> None:
    connected.create_flow(**request_)
    assert reason in error_message(run_and_wait(connected, "accounts"))
    assert aws.objects() == {}


def test_a_destination_that_the_local_stack_lacks_is_named_by_the_run(connected: Any) -> None:
    destination = {"connectorType": "LookoutMetrics", "destinationConnectorProperties": {"LookoutMetrics": {}}}
    connected.create_flow(**flow_request(destinationFlowConfigList=[destination]))
    assert "has no LookoutMetrics to write to" in error_message(run_and_wait(connected, "accounts"))


def test_a_run_whose_profile_was_deleted_ends_in_error(connected: Any) -> None:
    connected.create_flow(**flow_request())
    connected.delete_connector_profile(connectorProfileName="SalesForceAPI", forceDelete=True)
    assert "SalesForceAPI does not exist" in error_message(run_and_wait(connected, "accounts"))


def test_a_run_whose_secret_was_deleted_ends_in_error(aws: Aws, connected: Any) -> None:
    connected.create_flow(**flow_request())
    aws.client("secretsmanager").delete_secret(
        SecretId=f"appflow!{ACCOUNT}-SalesForceAPI", ForceDeleteWithoutRecovery=True
    )
    message = error_message(run_and_wait(connected, "accounts"))
    assert message.startswith("Error while authenticating to connector")
    assert "Call UpdateConnectorProfile" in message


def test_a_flow_may_run_several_times_at_once(connected: Any) -> None:
    connected.create_flow(**flow_request())
    with settings.held():
        ids = {connected.start_flow(flowName="accounts")["executionId"] for _ in range(12)}
        records = connected.describe_flow_execution_records(flowName="accounts")["flowExecutions"]
    assert {record["executionId"] for record in records} == ids
    assert {record["executionStatus"] for record in records} == {"InProgress"}
    for execution_id in ids:
        assert wait_until_ended(ACCOUNT, REGION, "accounts", execution_id) == "Successful"


def test_an_update_does_not_touch_a_run_that_has_started(aws: Aws, connected: Any) -> None:
    connected.create_flow(**flow_request(tasks=map_fields("Id")))
    with settings.held():
        execution_id = connected.start_flow(flowName="accounts")["executionId"]
        connected.update_flow(**flow_request(tasks=map_fields("Name")))
    ended_record(connected, "accounts", execution_id)
    (content,) = aws.objects().values()
    assert list(json.loads(content.splitlines()[0])) == ["Id"]


def test_records_come_in_pages_newest_first(connected: Any) -> None:
    connected.create_flow(**flow_request())
    ids = [run_and_wait(connected, "accounts")["executionId"] for _ in range(5)]
    first = connected.describe_flow_execution_records(flowName="accounts", maxResults=2)
    run_and_wait(connected, "accounts")
    second = connected.describe_flow_execution_records(flowName="accounts", maxResults=10, nextToken=first["nextToken"])
    shown = [record["executionId"] for page in (first, second) for record in page["flowExecutions"]]
    assert shown == ids[::-1]
    assert "nextToken" not in second


def test_a_record_can_be_read_while_runs_end(connected: Any) -> None:
    connected.create_flow(**flow_request())
    problems: list[Exception] = []

    def poll() -> None:
        try:
            for _ in range(20):
                connected.describe_flow_execution_records(flowName="accounts")
        except Exception as error:  # whatever it is, the test must see it
            problems.append(error)

    threads = [threading.Thread(target=poll) for _ in range(3)]
    for thread in threads:
        thread.start()
    ids = [connected.start_flow(flowName="accounts")["executionId"] for _ in range(10)]
    for thread in threads:
        thread.join()
    assert problems == []
    assert {wait_until_ended(ACCOUNT, REGION, "accounts", each) for each in ids} == {"Successful"}


def test_s3_buckets_of_the_destination_may_vanish_between_runs(aws: Aws, connected: Any) -> None:
    connected.create_flow(**flow_request())
    aws.client("s3").delete_bucket(Bucket=BUCKET)
    assert f"bucket does not exist: {BUCKET}" in error_message(run_and_wait(connected, "accounts"))


def test_a_run_ends_in_error_whatever_goes_wrong_in_it() -> None:
    def fail() -> None:
        raise ZeroDivisionError("example")

    run = FlowRun("run", 1, settings.now())
    ended = threading.Event()
    engine.submit(run, fail, ended.set)
    assert run.ended.result(30) == "Error"
    assert ended.wait(30)
    assert run.message == "The local AppFlow failed: ZeroDivisionError: example"
