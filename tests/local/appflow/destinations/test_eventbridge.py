"""A flow from Salesforce's change events to an event bus."""

from __future__ import annotations

import json
from typing import Any

from airflow_provider_appflow_isv.local.appflow import wait_for_runs
from tests.local.appflow.conftest import ACCOUNT, BUCKET, REGION, Aws, Org, flow_request
from tests.local.queues import add_rule, make_queue, next_messages, received

SOURCE = f"aws.partner/appflow/salesforce.com/{ACCOUNT}/changes"


def changes_flow(**destination: Any) -> dict[str, Any]:
    end = {
        "connectorType": "EventBridge",
        "destinationConnectorProperties": {"EventBridge": {"object": SOURCE, **destination}},
    }
    return flow_request(
        "changes",
        [{"taskType": "Map_all", "sourceFields": []}],
        triggerConfig={"triggerType": "Event"},
        source={"object": "AccountChangeEvent"},
        destinationFlowConfigList=[end],
    )


def listen(aws: Aws) -> str:
    """Associate a bus with the partner event source, with a queue behind it; return the queue's URL."""
    aws.client("events").create_event_bus(Name=SOURCE, EventSourceName=SOURCE)
    url, arn = make_queue(aws)
    add_rule(aws, {"Arn": arn}, EventBusName=SOURCE)
    return url


def test_creating_the_flow_makes_the_partner_event_source(aws: Aws, connected: Any) -> None:
    connected.create_flow(**changes_flow())
    assert aws.client("events").describe_event_source(Name=SOURCE)["Name"] == SOURCE


def test_a_change_arrives_as_an_event_of_the_source(aws: Aws, connected: Any, org: Org) -> None:
    connected.create_flow(**changes_flow())
    url = listen(aws)
    connected.start_flow(flowName="changes")
    changed = str(org.accounts[0]["Id"])
    org.salesforce.update("Account", changed, Name="Renamed")
    (event,) = next_messages(aws, url, 1)
    known = {name: event[name] for name in ("detail-type", "source", "account", "region", "resources")}
    assert known == {
        "detail-type": "AccountChangeEvent",
        "source": SOURCE,
        "account": ACCOUNT,
        "region": REGION,
        "resources": [],
    }
    assert event["detail"]["Name"] == "Renamed"
    assert event["detail"]["ChangeEventHeader"]["recordIds"] == [changed]


def test_without_an_associated_bus_the_events_go_nowhere_and_the_run_succeeds(
    aws: Aws, connected: Any, org: Org
) -> None:
    connected.create_flow(**changes_flow())
    connected.start_flow(flowName="changes")
    org.salesforce.update("Account", str(org.accounts[0]["Id"]), Name="Renamed")
    wait_for_runs(ACCOUNT, REGION, "changes", 1)
    url = listen(aws)
    (record,) = connected.describe_flow_execution_records(flowName="changes")["flowExecutions"]
    assert record["executionStatus"] == "Successful"
    assert received(aws, url) == []


def test_an_event_above_256_kb_goes_to_the_error_bucket_and_a_pointer_in_its_place(
    aws: Aws, connected: Any, org: Org
) -> None:
    connected.create_flow(**changes_flow(errorHandlingConfig={"bucketName": BUCKET, "bucketPrefix": "large"}))
    url = listen(aws)
    connected.start_flow(flowName="changes")
    bus = org.salesforce.streaming.bus
    with bus.changed:
        bus.publish("/data/AccountChangeEvent", "schema", {"Description": "x" * 300_000, "ChangeEventHeader": {}})
    (event,) = next_messages(aws, url, 1)
    pointer = event["detail"]["s3"]
    assert pointer["bucketName"] == BUCKET
    assert json.loads(aws.objects()[pointer["key"]])["Description"] == "x" * 300_000
