"""ServiceNow to S3, against the instance's own records."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.models import appflow_backends
from airflow_provider_appflow_isv.local.appflow.sources import servicenow
from tests.local.appflow.conftest import ACCOUNT, REGION, Aws, ended_record, make_instance, run_and_wait, scheduled
from tests.local.appflow.tickets import (
    Row,
    by_id,
    code_for,
    condition,
    connect,
    every_field,
    kept_credentials,
    landed,
    mapped,
    milliseconds,
    oauth_of,
    table_flow,
)

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.servicenow import Instance, Instances


DAY = 24 * 3600.0
REFERENCES = {
    "caller_id": "sys_user",
    "opened_by": "sys_user",
    "assigned_to": "sys_user",
    "resolved_by": "sys_user",
    "cmdb_ci": "cmdb_ci",
}


def failure_of(record: dict[str, Any]) -> str:
    assert record["executionStatus"] == "Error", record
    return str(record["executionResult"]["errorInfo"]["executionMessage"])


def as_appflow_has_it(instance: Instance, row: Row) -> dict[str, Any]:
    """A record with an object of link and value for each reference."""
    linked = {
        name: {"link": f"{instance.url}/api/now/table/{table}/{row[name]}", "value": row[name]}
        for name, table in REFERENCES.items()
        if row[name]
    }
    return {**row, **linked}


def test_every_record_lands_field_for_field(aws: Aws, instance: Instance) -> None:
    appflow = connect(aws, instance)
    appflow.create_flow(**table_flow("incident", every_field()))
    record = run_and_wait(appflow, "accounts")
    assert record["executionStatus"] == "Successful", record
    assert record["executionResult"]["recordsProcessed"] == 25
    assert landed(aws) == [as_appflow_has_it(instance, row) for row in by_id(instance.records("incident"))]


def test_only_the_mapped_fields_land(aws: Aws, instance: Instance) -> None:
    appflow = connect(aws, instance)
    tasks = mapped("number", "short_description", "sys_created_on")
    appflow.create_flow(**table_flow("incident", tasks))
    record = run_and_wait(appflow, "accounts")
    names = ("number", "short_description", "sys_created_on")
    assert landed(aws) == [{name: row[name] for name in names} for row in by_id(instance.records("incident"))]
    assert record["executionResult"]["bytesProcessed"] > 0


def test_a_table_brings_the_records_of_those_that_extend_it(aws: Aws, instance: Instance) -> None:
    appflow = connect(aws, instance)
    appflow.create_flow(**table_flow("task", mapped("number", "sys_class_name")))
    run_and_wait(appflow, "accounts")
    assert {record["sys_class_name"] for record in landed(aws)} == {"incident"}
    assert len(landed(aws)) == 25


def test_more_records_than_a_page_holds_all_land_once(aws: Aws, instances: Instances) -> None:
    instance = make_instance(instances, incidents=2001)
    appflow = connect(aws, instance)
    appflow.create_flow(**table_flow("incident", mapped("number", "sys_id")))
    record = run_and_wait(appflow, "accounts")
    assert record["executionResult"]["recordsProcessed"] == 2001
    assert [each["sys_id"] for each in landed(aws)] == [row["sys_id"] for row in by_id(instance.records("incident"))]


def test_truncate_empties_references_and_mask_makes_them_null(aws: Aws, instance: Instance) -> None:
    appflow = connect(aws, instance)
    truncate = {
        "taskType": "Truncate",
        "sourceFields": ["caller_id"],
        "taskProperties": {"TRUNCATE_LENGTH": "3"},
    }
    mask = {
        "taskType": "Mask",
        "sourceFields": ["opened_by"],
        "connectorOperator": {"ServiceNow": "MASK_ALL"},
        "taskProperties": {"MASK_VALUE": "*"},
    }
    appflow.create_flow(**table_flow("incident", [*mapped("caller_id", "opened_by"), truncate, mask]))
    run_and_wait(appflow, "accounts")
    assert landed(aws) == [{"caller_id": "", "opened_by": None}] * 25


def run_by_schedule(client: Any) -> dict[str, Any]:
    execution_id = appflow_backends[ACCOUNT][REGION].start_scheduled_run("accounts")
    return ended_record(client, "accounts", execution_id)


@pytest.mark.parametrize(
    ("config", "field"),
    [({}, "sys_updated_on"), ({"incrementalPullConfig": {"datetimeTypeFieldName": "opened_at"}}, "opened_at")],
)
def test_incremental_runs_follow_each_other_without_gap_or_overlap(
    aws: Aws, instance: Instance, config: dict[str, Any], field: str
) -> None:
    middle = sorted(row[field] for row in instance.records("incident"))[10]
    appflow = connect(aws, instance)
    trigger = scheduled(dataPullMode="Incremental", firstExecutionFrom=datetime.fromisoformat("2020-01-01T00:00:00Z"))
    request = table_flow("incident", mapped("sys_id"), triggerConfig=trigger)
    request["sourceFlowConfig"] |= config
    appflow.create_flow(**request)
    appflow.start_flow(flowName="accounts")

    settings.advance_clock(milliseconds(middle) / 1000 + 1 - settings.now())
    first = run_by_schedule(appflow)
    settings.advance_clock(400 * DAY)
    second = run_by_schedule(appflow)
    settings.advance_clock(DAY)
    third = run_by_schedule(appflow)

    moved = [record["executionResult"]["recordsProcessed"] for record in (first, second, third)]
    assert moved == [11, 14, 0]
    assert {each["sys_id"] for each in landed(aws)} == {row["sys_id"] for row in instance.records("incident")}


def test_an_incremental_run_brings_what_has_changed_since(aws: Aws, instance: Instance) -> None:
    appflow = connect(aws, instance)
    trigger = scheduled(dataPullMode="Incremental", firstExecutionFrom=datetime.fromisoformat("2020-01-01T00:00:00Z"))
    appflow.create_flow(**table_flow("incident", mapped("sys_id", "state"), triggerConfig=trigger))
    appflow.start_flow(flowName="accounts")
    assert run_by_schedule(appflow)["executionResult"]["recordsProcessed"] == 25
    settings.advance_clock(60)
    changed = instance.records("incident")[3]["sys_id"]
    before = datetime.fromtimestamp(settings.now() - 30, UTC)
    instance.update("incident", changed, {"state": "6", "sys_updated_on": f"{before:%Y-%m-%d %H:%M:%S}"})
    second = run_by_schedule(appflow)
    (content,) = [content for key, content in aws.objects().items() if second["executionId"] in key]
    assert json.loads(content) == {"sys_id": changed, "state": "6"}


def test_a_run_renews_a_dead_token_and_keeps_the_new_one(aws: Aws, instance: Instance) -> None:
    appflow = connect(aws, instance, code_for(instance, oauth_of(instance)))
    appflow.create_flow(**table_flow("incident", every_field()))
    dead = kept_credentials(aws)["oAuth2Credentials"]["accessToken"]
    instance.expire_tokens()
    assert run_and_wait(appflow, "accounts")["executionStatus"] == "Successful"
    renewed = kept_credentials(aws)["oAuth2Credentials"]["accessToken"]
    assert renewed != dead
    assert run_and_wait(appflow, "accounts")["executionStatus"] == "Successful"
    assert kept_credentials(aws)["oAuth2Credentials"]["accessToken"] == renewed


def test_runs_that_find_the_token_dead_together_all_succeed(aws: Aws, instance: Instance) -> None:
    appflow = connect(aws, instance, code_for(instance, oauth_of(instance)))
    appflow.create_flow(**table_flow("incident", every_field()))
    instance.expire_tokens()
    ids = [appflow.start_flow(flowName="accounts")["executionId"] for _ in range(6)]
    assert {ended_record(appflow, "accounts", each)["executionStatus"] for each in ids} == {"Successful"}


def test_a_login_that_is_over_for_good_fails_the_run_without_telling_secrets(aws: Aws, instance: Instance) -> None:
    appflow = connect(aws, instance, code_for(instance, oauth_of(instance)))
    appflow.create_flow(**table_flow("incident", every_field()))
    instance.revoke_tokens()
    message = failure_of(run_and_wait(appflow, "accounts"))
    assert message == (
        "Request failed with ServiceNow Status Code 401: authentication failed, server_error: access_denied"
    )


def test_a_user_who_is_locked_out_fails_the_run(aws: Aws, instance: Instance) -> None:
    appflow = connect(aws, instance)
    appflow.create_flow(**table_flow("incident", every_field()))
    instance.update("sys_user", instance.users["loader"].sys_id, {"locked_out": "true"})
    message = failure_of(run_and_wait(appflow, "accounts"))
    assert message.startswith("Request failed with ServiceNow Status Code 401: authentication failed, User Not")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_run_that_fails_on_a_later_page_leaves_nothing_behind(aws: Aws, instances: Instances, status: Any) -> None:
    instance = make_instance(instances, incidents=2001)
    appflow = connect(aws, instance)
    appflow.create_flow(**table_flow("incident", mapped("number")))
    instance.fail_next_requests(1, status, after=7)  # two for the tables, the columns and the types each, one page
    record = run_and_wait(appflow, "accounts")
    assert failure_of(record).startswith(f"Request failed with ServiceNow Status Code {status}: ")
    assert record["executionResult"]["recordsProcessed"] == 1000
    assert landed(aws) == []


def test_a_table_that_the_user_may_not_read_fails_the_run(aws: Aws, instance: Instance) -> None:
    instance.users["loader"].denied_tables.add("incident")
    appflow = connect(aws, instance)
    appflow.create_flow(**table_flow("incident", every_field()))
    assert "Status Code 403: User Not Authorized" in failure_of(run_and_wait(appflow, "accounts"))


@pytest.mark.parametrize(
    "tasks",
    [mapped("number", "u_absent"), [*mapped("number"), condition("u_absent", "EQUAL_TO", VALUE="x")]],
)
def test_a_field_that_the_table_has_not_fails_the_run(
    aws: Aws, instance: Instance, tasks: list[dict[str, Any]]
) -> None:
    appflow = connect(aws, instance)
    appflow.create_flow(**table_flow("incident", tasks))
    assert "has no field u_absent" in failure_of(run_and_wait(appflow, "accounts"))


def test_a_table_that_the_instance_has_not_fails_the_run(aws: Aws, instance: Instance) -> None:
    appflow = connect(aws, instance)
    appflow.create_flow(**table_flow("incidents", every_field()))
    assert "no table incidents" in failure_of(run_and_wait(appflow, "accounts"))


def test_more_records_than_appflow_takes_fail_the_run(
    aws: Aws, instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    appflow = connect(aws, instance)
    appflow.create_flow(**table_flow("incident", every_field()))
    assert servicenow.MAX_RECORDS == 100_000
    monkeypatch.setattr(servicenow, "MAX_RECORDS", 24)
    assert "more than 24 records" in failure_of(run_and_wait(appflow, "accounts"))
    monkeypatch.setattr(servicenow, "MAX_RECORDS", 25)
    assert run_and_wait(appflow, "accounts")["executionStatus"] == "Successful"


def test_a_task_on_a_field_that_the_table_has_not_fails_the_run(aws: Aws, instance: Instance) -> None:
    appflow = connect(aws, instance)
    mask = {"taskType": "Mask", "sourceFields": ["u_absent"], "connectorOperator": {"ServiceNow": "MASK_ALL"}}
    tasks = [*every_field(), {**mask, "taskProperties": {"MASK_VALUE": "*"}}]
    appflow.create_flow(**table_flow("incident", tasks))
    assert "no field u_absent, which a Mask task names" in failure_of(run_and_wait(appflow, "accounts"))
