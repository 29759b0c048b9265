"""What CreateFlow and UpdateFlow refuse of a flow's tasks."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.appflow.conftest import filter_task, flow_request, map_fields, message_of

Task = dict[str, Any]


def task(kind: str, *sources: str, operator: str = "NO_OP", connector: str = "Salesforce", **properties: str) -> Task:
    return {
        "taskType": kind,
        "sourceFields": list(sources),
        "connectorOperator": {connector: operator},
        "taskProperties": properties,
    }


def refusal(client: Any, *tasks: Task, verb: str = "create") -> str:
    request = flow_request(tasks=[*map_fields("Id"), *tasks])
    with pytest.raises(client.exceptions.ValidationException) as refused:
        getattr(client, f"{verb}_flow")(**request)
    return message_of(refused)


REFUSED: list[tuple[Task, str]] = [
    (task("Map"), "sourceFields must have exactly one field, not 0"),
    (task("Map", "A", "B"), "sourceFields must have exactly one field, not 2"),
    (task("Truncate", "A", "B", TRUNCATE_LENGTH="5"), "sourceFields must have exactly one field, not 2"),
    (task("Merge", "A", CONCAT_FORMAT=" "), "sourceFields must have two fields or more, not 1"),
    (task("Arithmetic", "A", "B", "C", operator="ADDITION"), "sourceFields must have exactly two fields, not 3"),
    (task("Filter", operator="EQUAL_TO", VALUE="x"), "sourceFields must have exactly one field, not 0"),
    (task("Arithmetic", "A", "B"), "connectorOperator.Salesforce must be one of ADDITION, SUBTRACTION"),
    (task("Mask", "A", operator="MASK_ALL", connector="S3"), "connectorOperator.Salesforce must be one of MASK_ALL"),
    ({"taskType": "Filter", "sourceFields": ["A"]}, "connectorOperator.Salesforce must be one of PROJECTION"),
    (task("Validate", "A", operator="EQUAL_TO"), "connectorOperator.Salesforce must be one of VALIDATE_NON_NULL"),
    (
        task("Arithmetic", "A", "B", operator="DIVISION", MATH_OPERATION_FIELDS_ORDER="A,C"),
        "MATH_OPERATION_FIELDS_ORDER must name both source fields",
    ),
    (task("Mask", "A", operator="MASK_FIRST_N", MASK_VALUE="*"), "MASK_LENGTH must be a positive whole number"),
    (task("Mask", "A", operator="MASK_LAST_N", MASK_LENGTH="0"), "MASK_LENGTH must be a positive whole number"),
    (task("Mask", "A", operator="MASK_ALL", MASK_VALUE="**"), "MASK_VALUE must be one character"),
    (task("Truncate", "A"), "TRUNCATE_LENGTH must be a positive whole number"),
    (task("Truncate", "A", TRUNCATE_LENGTH="-1"), "TRUNCATE_LENGTH must be a positive whole number"),
    (task("Truncate", "A", TRUNCATE_LENGTH="\u0665"), "TRUNCATE_LENGTH must be a positive whole number"),
    (task("Validate", "A", operator="VALIDATE_NUMERIC"), "VALIDATION_ACTION must be one of DropRecord, DropDataset"),
    (
        task("Validate", "A", operator="VALIDATE_NUMERIC", VALIDATION_ACTION="drop"),
        "VALIDATION_ACTION must be one of DropRecord, DropDataset",
    ),
    (task("Map_all", EXCLUDE_SOURCE_FIELDS_LIST="A,B"), "EXCLUDE_SOURCE_FIELDS_LIST must be a JSON list"),
    (task("Map_all", EXCLUDE_SOURCE_FIELDS_LIST="[1]"), "EXCLUDE_SOURCE_FIELDS_LIST must be a JSON list"),
    (task("Map_all", EXCLUDE_SOURCE_FIELDS_LIST="[" * 2048), "EXCLUDE_SOURCE_FIELDS_LIST must be a JSON list"),
    (task("Partition"), "ORDERED_PARTITION_KEYS_LIST must have 1 to 10 field names, not 0"),
    (task("Partition", ORDERED_PARTITION_KEYS_LIST="A"), "ORDERED_PARTITION_KEYS_LIST must be a JSON list"),
    (
        task("Partition", ORDERED_PARTITION_KEYS_LIST=str([f"F{n}" for n in range(11)]).replace("'", '"')),
        "ORDERED_PARTITION_KEYS_LIST must have 1 to 10 field names, not 11",
    ),
    (filter_task("A", "EQUAL_TO", DATA_TYPE="string"), "the filter EQUAL_TO on A has no VALUE"),
    (filter_task("A", "BETWEEN", DATA_TYPE="int", UPPER_BOUND="1"), "the filter BETWEEN on A has no LOWER_BOUND"),
    (filter_task("A", "BETWEEN", DATA_TYPE="int", LOWER_BOUND="1"), "the filter BETWEEN on A has no UPPER_BOUND"),
    (filter_task("A", "EQUAL_TO", DATA_TYPE="int", VALUE="1 OR 1=1"), "VALUE of the filter EQUAL_TO on A is no int"),
    (filter_task("A", "EQUAL_TO", DATA_TYPE="int", VALUES="1,,2"), "VALUES of the filter EQUAL_TO on A is no int"),
    (filter_task("A", "EQUAL_TO", DATA_TYPE="double", VALUE="1e99999999999999999999"), "is no double"),
    (filter_task("A", "EQUAL_TO", DATA_TYPE="boolean", VALUE="maybe"), "is no boolean: maybe"),
    (filter_task("A", "LESS_THAN", DATA_TYPE="datetime", VALUE="2021-01-01"), "no datetime (milliseconds since the"),
    (filter_task("A", "LESS_THAN", DATA_TYPE="date", VALUE="9" * 30), "no date (milliseconds since the epoch)"),
]


@pytest.mark.parametrize(("wrong", "reason"), REFUSED)
def test_a_task_that_cannot_be_carried_out_is_refused_and_named(connected: Any, wrong: Task, reason: str) -> None:
    message = refusal(connected, wrong)
    assert message.startswith(
        f"Create Flow request failed: [Task Validation Error: task 3 of type {wrong['taskType']}: "
    )
    assert reason in message


def test_every_problem_stands_in_one_error(connected: Any) -> None:
    message = refusal(connected, task("Map"), task("Truncate", "A"), task("Mask", "A"))
    assert message.count("Task Validation Error: ") == 3
    assert all(
        f"task {number} of type {kind}: " in message for number, kind in [(3, "Map"), (4, "Truncate"), (5, "Mask")]
    )


def test_an_update_is_checked_like_a_new_flow(connected: Any) -> None:
    connected.create_flow(**flow_request())
    message = refusal(connected, task("Truncate", "A"), verb="update")
    assert message.startswith("Update Flow request failed: [Task Validation Error: task 3 of type Truncate: ")


def test_a_source_other_than_s3_needs_a_projection_or_map_all(connected: Any) -> None:
    with pytest.raises(connected.exceptions.ValidationException) as refused:
        connected.create_flow(**flow_request(tasks=map_fields("Id")[1:]))
    assert message_of(refused) == (
        "Create Flow request failed: [Task Validation Error: You must specify a projection task or a MAP_ALL task]"
    )


@pytest.mark.parametrize(
    "accepted",
    [
        {"taskType": "Map", "sourceFields": ["Name"]},
        task("Map", "Name", connector="S3"),
        task("Map", "Name", SOURCE_DATA_TYPE="CSV", DESTINATION_DATA_TYPE="CSV"),
        {"taskType": "Map_all", "sourceFields": [], "taskProperties": {}},
        task("Map_all", SOURCE_DATA_TYPE="id", DESTINATION_DATA_TYPE="id"),
        task("Map_all", EXCLUDE_SOURCE_FIELDS_LIST="[]"),
        {**task("Filter", operator="PROJECTION"), "destinationField": ""},
        task("Mask", "Name", operator="MASK_ALL", MASK_LENGTH="5", MASK_VALUE="*"),
        task("Mask", "Name", operator="MASK_ALL"),
        task("Validate", "Id", operator="VALIDATE_NON_NULL", VALIDATION_ACTION="DropRecord"),
        task("Merge", "Name", "Type", CONCAT_FORMAT=" "),
        task("Arithmetic", "A", "B", operator="ADDITION", MATH_OPERATION_FIELDS_ORDER="A,B"),
        task("Passthrough"),
        filter_task("Name", "EQUAL_TO", VALUE="no data type"),
        filter_task("Name", "EQUAL_TO", DATA_TYPE="picklist", VALUES="Hot,Cold"),
        filter_task("Name", "LESS_THAN", DATA_TYPE="datetime", VALUES="1,2"),
    ],
)
def test_tasks_as_public_clients_send_them_are_accepted(connected: Any, accepted: Task) -> None:
    assert connected.create_flow(**flow_request(tasks=[*map_fields("Id"), accepted]))["flowStatus"] == "Active"
