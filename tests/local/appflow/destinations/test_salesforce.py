"""A flow from S3 into Salesforce: insert, update, upsert, delete, and what the org refuses."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from tests.local.appflow.conftest import BUCKET, Aws, Org, run_and_wait

ERRORS = {"bucketName": BUCKET, "bucketPrefix": "errors"}


def put_rows(aws: Aws, rows: list[dict[str, Any]]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    aws.client("s3").put_object(Bucket=BUCKET, Key="in/rows.csv", Body=text.getvalue().encode())


def write_request(**destination: Any) -> dict[str, Any]:
    """CreateFlow's request for all columns of the CSV files to Salesforce accounts."""
    return {
        "flowName": "write-accounts",
        "triggerConfig": {"triggerType": "OnDemand"},
        "sourceFlowConfig": {
            "connectorType": "S3",
            "sourceConnectorProperties": {"S3": {"bucketName": BUCKET, "bucketPrefix": "in"}},
        },
        "destinationFlowConfigList": [
            {
                "connectorType": "Salesforce",
                "connectorProfileName": "SalesForceAPI",
                "destinationConnectorProperties": {"Salesforce": {"object": "Account", **destination}},
            }
        ],
        "tasks": [{"taskType": "Map_all", "sourceFields": [], "connectorOperator": {"S3": "NO_OP"}}],
    }


def run(aws: Aws, appflow: Any, rows: list[dict[str, Any]], **destination: Any) -> dict[str, Any]:
    put_rows(aws, rows)
    appflow.create_flow(**write_request(**destination))
    return run_and_wait(appflow, "write-accounts")


def named(org: Org, name: str) -> list[dict[str, Any]]:
    return [account for account in org.accounts if account["Name"] == name and not account["IsDeleted"]]


def test_insert_is_the_default_and_adds_records(aws: Aws, connected: Any, org: Org) -> None:
    record = run(aws, connected, [{"Name": f"New {n}", "NumberOfEmployees": str(n)} for n in range(450)])
    assert record["executionStatus"] == "Successful"
    assert record["executionResult"]["recordsProcessed"] == 450
    assert named(org, "New 7")[0]["NumberOfEmployees"] == 7
    assert len(org.accounts) == 25 + 450


def test_update_changes_the_records_with_the_given_ids_only(aws: Aws, connected: Any, org: Org) -> None:
    changed, other = org.accounts[3], dict(org.accounts[4])
    record = run(aws, connected, [{"Id": changed["Id"], "Name": "Renamed"}], writeOperationType="UPDATE")
    assert record["executionStatus"] == "Successful"
    assert changed["Name"] == "Renamed"
    assert org.accounts[4] == other


def test_upsert_inserts_what_is_new_and_updates_what_is_there(aws: Aws, connected: Any, org: Org) -> None:
    org.accounts[0]["External_Id__c"] = "known"
    rows = [{"External_Id__c": "known", "Name": "Was there"}, {"External_Id__c": "new", "Name": "Is new"}]
    record = run(aws, connected, rows, writeOperationType="UPSERT", idFieldNames=["External_Id__c"])
    assert record["executionStatus"] == "Successful"
    assert org.accounts[0]["Name"] == "Was there"
    assert [account["External_Id__c"] for account in named(org, "Is new")] == ["new"]


def test_delete_takes_the_ids_and_looks_at_nothing_else(aws: Aws, connected: Any, org: Org) -> None:
    gone = org.accounts[5]
    record = run(aws, connected, [{"Id": gone["Id"], "Name": "whatever"}], writeOperationType="DELETE")
    assert record["executionStatus"] == "Successful"
    assert [account["Id"] for account in org.accounts if account["IsDeleted"]] == [gone["Id"]]


@pytest.mark.parametrize("operation", ["UPDATE", "DELETE"])
def test_without_ids_a_run_that_needs_them_ends_in_error(aws: Aws, connected: Any, operation: str) -> None:
    record = run(aws, connected, [{"Name": "Nobody"}], writeOperationType=operation)
    assert record["executionStatus"] == "Error"
    assert "maps no field to Id" in record["executionResult"]["errorInfo"]["executionMessage"]


def test_refused_records_are_counted_and_kept_while_the_others_are_written(aws: Aws, connected: Any, org: Org) -> None:
    rows = [{"Name": "Good"}, {"Name": "x" * 300}, {"Name": "Good as well"}]
    record = run(aws, connected, rows, errorHandlingConfig=ERRORS)
    assert record["executionStatus"] == "Successful"
    assert record["executionResult"]["errorInfo"]["putFailuresCount"] == 1
    assert "STRING_TOO_LONG" in record["executionResult"]["errorInfo"]["executionMessage"]
    assert [len(named(org, name)) for name in ("Good", "Good as well")] == [1, 1]
    kept = aws.objects()[f"errors/write-accounts/{record['executionId']}/errors"]
    assert [json.loads(line)["record"] for line in kept.splitlines()] == [{"Name": "x" * 300}]


def test_the_first_refusal_ends_the_run_if_the_flow_says_so(aws: Aws, connected: Any) -> None:
    errors = {**ERRORS, "failOnFirstDestinationError": True}
    record = run(aws, connected, [{"Name": "x" * 300}], errorHandlingConfig=errors)
    assert record["executionStatus"] == "Error"
    assert "STRING_TOO_LONG" in record["executionResult"]["errorInfo"]["executionMessage"]


def test_an_object_that_the_org_does_not_have_ends_the_run_in_error(aws: Aws, connected: Any) -> None:
    record = run(aws, connected, [{"Name": "Nowhere"}], object="Nothing__c")
    assert record["executionStatus"] == "Error" or record["executionResult"]["errorInfo"]["putFailuresCount"] == 1
