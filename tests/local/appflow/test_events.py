"""What AppFlow reports to EventBridge about its runs, as a queue gets it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from tests.local.appflow.conftest import (
    ACCOUNT,
    BUCKET,
    OTHER_ACCOUNT,
    REGION,
    Aws,
    Org,
    flow_request,
    run_and_wait,
    scheduled,
)
from tests.local.queues import add_rule, make_queue, next_messages

START, END = "AppFlow Start Flow Run Report", "AppFlow End Flow Run Report"
PRECISE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\[UTC\]")
FLOW_ARN = f"arn:aws:appflow:{REGION}:{ACCOUNT}:flow/accounts"


def reports(aws: Aws, url: str, account: str = ACCOUNT) -> dict[str, dict[str, Any]]:
    """The start and end reports of one run, by detail type."""
    return {event["detail-type"]: event for event in next_messages(aws, url, 2, account)}


def test_start_and_end_of_a_run_are_reported(aws: Aws, connected: Any) -> None:
    url, arn = make_queue(aws)
    add_rule(aws, {"Arn": arn})
    connected.create_flow(**flow_request())
    record = run_and_wait(connected, "accounts")
    both = reports(aws, url)
    assert set(both) == {START, END}
    common = {
        "flow-name": "accounts",
        "flow-arn": FLOW_ARN,
        "created-by": f"arn:aws:iam::{ACCOUNT}:root",
        "source": "SALESFORCE/SalesForceAPI",
        "source-object": "Account",
        "destination": "S3",
        "destination-object": f"s3://{BUCKET}/landing",
        "trigger-type": "ONDEMAND",
        "execution-id": record["executionId"],
    }
    detail = both[START]["detail"]
    assert PRECISE.fullmatch(detail["start-time"])
    assert detail == {**common, "start-time": detail["start-time"]}
    ended = both[END]["detail"]
    assert PRECISE.fullmatch(ended["end-time"])
    assert ended == {
        **common,
        "start-time": detail["start-time"],
        "end-time": ended["end-time"],
        "num-of-records-processed": "25",
        "num-of-records-filtered": "0",
        "num-of-record-failures": "0",
        "num-of-documents-processed": "0",
        "data-processed": str(record["executionResult"]["bytesProcessed"]),
        "status": "Execution Successful",
    }


def test_the_envelope_is_that_of_aws(aws: Aws, connected: Any) -> None:
    url, arn = make_queue(aws)
    add_rule(aws, {"Arn": arn})
    connected.create_flow(**flow_request())
    run_and_wait(connected, "accounts")
    event = reports(aws, url)[END]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event["time"])
    assert [re.fullmatch(r"[0-9a-f]{32}", resource) is not None for resource in event["resources"]] == [True]
    known = {name: event[name] for name in ("version", "source", "account", "region")}
    assert known == {"version": "0", "source": "aws.appflow", "account": ACCOUNT, "region": REGION}


def test_a_failed_run_is_reported_with_its_error(aws: Aws, connected: Any) -> None:
    url, arn = make_queue(aws)
    add_rule(aws, {"Arn": arn})
    connected.create_flow(**flow_request())
    aws.client("s3").delete_bucket_policy(Bucket=BUCKET)
    message = run_and_wait(connected, "accounts")["executionResult"]["errorInfo"]["executionMessage"]
    ended = reports(aws, url)[END]["detail"]
    assert ended["status"] != "Execution Successful"
    assert ended["error"] == message


def test_a_scheduled_run_is_reported_with_its_range(aws: Aws, connected: Any) -> None:
    url, arn = make_queue(aws)
    add_rule(aws, {"Arn": arn})
    first = datetime.fromtimestamp(settings.now() - 3600, UTC)
    trigger = scheduled(dataPullMode="Incremental", firstExecutionFrom=first)
    connected.create_flow(**flow_request(triggerConfig=trigger))
    connected.start_flow(flowName="accounts")
    detail = next_messages(aws, url, 2)[0]["detail"]
    assert detail["trigger-type"] == "SCHEDULED"
    after, _, until = detail["incremental-transfer-time-range"].partition(" - ")
    assert after.startswith(f"{first:%Y-%m-%dT%H:%M:%S}")
    assert PRECISE.fullmatch(until)


def test_a_queue_in_another_account_gets_the_reports_with_the_flows_account(aws: Aws, connected: Any) -> None:
    url, arn = make_queue(aws, OTHER_ACCOUNT)
    add_rule(aws, {"Arn": arn})
    connected.create_flow(**flow_request())
    run_and_wait(connected, "accounts")
    assert {event["account"] for event in reports(aws, url, OTHER_ACCOUNT).values()} == {ACCOUNT}


def test_a_deactivated_flow_is_reported_with_the_reason(aws: Aws, connected: Any, org: Org) -> None:
    url, arn = make_queue(aws)
    add_rule(aws, {"Arn": arn}, EventPattern='{"detail-type": ["AppFlow Scheduled Flow Deactivated"]}')
    connected.create_flow(**flow_request(triggerConfig=scheduled(flowErrorDeactivationThreshold=1)))
    connected.start_flow(flowName="accounts")
    org.salesforce.expire_tokens()
    settings.advance_clock(3601)
    (event,) = next_messages(aws, url, 1)
    assert "INVALID_SESSION_ID" in event["detail"]["deactivation-reason"]
    assert PRECISE.fullmatch(event["detail"]["deactivation-time"])
    assert event["detail"]["flow-arn"] == FLOW_ARN
