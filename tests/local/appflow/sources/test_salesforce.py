"""Flows that read Salesforce."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import requests

from airflow_provider_appflow_isv.local.appflow import wait_for_runs
from airflow_provider_appflow_isv.local.appflow.buckets import FlowBuckets
from airflow_provider_appflow_isv.local.appflow.models import appflow_backends
from airflow_provider_appflow_isv.local.appflow.runs.job import Job
from airflow_provider_appflow_isv.local.appflow.runs.tasks import plan
from airflow_provider_appflow_isv.local.appflow.sources.salesforce import read_salesforce
from tests.local.appflow.conftest import (
    ACCOUNT,
    REGION,
    Aws,
    Org,
    ended_record,
    filter_task,
    flow_request,
    map_fields,
    run_and_wait,
)

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.connections.base import Connection


def task(kind: str, *sources: str, operator: str = "NO_OP", to: str | None = None, **properties: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "taskType": kind,
        "sourceFields": list(sources),
        "connectorOperator": {"Salesforce": operator},
        "taskProperties": properties,
    }
    return made if to is None else {**made, "destinationField": to}


def landed(aws: Aws) -> list[dict[str, Any]]:
    return [
        json.loads(line, parse_float=Decimal) for content in aws.objects().values() for line in content.splitlines()
    ]


def delete(org: Org, record_id: str) -> None:
    url = f"{org.instance_url}/services/data/v58.0/sobjects/Account/{record_id}"
    requests.delete(url, headers={"Authorization": f"Bearer {org.access_token}"}, timeout=30).raise_for_status()


def test_a_flow_as_cdk_builds_it_masks_merges_calculates_and_validates(aws: Aws, connected: Any, org: Org) -> None:
    order = "AnnualRevenue,NumberOfEmployees"
    tasks = [
        task("Filter", "Id", "Name,Type", order, "Industry", "Phone", operator="PROJECTION"),
        task("Map", "Id", to="Id", SOURCE_DATA_TYPE="id", DESTINATION_DATA_TYPE="string"),
        task("Merge", "Name", "Type", to="Name,Type", CONCAT_FORMAT=" / "),
        task("Map", "Name,Type", DESTINATION_DATA_TYPE="string", SOURCE_DATA_TYPE="string"),
        task("Arithmetic", *order.split(","), operator="DIVISION", to=order, MATH_OPERATION_FIELDS_ORDER=order),
        task("Map", order, to="RevenueEach", DESTINATION_DATA_TYPE="double", SOURCE_DATA_TYPE="string"),
        task("Map", "Phone", to="Phone", SOURCE_DATA_TYPE="phone", DESTINATION_DATA_TYPE="string"),
        task("Mask", "Phone", operator="MASK_FIRST_N", MASK_LENGTH="4", MASK_VALUE="*"),
        task("Truncate", "Name", TRUNCATE_LENGTH="6"),
        task("Filter", "Industry", operator="NOT_EQUAL_TO", DATA_TYPE="picklist", VALUE="Energy"),
        task("Validate", "NumberOfEmployees", operator="VALIDATE_NON_NULL", VALIDATION_ACTION="DropRecord"),
    ]
    connected.create_flow(**flow_request(tasks=tasks))
    record = run_and_wait(connected, "accounts")
    assert record["executionStatus"] == "Successful", record
    found = [account for account in org.accounts if account["Industry"] != "Energy"]
    assert record["executionResult"]["recordsProcessed"] == len(found)
    kept = [account for account in found if account["NumberOfEmployees"] is not None]
    records = landed(aws)
    assert [(each["Id"], each["Name,Type"], each["Phone"]) for each in records] == [
        (
            account["Id"],
            f"{account['Name'][:6]} / {account['Type'] or ''}",
            account["Phone"] and "****" + account["Phone"][4:],
        )
        for account in kept
    ]
    for each, account in zip(records, kept, strict=True):
        if account["AnnualRevenue"] is None:
            assert each["RevenueEach"] is None
        else:
            employees = Decimal(account["NumberOfEmployees"])
            assert abs(each["RevenueEach"] * employees - Decimal(str(account["AnnualRevenue"]))) < Decimal("1e-20")


def test_map_all_fetches_every_field_but_the_excluded_ones(aws: Aws, connected: Any, org: Org) -> None:
    excluded = ["Description", "Website"]
    connected.create_flow(**flow_request(tasks=[task("Map_all", EXCLUDE_SOURCE_FIELDS_LIST=json.dumps(excluded))]))
    run_and_wait(connected, "accounts")
    assert {frozenset(each) for each in landed(aws)} == {frozenset(org.accounts[0]) - set(excluded)}


def test_records_in_the_recycle_bin_are_read_only_if_the_flow_includes_them(aws: Aws, connected: Any, org: Org) -> None:
    gone = org.accounts[0]["Id"]
    delete(org, gone)
    for included in (False, True):
        name = f"deleted-{included}"
        source = {"includeDeletedRecords": included}
        connected.create_flow(**flow_request(name, map_fields("Id", "IsDeleted"), source=source))
        run_and_wait(connected, name)
        content = b"".join(content for key, content in aws.objects().items() if f"/{name}/" in key)
        found = {each["Id"]: each["IsDeleted"] for each in map(json.loads, content.splitlines())}
        assert found.get(gone) is (True if included else None)
        assert sum(found.values()) == included


def connection(profile_name: str) -> Connection:
    found = appflow_backends[ACCOUNT][REGION].profiles.connection(profile_name)
    assert found is not None
    return found


@pytest.mark.usefixtures("connected")
def test_events_are_filtered_by_appflow_itself() -> None:
    tasks = [*map_fields("Name", "Phone"), filter_task("Name", "CONTAINS", VALUES="A,B")]
    request = flow_request(tasks=tasks, source={"object": "AccountChangeEvent"})
    job = Job(
        account_id=ACCOUNT,
        region_name=REGION,
        flow_name="accounts",
        definition=request,
        schema_version=1,
        execution_id="run",
        started_at=0,
        buckets=FlowBuckets(ACCOUNT, REGION, "arn"),
        connect=connection,
        window=None,
        events=[{"Name": "A"}, {"Name": "C", "Phone": "1"}, {"Name": "B", "Phone": "2"}, {"Phone": "3"}],
        is_canceled=lambda: False,
    )
    (page,) = read_salesforce(job, plan(request["tasks"], "Salesforce"))
    assert page.records == [{"Name": "A"}, {"Name": "B", "Phone": "2"}]
    assert page.fields == ["Name", "Phone"]
    assert page.size == len('{"Name":"A"}{"Name":"B","Phone":"2"}')


@pytest.mark.parametrize(
    ("tasks", "reason"),
    [
        (map_fields("Id", "NAME"), "The source has no field NAME, which a Filter task names: write Name, as the"),
        ([task("Map_all"), task("Mask", "phone", operator="MASK_ALL", MASK_VALUE="*")], "write Phone"),
        ([task("Map_all", EXCLUDE_SOURCE_FIELDS_LIST='["description"]')], "write Description"),
        ([task("Map_all"), task("Mask", "SSN", operator="MASK_ALL", MASK_VALUE="*")], "SSN, which a Mask task names"),
    ],
)
@pytest.mark.parametrize("trigger", ["OnDemand", "Event"])
def test_a_field_that_the_object_has_not_or_spells_otherwise_fails_the_run(
    aws: Aws, connected: Any, org: Org, tasks: list[dict[str, Any]], reason: str, trigger: str
) -> None:
    source = {"object": "Account" if trigger == "OnDemand" else "AccountChangeEvent"}
    connected.create_flow(**flow_request(tasks=tasks, triggerConfig={"triggerType": trigger}, source=source))
    started = connected.start_flow(flowName="accounts")
    if trigger == "Event":
        org.salesforce.insert("Account", Name="Example New", Phone="555-0100")
        wait_for_runs(ACCOUNT, REGION, "accounts", 1)
        (record,) = connected.describe_flow_execution_records(flowName="accounts")["flowExecutions"]
    else:
        record = ended_record(connected, "accounts", started["executionId"])
    assert reason in record["executionResult"]["errorInfo"]["executionMessage"]
    assert aws.objects() == {}


def test_an_event_need_not_carry_a_masked_field(aws: Aws, connected: Any, org: Org) -> None:
    tasks = [*map_fields("Name"), task("Mask", "Phone", operator="MASK_ALL", MASK_VALUE="*")]
    request = flow_request(tasks=tasks, triggerConfig={"triggerType": "Event"}, source={"object": "AccountChangeEvent"})
    connected.create_flow(**request)
    connected.start_flow(flowName="accounts")
    org.salesforce.update("Account", org.accounts[0]["Id"], Name="Example")
    wait_for_runs(ACCOUNT, REGION, "accounts", 1)
    assert landed(aws) == [{"Name": "Example"}]
