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
    """Put a CSV file with the first row's columns."""
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


def run_json(aws: Aws, appflow: Any, rows: list[dict[str, Any]], **destination: Any) -> dict[str, Any]:
    """Run the flow with JSON Lines, whose records may differ in fields and types."""
    lines = "\n".join(map(json.dumps, rows))
    aws.client("s3").put_object(Bucket=BUCKET, Key="in/rows.json", Body=lines.encode())
    request = write_request(**destination)
    request["sourceFlowConfig"]["sourceConnectorProperties"]["S3"]["s3InputFormatConfig"] = {"s3InputFileType": "JSON"}
    appflow.create_flow(**request)
    return run_and_wait(appflow, "write-accounts")


def refused(aws: Aws, record: dict[str, Any]) -> list[dict[str, Any]]:
    """What is in the error bucket, line by line."""
    kept = aws.objects()[f"errors/write-accounts/{record['executionId']}/errors"]
    return [json.loads(line) for line in kept.splitlines()]


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


@pytest.mark.parametrize("operation", ["UPDATE", "DELETE"])
def test_records_whose_id_can_be_none_are_refused_and_the_others_written(
    aws: Aws, connected: Any, org: Org, operation: str
) -> None:
    first, last = org.accounts[2], org.accounts[9]
    two = f"{org.accounts[3]['Id']},{org.accounts[4]['Id']}"
    wrong: list[dict[str, Any]] = [
        {"Name": "No id"},
        *({"Id": value} for value in (None, "", " ", two, "abc", 12345, first["Id"] + "é")),
    ]
    rows = [*wrong, {"id": first["Id"], "Name": "New"}, {"ID": last["Id"][:15], "Name": "New"}, {"Id": "0" * 18}]
    record = run_json(aws, connected, rows, writeOperationType=operation, errorHandlingConfig=ERRORS)
    assert record["executionStatus"] == "Successful"
    assert [each["record"] for each in refused(aws, record)] == [*wrong, {"Id": "0" * 18}]
    assert refused(aws, record)[4]["error"].startswith("MALFORMED_ID: Id has to be 15 or 18 letters and digits")
    changed = [each["Id"] for each in org.accounts if each["IsDeleted"] or each["Name"] == "New"]
    assert changed == [first["Id"], last["Id"]]


def test_refused_records_are_counted_and_kept_while_the_others_are_written(aws: Aws, connected: Any, org: Org) -> None:
    rows = [{"Name": "Good"}, {"Name": "x" * 300}, {"Name": "Good as well"}]
    record = run(aws, connected, rows, errorHandlingConfig=ERRORS)
    assert record["executionStatus"] == "Successful"
    assert record["executionResult"]["errorInfo"]["putFailuresCount"] == 1
    assert "STRING_TOO_LONG" in record["executionResult"]["errorInfo"]["executionMessage"]
    assert [len(named(org, name)) for name in ("Good", "Good as well")] == [1, 1]
    assert [each["record"] for each in refused(aws, record)] == [{"Name": "x" * 300}]


def test_the_first_refusal_ends_the_run_if_the_flow_says_so(aws: Aws, connected: Any) -> None:
    errors = {**ERRORS, "failOnFirstDestinationError": True}
    record = run(aws, connected, [{"Name": "x" * 300}], errorHandlingConfig=errors)
    assert record["executionStatus"] == "Error"
    assert "STRING_TOO_LONG" in record["executionResult"]["errorInfo"]["executionMessage"]


def test_a_run_that_a_refusal_ends_has_accounted_for_all_records_of_the_request(
    aws: Aws, connected: Any, org: Org
) -> None:
    errors = {**ERRORS, "failOnFirstDestinationError": True}
    rows = [{"Name": "x" * 300}, *[{"Name": "Good"}] * 150, {"Name": "y" * 300}, *[{"Name": "Later"}] * 100]
    record = run(aws, connected, rows, errorHandlingConfig=errors)
    assert record["executionStatus"] == "Error"
    assert record["executionResult"]["errorInfo"]["putFailuresCount"] == 2
    assert [each["record"]["Name"][0] for each in refused(aws, record)] == ["x", "y"]
    written = [{"Name": name} for name in ("Good", "Later") for _ in named(org, name)]
    assert len(written) == 198
    assert record["executionResult"]["bytesWritten"] == sum(len(json.dumps(row)) - 1 for row in written)


def test_refused_records_are_kept_when_the_run_fails_later(aws: Aws, connected: Any, org: Org) -> None:
    put_rows(aws, [{"Name": "x" * 300}, *[{"Name": "Good"}] * 250])
    connected.create_flow(**write_request(errorHandlingConfig=ERRORS))
    org.salesforce.daily_api_requests = org.salesforce.api_requests_used + 1
    record = run_and_wait(connected, "write-accounts")
    assert record["executionStatus"] == "Error"
    assert "REQUEST_LIMIT_EXCEEDED" in record["executionResult"]["errorInfo"]["executionMessage"]
    assert [each["record"] for each in refused(aws, record)] == [{"Name": "x" * 300}]


def test_empty_text_is_null(aws: Aws, connected: Any, org: Org) -> None:
    record = run(aws, connected, [{"Name": "Blank", "NumberOfEmployees": "", "AnnualRevenue": ""}])
    assert record["executionStatus"] == "Successful"
    (account,) = named(org, "Blank")
    assert (account["NumberOfEmployees"], account["AnnualRevenue"]) == (None, None)


def test_a_field_called_attributes_does_not_lead_to_another_object(aws: Aws, connected: Any, org: Org) -> None:
    contacts = len(list(org.salesforce.records("Contact")))
    run_json(aws, connected, [{"attributes": {"type": "Contact"}, "Name": "Stays an account"}])
    assert len(named(org, "Stays an account")) == 1
    assert len(list(org.salesforce.records("Contact"))) == contacts


def test_an_object_that_the_org_does_not_have_ends_the_run_in_error(aws: Aws, connected: Any) -> None:
    record = run(aws, connected, [{"Name": "Nowhere"}], object="Nothing__c")
    assert record["executionStatus"] == "Error" or record["executionResult"]["errorInfo"]["putFailuresCount"] == 1
