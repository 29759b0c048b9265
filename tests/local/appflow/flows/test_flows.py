from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from tests.local.appflow.conftest import (
    ACCOUNT,
    BUCKET,
    Aws,
    Org,
    flow_request,
    map_fields,
    message_of,
    run_and_wait,
    scheduled,
)


def test_a_flow_is_described_as_it_was_created(connected: Any) -> None:
    request = flow_request(description="Example", tags={"tenant": "tenant-a"})
    created = connected.create_flow(**request)
    described = connected.describe_flow(flowName="accounts")
    assert created["flowArn"] == described["flowArn"] == f"arn:aws:appflow:us-west-2:{ACCOUNT}:flow/accounts"
    for member in ("description", "sourceFlowConfig", "destinationFlowConfigList", "tasks", "tags"):
        assert described[member] == request[member]
    assert described["triggerConfig"] == {"triggerType": "OnDemand", "triggerProperties": {}}
    assert described["flowStatus"] == created["flowStatus"] == "Active"
    assert described["createdBy"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert described["schemaVersion"] == 1
    assert "lastRunExecutionDetails" not in described


def test_times_are_the_local_appflows_to_the_millisecond(connected: Any) -> None:
    before = settings.now()
    connected.create_flow(**flow_request())
    created: datetime = connected.describe_flow(flowName="accounts")["createdAt"]
    assert int(before * 1000) / 1000 <= created.timestamp() <= settings.now()
    assert created.tzinfo is not None


def test_the_last_run_stands_in_the_flow(connected: Any) -> None:
    connected.create_flow(**flow_request())
    record = run_and_wait(connected, "accounts")
    details = connected.describe_flow(flowName="accounts")["lastRunExecutionDetails"]
    assert details == {
        "mostRecentExecutionMessage": "Successfully ran the flow",
        "mostRecentExecutionTime": record["startedAt"],
        "mostRecentExecutionStatus": "Successful",
    }
    assert connected.list_flows()["flows"][0]["lastRunExecutionDetails"] == details


def test_flows_are_listed_in_pages(connected: Any) -> None:
    for number in range(25):
        connected.create_flow(**flow_request(f"flow-{number:02d}"))
    first = connected.list_flows()
    second = connected.list_flows(nextToken=first["nextToken"])
    assert [len(page["flows"]) for page in (first, second)] == [20, 5]
    names = [flow["flowName"] for page in (first, second) for flow in page["flows"]]
    assert names == [f"flow-{number:02d}" for number in range(25)]
    assert first["flows"][0]["sourceConnectorType"] == "Salesforce"
    assert first["flows"][0]["destinationConnectorType"] == "S3"
    assert first["flows"][0]["triggerType"] == "OnDemand"


def test_a_flow_deleted_between_two_pages_shifts_nothing(connected: Any) -> None:
    for name in ("fa", "fb", "fc"):
        connected.create_flow(**flow_request(name))
    token = connected.list_flows(maxResults=2)["nextToken"]
    connected.delete_flow(flowName="fb")
    assert [flow["flowName"] for flow in connected.list_flows(nextToken=token)["flows"]] == ["fc"]


@pytest.mark.parametrize("token", ["x", "bm90IGpzb24=", "WyJPdGhlciIsICJ4Il0="])
def test_a_token_that_is_not_of_this_list_is_refused(appflow: Any, token: str) -> None:
    with pytest.raises(appflow.exceptions.ValidationException, match="nextToken"):
        appflow.list_flows(nextToken=token)


def test_a_second_flow_of_the_same_name_is_a_conflict(connected: Any) -> None:
    connected.create_flow(**flow_request())
    with pytest.raises(connected.exceptions.ConflictException, match="accounts already exists"):
        connected.create_flow(**flow_request())


@pytest.mark.parametrize(
    "operation",
    ["describe_flow", "start_flow", "stop_flow", "delete_flow", "describe_flow_execution_records"],
)
def test_an_unknown_flow_is_not_found(appflow: Any, operation: str) -> None:
    with pytest.raises(appflow.exceptions.ResourceNotFoundException) as error:
        getattr(appflow, operation)(flowName="absent")
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_a_flow_with_an_unknown_profile_is_refused_in_appflows_words(aws: Aws, appflow: Any) -> None:
    with pytest.raises(appflow.exceptions.ResourceNotFoundException) as error:
        appflow.create_flow(**flow_request())
    assert message_of(error) == "Connector Profile with name SalesForceAPI does not exist."


def test_a_flow_needs_a_projection_or_a_map_all_task(connected: Any) -> None:
    with pytest.raises(connected.exceptions.ValidationException) as error:
        connected.create_flow(**flow_request(tasks=map_fields("Id")[1:]))
    assert message_of(error) == (
        "Create Flow request failed: [Task Validation Error: You must specify a projection task or a MAP_ALL task]"
    )


def two_destinations(request: dict[str, Any]) -> None:
    request["destinationFlowConfigList"] *= 2


def no_destination(request: dict[str, Any]) -> None:
    request["destinationFlowConfigList"] = []


def destination_of_another_type(request: dict[str, Any]) -> None:
    request["destinationFlowConfigList"][0]["connectorType"] = "Upsolver"


def source_of_another_type(request: dict[str, Any]) -> None:
    request["sourceFlowConfig"]["connectorType"] = "Slack"


def no_source_profile(request: dict[str, Any]) -> None:
    del request["sourceFlowConfig"]["connectorProfileName"]


def schedule_without_expression(request: dict[str, Any]) -> None:
    request["triggerConfig"] = {"triggerType": "Scheduled"}


def upsert_without_id(request: dict[str, Any]) -> None:
    request["destinationFlowConfigList"] = [
        {
            "connectorType": "Salesforce",
            "connectorProfileName": "SalesForceAPI",
            "destinationConnectorProperties": {"Salesforce": {"object": "Contact", "writeOperationType": "UPSERT"}},
        }
    ]


def broken_exclude_list(request: dict[str, Any]) -> None:
    properties = {"EXCLUDE_SOURCE_FIELDS_LIST": "Id,Name"}
    request["tasks"] = [{"taskType": "Map_all", "sourceFields": [], "taskProperties": properties}]


def event_bus(request: dict[str, Any]) -> None:
    properties = {"object": f"aws.partner/appflow/salesforce.com/{ACCOUNT}/x"}
    request["destinationFlowConfigList"] = [
        {"connectorType": "EventBridge", "destinationConnectorProperties": {"EventBridge": properties}}
    ]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (two_destinations, "exactly one destination, not 2"),
        (event_bus, "EventBridge needs the source connector Salesforce and the trigger type Event"),
        (no_destination, "exactly one destination, not 0"),
        (destination_of_another_type, "destinationConnectorProperties must have the member Upsolver"),
        (source_of_another_type, "sourceConnectorProperties must have the member Slack"),
        (no_source_profile, "connectorProfileName must be specified for connector type Salesforce"),
        (schedule_without_expression, "triggerProperties.Scheduled must be specified"),
        (upsert_without_id, "idFieldNames must be specified"),
        (broken_exclude_list, "EXCLUDE_SOURCE_FIELDS_LIST must be a JSON list"),
    ],
)
def test_a_flow_that_breaks_a_rule_is_refused_with_the_rule(connected: Any, spoil: Any, reason: str) -> None:
    request = flow_request()
    spoil(request)
    with pytest.raises(connected.exceptions.ValidationException) as error:
        connected.create_flow(**request)
    assert message_of(error).startswith("Create Flow request failed: [")
    assert reason in message_of(error)
    assert connected.list_flows()["flows"] == []


def test_only_salesforce_has_event_flows(aws: Aws, appflow: Any) -> None:
    aws.make_bucket()
    aws.client("s3").put_object(Bucket=BUCKET, Key="input/a.csv", Body=b"Id\n1\n")
    request = flow_request(
        triggerConfig={"triggerType": "Event"},
        sourceFlowConfig={
            "connectorType": "S3",
            "sourceConnectorProperties": {"S3": {"bucketName": BUCKET, "bucketPrefix": "input"}},
        },
    )
    with pytest.raises(appflow.exceptions.ValidationException, match="Trigger type Event is not supported"):
        appflow.create_flow(**request)


def test_a_profile_of_another_connector_is_refused(connected: Any) -> None:
    connected.create_connector_profile(
        connectorProfileName="metrics",
        connectorType="Datadog",
        connectionMode="Public",
        connectorProfileConfig={
            "connectorProfileProperties": {"Datadog": {"instanceUrl": "https://example.com"}},
            "connectorProfileCredentials": {"Datadog": {"apiKey": "example", "applicationKey": "example"}},
        },
    )
    request = flow_request()
    request["sourceFlowConfig"]["connectorProfileName"] = "metrics"
    with pytest.raises(connected.exceptions.ValidationException, match="of connector type Datadog, not Salesforce"):
        connected.create_flow(**request)


def test_a_flow_whose_token_has_died_is_not_created(connected: Any, org: Org) -> None:
    org.salesforce.expire_tokens()
    with pytest.raises(connected.exceptions.ConnectorAuthenticationException) as error:
        connected.create_flow(**flow_request())
    assert message_of(error).startswith("Error while authenticating to connector")


def test_an_s3_source_without_objects_is_a_connector_server_error(aws: Aws, appflow: Any) -> None:
    aws.make_bucket()
    source = {
        "connectorType": "S3",
        "sourceConnectorProperties": {"S3": {"bucketName": BUCKET, "bucketPrefix": "input"}},
    }
    with pytest.raises(appflow.exceptions.ConnectorServerException, match="no object under s3://"):
        appflow.create_flow(
            **flow_request(sourceFlowConfig=source, tasks=[{"taskType": "Map_all", "sourceFields": []}])
        )


def test_times_of_a_schedule_come_back_as_times(connected: Any) -> None:
    start = datetime(2030, 1, 1, tzinfo=UTC)
    connected.create_flow(**flow_request(triggerConfig=scheduled(scheduleStartTime=start)))
    trigger = connected.describe_flow(flowName="accounts")["triggerConfig"]
    assert trigger["triggerProperties"]["Scheduled"]["scheduleStartTime"] == start


@pytest.mark.parametrize(
    ("side", "connector", "reason"),
    [("source", "Redshift", "Redshift cannot be a source"), ("destination", "Slack", "Slack cannot be a destination")],
)
def test_a_connector_on_the_wrong_side_is_all_that_is_said(
    connected: Any, side: str, connector: str, reason: str
) -> None:
    request = flow_request()
    end = request["sourceFlowConfig"] if side == "source" else request["destinationFlowConfigList"][0]
    end |= {"connectorType": connector, f"{side}ConnectorProperties": {}}
    with pytest.raises(connected.exceptions.ValidationException) as error:
        connected.create_flow(**request)
    assert message_of(error) == f"Create Flow request failed: [{reason}]"
