"""Scheduled flows that fail again and again are suspended."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from airflow_provider_appflow_isv.local.appflow import wait_for_runs
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.flows.scheduler import scheduler
from tests.local.appflow.conftest import ACCOUNT, REGION, Aws, Org, flow_request, scheduled

HOUR = 3600.0


@contextmanager
def failing(org: Org) -> Iterator[None]:
    """Let every run fail that reads the org."""
    limit, org.salesforce.daily_api_requests = org.salesforce.daily_api_requests, 0
    yield
    org.salesforce.daily_api_requests = limit


def activate(client: Any, **properties: Any) -> None:
    client.create_flow(**flow_request(triggerConfig=scheduled(**properties)))
    client.start_flow(flowName="accounts")
    wait(1)


def wait(count: int) -> None:
    wait_for_runs(ACCOUNT, REGION, "accounts", count)
    scheduler.wait_until_idle()


def statuses(client: Any) -> list[str]:
    records = client.describe_flow_execution_records(flowName="accounts", maxResults=100)["flowExecutions"]
    return [record["executionStatus"] for record in records[::-1]]


@pytest.mark.parametrize(("properties", "threshold"), [({"flowErrorDeactivationThreshold": 3}, 3), ({}, 10)])
def test_failures_in_a_row_suspend_the_flow(
    connected: Any, org: Org, properties: dict[str, Any], threshold: int
) -> None:
    activate(connected, **properties)
    with failing(org):
        settings.advance_clock(48 * HOUR)
        wait(1 + threshold)
    assert statuses(connected) == ["Successful", *["Error"] * threshold]
    described = connected.describe_flow(flowName="accounts")
    assert described["flowStatus"] == "Suspended"
    assert "REQUEST_LIMIT_EXCEEDED" in described["flowStatusMessage"]
    assert described["flowStatusMessage"] == described["lastRunExecutionDetails"]["mostRecentExecutionMessage"]


def test_a_success_in_between_begins_the_count_anew(connected: Any, org: Org) -> None:
    activate(connected, flowErrorDeactivationThreshold=3)
    for count in (3, 6):
        with failing(org):
            settings.advance_clock(2 * HOUR)
            wait(count)
        settings.advance_clock(HOUR)
        wait(count + 1)
    assert statuses(connected) == ["Successful", "Error", "Error"] * 2 + ["Successful"]
    assert connected.describe_flow(flowName="accounts")["flowStatus"] == "Active"


def test_a_suspended_flow_that_is_started_again_begins_anew(connected: Any, org: Org) -> None:
    activate(connected, flowErrorDeactivationThreshold=2)
    with failing(org):
        settings.advance_clock(2 * HOUR)
        wait(3)
        connected.start_flow(flowName="accounts")
        wait(4)
        described = connected.describe_flow(flowName="accounts")
        assert described["flowStatus"] == "Active"
        assert "flowStatusMessage" not in described
    settings.advance_clock(HOUR)
    wait(5)
    assert statuses(connected)[-2:] == ["Error", "Successful"]


def test_runs_on_demand_suspend_nothing(connected: Any, org: Org) -> None:
    connected.create_flow(**flow_request())
    with failing(org):
        for count in range(1, 12):
            connected.start_flow(flowName="accounts")
            wait(count)
    assert connected.describe_flow(flowName="accounts")["flowStatus"] == "Active"


def test_a_flow_that_the_user_stops_has_no_message(connected: Any) -> None:
    activate(connected)
    connected.stop_flow(flowName="accounts")
    assert "flowStatusMessage" not in connected.describe_flow(flowName="accounts")


def test_the_deactivation_is_reported_to_eventbridge(aws: Aws, connected: Any, org: Org) -> None:
    queue_url = aws.client("sqs").create_queue(QueueName="reports")["QueueUrl"]
    queue_arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:reports"
    allow = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**allow, "Resource": queue_arn}]})
    aws.client("sqs").set_queue_attributes(QueueUrl=queue_url, Attributes={"Policy": policy})
    pattern = json.dumps({"source": ["aws.appflow"], "detail-type": ["AppFlow Scheduled Flow Deactivated"]})
    aws.client("events").put_rule(Name="reports", EventPattern=pattern)
    aws.client("events").put_targets(Rule="reports", Targets=[{"Id": "queue", "Arn": queue_arn}])

    activate(connected, flowErrorDeactivationThreshold=1)
    with failing(org):
        settings.advance_clock(HOUR)
        wait(2)

    (message,) = aws.client("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)["Messages"]
    detail = json.loads(message["Body"])["detail"]
    described = connected.describe_flow(flowName="accounts")
    assert detail["flow-name"] == "accounts"
    assert detail["deactivation-reason"] == described["flowStatusMessage"]
