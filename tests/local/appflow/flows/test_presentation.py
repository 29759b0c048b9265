"""DescribeFlow's answer when settings make it differ from what was sent."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from tests.local.appflow.conftest import BUCKET, Aws, flow_request, map_fields, run_and_wait, scheduled

MAP_ALL = [{"taskType": "Map_all", "sourceFields": []}]
SENT = ("triggerConfig", "sourceFlowConfig", "destinationFlowConfigList", "tasks")


def described(appflow: Any, **changes: Any) -> dict[str, Any]:
    """DescribeFlow's answer for a new flow of accounts to S3."""
    appflow.create_flow(**flow_request(**changes))
    answer: dict[str, Any] = appflow.describe_flow(flowName="accounts")
    return answer


def test_a_flow_is_shown_as_it_was_sent_by_default(connected: Any) -> None:
    request = flow_request(triggerConfig=scheduled())
    shown = described(connected, triggerConfig=scheduled())
    assert {name: shown[name] for name in SENT} == {name: request[name] for name in SENT}
    assert "metadataCatalogConfig" not in shown


def test_shuffled_tasks_are_the_same_tasks_in_another_order(connected: Any) -> None:
    settings.task_order = "shuffled"
    tasks = map_fields("Id", "Name", "CreatedDate")
    connected.create_flow(**flow_request(tasks=tasks))
    answers = [connected.describe_flow(flowName="accounts")["tasks"] for _ in range(20)]
    assert all(answer != tasks for answer in answers)
    assert all(len(answer) == len(tasks) and all(task in answer for task in tasks) for answer in answers)
    assert len({str(answer) for answer in answers}) > 1


@pytest.mark.parametrize("tasks", [MAP_ALL, [map_fields("Id")[0]] * 2])
def test_tasks_that_have_no_other_order_stay(connected: Any, tasks: list[dict[str, Any]]) -> None:
    settings.task_order = "shuffled"
    assert described(connected, tasks=tasks)["tasks"] == tasks


def test_runs_go_by_what_was_sent(aws: Aws, connected: Any) -> None:
    settings.update({"task_order": "shuffled", "filled_defaults": True})
    connected.create_flow(**flow_request(tasks=map_fields("Id", "Name"), output={"fileType": "CSV"}))
    record = run_and_wait(connected, "accounts")
    (content,) = aws.objects().values()
    assert record["executionStatus"] == "Successful"
    assert content.splitlines()[0] == b"Id,Name"


def test_what_is_shown_is_again_what_was_sent_once_the_settings_are_reset(connected: Any) -> None:
    settings.update({"task_order": "shuffled", "filled_defaults": True})
    request = flow_request()
    described(connected)
    settings.reset()
    shown = connected.describe_flow(flowName="accounts")
    assert shown["tasks"] == request["tasks"]
    assert shown["sourceFlowConfig"] == request["sourceFlowConfig"]


def test_an_output_without_settings_shows_the_defaults(connected: Any) -> None:
    settings.filled_defaults = True
    shown = described(connected)["destinationFlowConfigList"][0]["destinationConnectorProperties"]["S3"]
    assert shown == {
        "bucketName": BUCKET,
        "bucketPrefix": "landing",
        "s3OutputFormatConfig": {
            "fileType": "JSON",
            "prefixConfig": {"pathPrefixHierarchy": []},
            "aggregationConfig": {"aggregationType": "None"},
            "preserveSourceDataTyping": False,
        },
    }


def test_what_was_sent_is_kept_at_every_depth(connected: Any) -> None:
    settings.filled_defaults = True
    sent = {
        "fileType": "PARQUET",
        "prefixConfig": {"prefixType": "PATH"},
        "aggregationConfig": {"targetFileSize": 64},
        "preserveSourceDataTyping": True,
    }
    shown = described(connected, output=sent)["destinationFlowConfigList"][0]["destinationConnectorProperties"]["S3"]
    assert shown["s3OutputFormatConfig"] == {
        **sent,
        "prefixConfig": {"prefixType": "PATH", "pathPrefixHierarchy": []},
        "aggregationConfig": {"aggregationType": "None", "targetFileSize": 64},
    }


def test_a_source_shows_what_it_does_by_default(connected: Any) -> None:
    settings.filled_defaults = True
    shown = described(connected, source={"includeDeletedRecords": True})["sourceFlowConfig"]
    assert shown["incrementalPullConfig"] == {}
    assert shown["sourceConnectorProperties"]["Salesforce"] == {
        "object": "Account",
        "enableDynamicFieldUpdate": False,
        "includeDeletedRecords": True,
        "dataTransferApi": "AUTOMATIC",
    }


def test_a_salesforce_destination_shows_how_it_writes_by_default(connected: Any) -> None:
    settings.filled_defaults = True
    destination = {
        "connectorType": "Salesforce",
        "connectorProfileName": "SalesForceAPI",
        "destinationConnectorProperties": {
            "Salesforce": {"object": "Contact", "errorHandlingConfig": {"bucketName": BUCKET}}
        },
    }
    (shown,) = described(connected, destinationFlowConfigList=[destination])["destinationFlowConfigList"]
    assert shown["destinationConnectorProperties"]["Salesforce"] == {
        "object": "Contact",
        "errorHandlingConfig": {"bucketName": BUCKET, "failOnFirstDestinationError": False},
        "writeOperationType": "INSERT",
        "idFieldNames": [],
        "dataTransferApi": "AUTOMATIC",
    }


@pytest.mark.parametrize(
    ("trigger", "properties"),
    [
        ({"triggerType": "OnDemand"}, {}),
        (scheduled(), {"Scheduled": {"scheduleExpression": "rate(1hours)", "scheduleOffset": 0}}),
        (scheduled(scheduleOffset=60), {"Scheduled": {"scheduleExpression": "rate(1hours)", "scheduleOffset": 60}}),
    ],
)
def test_a_trigger_shows_its_properties(connected: Any, trigger: dict[str, Any], properties: dict[str, Any]) -> None:
    settings.filled_defaults = True
    assert described(connected, triggerConfig=trigger)["triggerConfig"]["triggerProperties"] == properties


@pytest.mark.parametrize(
    ("task", "filled"),
    [
        (
            {"taskType": "Map_all", "sourceFields": []},
            {
                "connectorOperator": {"Salesforce": "NO_OP"},
                "destinationField": "",
                "taskProperties": {"EXCLUDE_SOURCE_FIELDS_LIST": "[]"},
            },
        ),
        (
            {"taskType": "Filter", "sourceFields": ["Id"], "connectorOperator": {"Salesforce": "PROJECTION"}},
            {"destinationField": "", "taskProperties": {"DATA_TYPE": "string"}},
        ),
        (
            {"taskType": "Map", "sourceFields": ["Id"], "destinationField": "Id"},
            {
                "connectorOperator": {"Salesforce": "NO_OP"},
                "taskProperties": {"SOURCE_DATA_TYPE": "string", "DESTINATION_DATA_TYPE": "string"},
            },
        ),
        (
            {
                "taskType": "Map",
                "sourceFields": ["Id"],
                "destinationField": "Id",
                "taskProperties": {"DATA_TYPE": "datetime"},
            },
            {},
        ),
        (
            {
                "taskType": "Mask",
                "sourceFields": ["Name"],
                "connectorOperator": {"Salesforce": "MASK_ALL"},
            },
            {"taskProperties": {}},
        ),
    ],
)
def test_a_task_shows_properties_that_it_was_not_given(
    connected: Any, task: dict[str, Any], filled: dict[str, Any]
) -> None:
    settings.filled_defaults = True
    projection = map_fields("Id", "Name")[0]
    assert described(connected, tasks=[task, projection])["tasks"][0] == {**task, **filled}
