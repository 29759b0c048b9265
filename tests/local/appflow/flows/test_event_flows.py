"""Event flows: a change in the org runs the flow."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
import requests

from airflow_provider_appflow_isv.local.appflow import wait_for_runs
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from tests.local.appflow.conftest import (
    ACCOUNT,
    REGION,
    Aws,
    Org,
    filter_task,
    flow_request,
    map_fields,
    message_of,
    profile_request,
)
from tests.local.appflow.profiles.test_token_renewal import renewable

EVENT = {"triggerType": "Event"}
MAP_ALL = [{"taskType": "Map_all", "sourceFields": []}]


def event_flow(
    source_object: str = "AccountChangeEvent", tasks: list[dict[str, Any]] | None = None, name: str = "accounts"
) -> dict[str, Any]:
    return flow_request(name, tasks or MAP_ALL, triggerConfig=EVENT, source={"object": source_object})


def activate(client: Any, **request: Any) -> None:
    client.create_flow(**event_flow(**request))
    client.start_flow(flowName="accounts")


def write(org: Org, method: str, path: str, body: dict[str, Any] | None = None) -> None:
    """Write through the org's REST API with a token of its own."""
    headers = {"Authorization": f"Bearer {org.new_token()}"}
    url = f"{org.instance_url}/services/data/v58.0/sobjects/{path}"
    requests.request(method, url, json=body, headers=headers, timeout=30).raise_for_status()


def rename(org: Org, name: str) -> str:
    """Rename the org's first account; return its id."""
    record_id = str(org.accounts[0]["Id"])
    write(org, "PATCH", f"Account/{record_id}", {"Name": name})
    return record_id


def publish(org: Org, *names: str) -> None:
    """Publish change events that reach a listener together."""
    bus = org.salesforce.streaming.bus
    with bus.changed:
        for name in names:
            bus.publish("/data/AccountChangeEvent", "schema", {"Name": name, "ChangeEventHeader": {}})


def landed(aws: Aws, count: int) -> list[dict[str, Any]]:
    """The records of so many runs, in the order of the runs."""
    ids = wait_for_runs(ACCOUNT, REGION, "accounts", count)
    objects = {key.rpartition("/")[2]: content for key, content in aws.objects().items()}
    return [json.loads(line) for each in ids if each in objects for line in objects[each].splitlines()]


def listeners() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("local-appflow-listener")]


def wait_until_nobody_listens() -> None:
    for thread in listeners():
        thread.join(30)
    assert listeners() == []


def test_a_change_runs_the_flow_with_the_events_fields(aws: Aws, connected: Any, org: Org) -> None:
    activate(connected)
    record_id = rename(org, "Example Renamed")
    (record,) = landed(aws, 1)
    assert record["Name"] == "Example Renamed"
    header = record["ChangeEventHeader"]
    assert (header["entityName"], header["changeType"], header["recordIds"]) == ("Account", "UPDATE", [record_id])
    (run,) = connected.describe_flow_execution_records(flowName="accounts")["flowExecutions"]
    assert run["executionStatus"] == "Successful"
    assert run["executionResult"]["recordsProcessed"] == 1
    assert "dataPullStartTime" not in run


def test_creation_and_deletion_are_changes_too(aws: Aws, connected: Any, org: Org) -> None:
    activate(connected)
    write(org, "POST", "Account", {"Name": "Example New"})
    landed(aws, 1)
    write(org, "DELETE", f"Account/{org.accounts[0]['Id']}")
    kinds = [record["ChangeEventHeader"]["changeType"] for record in landed(aws, 2)]
    assert kinds == ["CREATE", "DELETE"]


def test_events_that_arrive_together_are_one_run(aws: Aws, connected: Any, org: Org) -> None:
    activate(connected)
    publish(org, "one", "two", "three")
    assert [record["Name"] for record in landed(aws, 1)] == ["one", "two", "three"]


def test_changes_of_another_object_do_not_run_the_flow(aws: Aws, connected: Any, org: Org) -> None:
    activate(connected)
    contact = org.salesforce.records("Contact")[0]
    write(org, "PATCH", f"Contact/{contact['Id']}", {"FirstName": "Example"})
    rename(org, "Example")
    assert [record["ChangeEventHeader"]["entityName"] for record in landed(aws, 1)] == ["Account"]


def test_tasks_apply_to_events(aws: Aws, connected: Any, org: Org) -> None:
    tasks = [*map_fields("Name", "Phone"), filter_task("Name", "CONTAINS", VALUE="keep", DATA_TYPE="string")]
    activate(connected, tasks=tasks)
    publish(org, "keep-1", "drop", "keep-2")
    assert landed(aws, 1) == [{"Name": "keep-1", "Phone": None}, {"Name": "keep-2", "Phone": None}]


def test_a_platform_event_runs_the_flow(aws: Aws, connected: Any, org: Org) -> None:
    activate(connected, source_object="Example_Event__e")
    write(org, "POST", "Example_Event__e", {"Message__c": "Ready", "Count__c": 2.5})
    (record,) = landed(aws, 1)
    assert (record["Message__c"], record["Count__c"]) == ("Ready", 2.5)
    assert {"CreatedDate", "CreatedById"} <= set(record)


def test_only_what_happens_while_the_flow_is_active_counts(aws: Aws, connected: Any, org: Org) -> None:
    connected.create_flow(**event_flow())
    publish(org, "draft")
    connected.start_flow(flowName="accounts")
    publish(org, "active")
    landed(aws, 1)
    connected.stop_flow(flowName="accounts")
    wait_until_nobody_listens()
    publish(org, "suspended")
    connected.start_flow(flowName="accounts")
    publish(org, "active again")
    assert [record["Name"] for record in landed(aws, 2)] == ["active", "active again"]


def stop(client: Any, _aws: Aws) -> None:
    client.stop_flow(flowName="accounts")


def delete(client: Any, _aws: Aws) -> None:
    client.delete_flow(flowName="accounts", forceDelete=True)


def reset_moto(_client: Any, aws: Aws) -> None:
    requests.post(f"{aws.url}/moto-api/reset", timeout=30).raise_for_status()


@pytest.mark.parametrize("end", [stop, delete, reset_moto])
def test_the_subscription_ends_at_once(aws: Aws, connected: Any, org: Org, end: Any) -> None:
    org.salesforce.streaming.poll_seconds = 100  # longer than this test waits
    activate(connected)
    assert len(listeners()) == 1
    end(connected, aws)
    wait_until_nobody_listens()


@pytest.mark.parametrize(
    ("source_object", "event"),
    [
        ("Account", "AccountChangeEvent"),
        ("Contact", "ContactChangeEvent"),
        ("accountchangeevent", "accountChangeEvent"),
    ],
)
def test_an_event_flow_needs_an_event_as_its_source(connected: Any, source_object: str, event: str) -> None:
    with pytest.raises(connected.exceptions.ValidationException) as error:
        connected.create_flow(**event_flow(source_object))
    assert f"such as {event} or a platform event such as Example__e" in message_of(error)


def test_the_subscription_goes_on_after_a_reset_of_the_settings(aws: Aws, connected: Any, org: Org) -> None:
    activate(connected)
    settings.reset()
    assert connected.describe_flow(flowName="accounts")["flowStatus"] == "Active"
    publish(org, "one")
    assert [record["Name"] for record in landed(aws, 1)] == ["one"]


def test_a_subscription_outlives_polls_without_events(aws: Aws, connected: Any, org: Org) -> None:
    org.salesforce.streaming.poll_seconds = 0.02
    activate(connected)
    publish(org, "one")
    landed(aws, 1)
    publish(org, "two")
    assert [record["Name"] for record in landed(aws, 2)] == ["one", "two"]


def test_a_subscription_that_the_org_forgot_is_made_anew_without_loss(aws: Aws, connected: Any, org: Org) -> None:
    streaming = org.salesforce.streaming
    streaming.poll_seconds = 0.02
    activate(connected)
    publish(org, "one")
    landed(aws, 1)
    streaming.reconnect_seconds = -1.0  # every client is forgotten between two polls
    publish(org, "two")
    streaming.reconnect_seconds = 40.0
    assert [record["Name"] for record in landed(aws, 2)] == ["one", "two"]


def test_a_dead_token_is_renewed_without_loss(aws: Aws, appflow: Any, org: Org) -> None:
    appflow.create_connector_profile(**profile_request(org, **renewable(aws, org)))
    aws.make_bucket()
    activate(appflow)
    org.salesforce.expire_tokens()
    publish(org, "one")
    assert [record["Name"] for record in landed(aws, 1)] == ["one"]
    assert appflow.describe_flow(flowName="accounts")["flowStatus"] == "Active"


def test_a_token_that_stays_refused_deactivates_the_flow(connected: Any, org: Org) -> None:
    activate(connected)
    org.salesforce.expire_tokens()
    publish(org, "one")  # ends the poll
    wait_until_nobody_listens()
    described = connected.describe_flow(flowName="accounts")
    assert described["flowStatus"] == "Suspended"
    assert "authentication failed, 401::Authentication invalid" in described["flowStatusMessage"]
    assert connected.describe_flow_execution_records(flowName="accounts")["flowExecutions"] == []


def test_an_event_flow_whose_runs_fail_again_and_again_is_deactivated(aws: Aws, connected: Any, org: Org) -> None:
    activate(connected)
    aws.client("s3").delete_bucket(Bucket="appflow-sfdata")
    for number in range(1, 11):
        publish(org, f"change {number}")
        wait_for_runs(ACCOUNT, REGION, "accounts", number)
    described = connected.describe_flow(flowName="accounts")
    assert described["flowStatus"] == "Suspended"
    assert described["flowStatusMessage"] == described["lastRunExecutionDetails"]["mostRecentExecutionMessage"]


def test_an_event_that_the_org_does_not_have_deactivates_the_flow_at_once(connected: Any, org: Org) -> None:
    activate(connected, source_object="NopeChangeEvent")
    wait_until_nobody_listens()
    described = connected.describe_flow(flowName="accounts")
    assert described["flowStatus"] == "Suspended"
    assert "does not exist {/data/NopeChangeEvent}" in described["flowStatusMessage"]
