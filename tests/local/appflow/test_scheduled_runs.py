from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from airflow_provider_appflow_isv.local.appflow.exceptions import UnsupportedOperationException
from airflow_provider_appflow_isv.local.appflow.models import AppFlowBackend, appflow_backends
from airflow_provider_appflow_isv.local.appflow.settings import settings
from tests.local.appflow.conftest import ACCOUNT, REGION, Aws, Org, ended_record, flow_request, map_fields, scheduled

DAY = 24 * 3600.0


def backend() -> AppFlowBackend:
    return appflow_backends[ACCOUNT][REGION]


def run_by_schedule(client: Any) -> dict[str, Any]:
    return ended_record(client, "accounts", backend().start_scheduled_run("accounts"))


def landed_ids(aws: Aws, execution_id: str) -> list[str]:
    content = aws.objects()[f"landing/accounts/{execution_id}"]
    return [json.loads(line)["Id"] for line in content.splitlines()]


@pytest.mark.parametrize(
    ("trigger", "start"),
    [(scheduled(), False), ({"triggerType": "OnDemand"}, False), ({"triggerType": "Event"}, True)],
)
def test_only_an_active_flow_on_a_schedule_runs_by_itself(connected: Any, trigger: dict[str, Any], start: bool) -> None:
    connected.create_flow(**flow_request(triggerConfig=trigger))
    if start:
        connected.start_flow(flowName="accounts")
    with pytest.raises(UnsupportedOperationException):
        backend().start_scheduled_run("accounts")


def test_a_complete_run_pulls_everything_and_has_no_window(connected: Any, org: Org) -> None:
    connected.create_flow(**flow_request(triggerConfig=scheduled(dataPullMode="Complete")))
    connected.start_flow(flowName="accounts")
    record = run_by_schedule(connected)
    assert record["executionResult"]["recordsProcessed"] == len(org.accounts)
    assert "dataPullStartTime" not in record


def test_the_first_incremental_run_pulls_the_past_thirty_days(connected: Any) -> None:
    connected.create_flow(**flow_request(triggerConfig=scheduled(dataPullMode="Incremental")))
    connected.start_flow(flowName="accounts")
    record = run_by_schedule(connected)
    assert record["dataPullEndTime"] == record["startedAt"]
    assert (record["dataPullEndTime"] - record["dataPullStartTime"]).total_seconds() == pytest.approx(30 * DAY)
    assert record["executionResult"]["recordsProcessed"] == 0  # the org's records are older


def test_incremental_runs_follow_each_other_without_gap_or_overlap(aws: Aws, connected: Any, org: Org) -> None:
    middle = sorted(account["SystemModstamp"] for account in org.accounts)[10]
    trigger = scheduled(dataPullMode="Incremental", firstExecutionFrom=datetime.fromisoformat("2020-01-01T00:00:00Z"))
    request = flow_request(triggerConfig=trigger, tasks=map_fields("Id", "SystemModstamp"))
    request["sourceFlowConfig"]["incrementalPullConfig"] = {"datetimeTypeFieldName": "SystemModstamp"}
    connected.create_flow(**request)
    connected.start_flow(flowName="accounts")

    settings.advance_clock(datetime.fromisoformat(middle).timestamp() - settings.now())
    first = run_by_schedule(connected)
    settings.advance_clock(400 * DAY)
    second = run_by_schedule(connected)
    settings.advance_clock(DAY)
    third = run_by_schedule(connected)

    assert second["dataPullStartTime"] == first["dataPullEndTime"]
    moved = landed_ids(aws, first["executionId"]) + landed_ids(aws, second["executionId"])
    assert sorted(moved) == sorted(account["Id"] for account in org.accounts)
    assert len(landed_ids(aws, first["executionId"])) == 11
    assert third["executionResult"]["recordsProcessed"] == 0


def test_an_offset_moves_the_window_back(connected: Any) -> None:
    connected.create_flow(**flow_request(triggerConfig=scheduled(dataPullMode="Incremental", scheduleOffset=600)))
    connected.start_flow(flowName="accounts")
    record = run_by_schedule(connected)
    assert (record["startedAt"] - record["dataPullEndTime"]).total_seconds() == pytest.approx(600)


def test_a_failed_run_leaves_its_range_to_the_next(connected: Any, org: Org) -> None:
    connected.create_flow(**flow_request(triggerConfig=scheduled(dataPullMode="Incremental")))
    connected.start_flow(flowName="accounts")
    good = run_by_schedule(connected)
    limit, org.salesforce.daily_api_requests = org.salesforce.daily_api_requests, 0
    assert run_by_schedule(connected)["executionStatus"] == "Error"
    org.salesforce.daily_api_requests = limit
    assert run_by_schedule(connected)["dataPullStartTime"] == good["dataPullEndTime"]
