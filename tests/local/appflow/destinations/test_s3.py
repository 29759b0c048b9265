"""What a run writes to a bucket: partitions, aggregation and file sizes."""

from __future__ import annotations

import io
import json
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.local.appflow.conftest import Aws, Org, flow_request, make_org, map_fields, profile_request, run_and_wait


def partitioned(*keys: str) -> dict[str, Any]:
    return {
        "taskType": "Partition",
        "sourceFields": [],
        "connectorOperator": {"Salesforce": "NO_OP"},
        "taskProperties": {"ORDERED_PARTITION_KEYS_LIST": json.dumps(keys)},
    }


def lines(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.splitlines()]


def test_each_value_of_a_partition_field_is_a_folder(aws: Aws, connected: Any, org: Org) -> None:
    tasks = [*map_fields("Id", "Industry"), partitioned("Industry")]
    output = {"prefixConfig": {"pathPrefixHierarchy": ["SCHEMA_VERSION", "EXECUTION_ID"]}}
    connected.create_flow(**flow_request(tasks=tasks, output=output))
    execution_id = run_and_wait(connected, "accounts")["executionId"]
    folders = {f"Industry={account['Industry'] or 'null'}" for account in org.accounts}
    found = {key: {record["Industry"] for record in lines(content)} for key, content in aws.objects().items()}
    start = f"landing/accounts/schemaVersion_1/{execution_id}"
    assert found == {
        f"{start}/{folder}/{execution_id}": {None if folder == "Industry=null" else folder.partition("=")[2]}
        for folder in folders
    }


def test_partition_folders_nest_in_the_order_of_the_keys(aws: Aws, connected: Any) -> None:
    connected.create_flow(
        **flow_request(tasks=[*map_fields("Id", "Type", "Industry"), partitioned("Type", "Industry")])
    )
    run_and_wait(connected, "accounts")
    for key, content in aws.objects().items():
        _, _, kind, industry, _ = key.split("/")
        records = lines(content)
        assert {f"Type={record['Type'] or 'null'}" for record in records} == {kind}
        assert {f"Industry={record['Industry'] or 'null'}" for record in records} == {industry}


@pytest.mark.parametrize(
    ("value", "folder"),
    [
        ("Example/City", "Example%2FCity"),
        ("a\n\tb\x00\x7f\x85", "a%0A%09b%00%7F%C2%85"),
        ("Zürich 1+1=2", "Zürich 1+1=2"),
    ],
)
def test_what_is_no_part_of_a_folders_name_is_percent_encoded(
    aws: Aws, connected: Any, org: Org, value: str, folder: str
) -> None:
    for account in org.accounts:
        account["BillingCity"] = value
    connected.create_flow(**flow_request(tasks=[*map_fields("BillingCity"), partitioned("BillingCity")]))
    execution_id = run_and_wait(connected, "accounts")["executionId"]
    assert list(aws.objects()) == [f"landing/accounts/BillingCity={folder}/{execution_id}"]


def test_a_partition_value_that_makes_the_key_too_long_ends_the_run(aws: Aws, connected: Any, org: Org) -> None:
    for account in org.accounts:
        account["Description"] = "x" * 1100
    connected.create_flow(**flow_request(tasks=[*map_fields("Description"), partitioned("Description")]))
    record = run_and_wait(connected, "accounts")
    assert record["executionStatus"] == "Error"
    assert "S3 takes 1024" in record["executionResult"]["errorInfo"]["executionMessage"]


@pytest.mark.parametrize("file_type", ["JSON", "PARQUET"])
@pytest.mark.parametrize("aggregation", [{}, {"aggregationType": "SingleFile"}])
def test_a_run_is_one_file_by_default(
    aws: Aws, appflow: Any, orgs: Any, aggregation: dict[str, Any], file_type: str
) -> None:
    appflow.create_connector_profile(**profile_request(make_org(orgs, accounts=2500)))
    aws.make_bucket()
    appflow.create_flow(**flow_request(output={"fileType": file_type, "aggregationConfig": aggregation}))
    run_and_wait(appflow, "accounts")
    (content,) = aws.objects().values()
    records = pq.read_table(io.BytesIO(content)).to_pylist() if file_type == "PARQUET" else lines(content)
    assert len(records) == 2500


@pytest.mark.parametrize("character", ["x", "é"])
def test_a_target_file_size_makes_several_files_that_hold_every_record_once(
    aws: Aws, connected: Any, org: Org, character: str
) -> None:
    for account in org.accounts:
        account["Description"] = character * (100_000 // len(character.encode()))
    aggregation = {"aggregationType": "SingleFile", "targetFileSize": 1}
    connected.create_flow(
        **flow_request(tasks=map_fields("Id", "Description"), output={"aggregationConfig": aggregation})
    )
    run_and_wait(connected, "accounts")
    files = [lines(content) for content in aws.objects().values()]
    assert [len(records) for records in files] == [11, 11, 3]
    written = [record["Id"] for records in files for record in records]
    assert sorted(written) == sorted(str(account["Id"]) for account in org.accounts)
