"""Flows that read files of a bucket."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.local.appflow.conftest import BUCKET, Aws, flow_request, run_and_wait

CSV = b"Id,Amount,Closed,Since\n1,10.5,true,2021-01-03\n2,,false,\n3,n/a,TRUE,2021-02-03T10:00:00Z\n"


def task(kind: str, *sources: str, operator: str = "NO_OP", **properties: str) -> dict[str, Any]:
    return {
        "taskType": kind,
        "sourceFields": list(sources),
        "connectorOperator": {"S3": operator},
        "taskProperties": properties,
    }


MAP_ALL = task("Map_all")


def s3_flow(*tasks: dict[str, Any], file_type: str | None = None, prefix: str = "input") -> dict[str, Any]:
    location: dict[str, Any] = {"bucketName": BUCKET, "bucketPrefix": prefix}
    if file_type:
        location["s3InputFormatConfig"] = {"s3InputFileType": file_type}
    source = {"connectorType": "S3", "sourceConnectorProperties": {"S3": location}}
    return flow_request("files", list(tasks), sourceFlowConfig=source)


def run(aws: Aws, request: dict[str, Any], **files: bytes) -> dict[str, Any]:
    aws.make_bucket()
    s3 = aws.client("s3")
    for name, content in files.items():
        s3.put_object(Bucket=BUCKET, Key=f"input/{name}", Body=content)
    appflow = aws.client("appflow")
    appflow.create_flow(**request)
    return run_and_wait(appflow, "files")


def landed(aws: Aws) -> list[dict[str, Any]]:
    written = [content for key, content in sorted(aws.objects().items()) if key.startswith("landing/")]
    return [json.loads(line) for content in written for line in content.splitlines()]


def test_csv_is_the_default_and_its_cells_are_texts(aws: Aws) -> None:
    result = run(aws, s3_flow(MAP_ALL), a=CSV)["executionResult"]
    assert [record["Amount"] for record in landed(aws)] == ["10.5", "", "n/a"]
    assert (result["recordsProcessed"], result["bytesProcessed"]) == (3, len(CSV))


def test_json_lines_keep_their_types(aws: Aws) -> None:
    run(aws, s3_flow(MAP_ALL, file_type="JSON"), a=b'{"Id": 1, "Amount": 1.50}\n{"Id": 2, "Tags": ["x"]}\n')
    assert landed(aws) == [{"Id": 1, "Amount": 1.50}, {"Id": 2, "Tags": ["x"]}]


@pytest.mark.parametrize(
    ("prefix", "read"),
    [("input", ["1", "2", "3"]), ("input/", ["1", "2", "3"]), ("input/b", ["2", "3"]), ("input/b/", ["3"])],
)
def test_every_file_that_begins_with_the_prefix_is_read(aws: Aws, prefix: str, read: list[str]) -> None:
    files = {"a.csv": b"Id\n1\n", "b.csv": b"Id\n2\n", "b/c.csv": b"Id\n3\n"}
    run(aws, s3_flow(MAP_ALL, prefix=prefix), **files)
    assert [record["Id"] for record in landed(aws)] == read


def test_a_json_file_whose_records_lack_a_masked_field_is_moved(aws: Aws) -> None:
    mask = task("Mask", "Email", operator="MASK_ALL", MASK_VALUE="*")
    run(aws, s3_flow(MAP_ALL, mask, file_type="JSON"), a=b'{"Id": 1}\n')
    assert landed(aws) == [{"Id": 1}]


def test_a_misspelt_filter_field_fails_the_run(aws: Aws) -> None:
    condition = task("Filter", "Ident", operator="NOT_EQUAL_TO", DATA_TYPE="string", VALUE="1")
    record = run(aws, s3_flow(MAP_ALL, condition), a=b"Id\n1\n")
    assert "no field Ident, which a Filter" in record["executionResult"]["errorInfo"]["executionMessage"]


def test_files_may_have_different_fields(aws: Aws) -> None:
    run(aws, s3_flow(MAP_ALL), a=b"Id\n1\n", b=b"Id,Name\n2,two\n")
    assert landed(aws) == [{"Id": "1"}, {"Id": "2", "Name": "two"}]


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        (task("Filter", "Id", operator="EQUAL_TO", DATA_TYPE="string", VALUES="1,3"), ["1", "3"]),
        (task("Filter", "Id", operator="NOT_EQUAL_TO", DATA_TYPE="string", VALUES="1,3"), ["2"]),
        (task("Filter", "Id", operator="GREATER_THAN", DATA_TYPE="int", VALUE="1"), ["2", "3"]),
        (task("Filter", "Id", operator="LESS_THAN_OR_EQUAL_TO", DATA_TYPE="int", VALUE="2"), ["1", "2"]),
        (task("Filter", "Amount", operator="LESS_THAN", DATA_TYPE="double", VALUE="11"), ["1"]),
        (task("Filter", "Amount", operator="NOT_EQUAL_TO", DATA_TYPE="double", VALUE="10.50"), ["2", "3"]),
        (task("Filter", "Closed", operator="EQUAL_TO", DATA_TYPE="boolean", VALUE="true"), ["1", "3"]),
        (task("Filter", "Since", operator="EQUAL_TO", DATA_TYPE="date", VALUE="1612310400000"), ["3"]),
        (
            task(
                "Filter",
                "Since",
                operator="BETWEEN",
                DATA_TYPE="datetime",
                LOWER_BOUND="1609632000000",  # the first record's own, so it is out
                UPPER_BOUND="1612346400001",
            ),
            ["3"],
        ),
    ],
)
def test_filters_of_files_keep_what_they_say(aws: Aws, condition: dict[str, Any], kept: list[str]) -> None:
    record = run(aws, s3_flow(MAP_ALL, condition), a=CSV)
    assert [each["Id"] for each in landed(aws)] == kept
    assert record["executionResult"]["recordsProcessed"] == len(kept)


def test_contains_is_no_operator_of_s3(aws: Aws) -> None:
    appflow = aws.client("appflow")
    wrong = task("Filter", "Id", operator="CONTAINS", VALUE="1")
    with pytest.raises(appflow.exceptions.ValidationException, match=r"connectorOperator\.S3"):
        appflow.create_flow(**s3_flow(MAP_ALL, wrong))


def test_records_that_fail_a_validation_are_dropped_and_counted_as_processed(aws: Aws) -> None:
    check = task("Validate", "Amount", operator="VALIDATE_NUMERIC", VALIDATION_ACTION="DropRecord")
    record = run(aws, s3_flow(MAP_ALL, check), a=CSV)
    assert [each["Id"] for each in landed(aws)] == ["1", "2"]
    assert record["executionStatus"] == "Successful"
    assert record["executionResult"]["recordsProcessed"] == 3


def test_a_failed_validation_may_end_the_whole_run(aws: Aws) -> None:
    check = task("Validate", "Amount", operator="VALIDATE_NON_NULL", VALIDATION_ACTION="DropDataset")
    record = run(aws, s3_flow(MAP_ALL, check), a=CSV)
    assert record["executionStatus"] == "Error"
    message = record["executionResult"]["errorInfo"]["executionMessage"]
    assert "VALIDATE_NON_NULL on the field Amount" in message
    assert landed(aws) == []


def test_what_is_not_of_the_file_type_fails_the_run(aws: Aws) -> None:
    record = run(aws, s3_flow(MAP_ALL, file_type="JSON"), a=CSV)
    assert record["executionStatus"] == "Error"
    assert "not JSON" in record["executionResult"]["errorInfo"]["executionMessage"]


def test_a_file_above_125_mb_fails_the_run(aws: Aws) -> None:
    record = run(aws, s3_flow(MAP_ALL), small=b"Id\n1\n", large=b"I" * (125 * 1024 * 1024 + 1))
    assert record["executionStatus"] == "Error"
    assert "files of up to 125 MB" in record["executionResult"]["errorInfo"]["executionMessage"]
    assert landed(aws) == []


@pytest.mark.parametrize(
    "wrong",
    [
        [MAP_ALL, task("Mask", "SSN", operator="MASK_ALL", MASK_VALUE="*")],
        [task("Map_all", EXCLUDE_SOURCE_FIELDS_LIST='["SSN"]')],
        [MAP_ALL, task("Partition", ORDERED_PARTITION_KEYS_LIST='["SSN"]')],
    ],
)
def test_a_task_on_a_field_of_no_file_fails_the_run_before_anything_lands(
    aws: Aws, wrong: list[dict[str, Any]]
) -> None:
    record = run(aws, s3_flow(*wrong), a=b"id,ssn\n1,123\n")
    assert record["executionStatus"] == "Error"
    assert "SSN" in record["executionResult"]["errorInfo"]["executionMessage"]
    assert landed(aws) == []


def test_a_field_counts_as_there_if_any_file_has_it(aws: Aws) -> None:
    mask = task("Mask", "ssn", operator="MASK_ALL", MASK_VALUE="*")
    run(aws, s3_flow(MAP_ALL, mask), a=b"id\n1\n", b=b"id,ssn\n2,123\n")
    assert landed(aws) == [{"id": "1"}, {"id": "2", "ssn": "***"}]


def test_files_without_records_leave_nothing_to_check(aws: Aws) -> None:
    mask = task("Mask", "ssn", operator="MASK_ALL", MASK_VALUE="*")
    assert run(aws, s3_flow(MAP_ALL, mask), a=b"id\n")["executionStatus"] == "Successful"
