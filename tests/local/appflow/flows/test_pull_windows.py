"""Which range each run of a scheduled flow pulls."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.local.appflow import wait_for_runs
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.flows.flow import Flow, FlowRun, FlowVersion
from airflow_provider_appflow_isv.local.appflow.flows.schedules import pull_window
from airflow_provider_appflow_isv.local.appflow.sources.servicenow_query import query
from tests.local.appflow.conftest import ACCOUNT, REGION, Aws, Org, ended_record, flow_request, map_fields, scheduled
from tests.local.appflow.flows.test_scheduled_runs import DAY, activate, backend, runs
from tests.local.servicenow.queries import PLAIN, numbers_found

NOT_BY_ITSELF = datetime(2090, 1, 1, tzinfo=UTC)


def run_by_schedule(client: Any) -> dict[str, Any]:
    return ended_record(client, "accounts", backend().start_scheduled_run("accounts"))


def landed_ids(aws: Aws, execution_id: str) -> list[str]:
    content = aws.objects()[f"landing/accounts/{execution_id}"]
    return [json.loads(line)["Id"] for line in content.splitlines()]


def test_a_complete_run_pulls_everything_and_has_no_window(connected: Any, org: Org) -> None:
    activate(connected, dataPullMode="Complete")
    (record,) = runs(connected, 1)
    assert record["executionResult"]["recordsProcessed"] == len(org.accounts)
    assert "dataPullStartTime" not in record


def test_the_first_incremental_run_pulls_the_past_thirty_days(connected: Any) -> None:
    activate(connected, dataPullMode="Incremental")
    (record,) = runs(connected, 1)
    assert record["dataPullEndTime"] == record["startedAt"]
    assert (record["dataPullEndTime"] - record["dataPullStartTime"]).total_seconds() == pytest.approx(30 * DAY)
    assert record["executionResult"]["recordsProcessed"] == 0  # the org's records are older


def test_a_late_run_pulls_what_it_would_have_pulled_in_time(connected: Any) -> None:
    activate(connected, dataPullMode="Incremental", scheduleOffset=600)
    settings.advance_clock(DAY)
    records = runs(connected, 25)
    offsets = [(record["startedAt"] - record["dataPullEndTime"]).total_seconds() for record in records]
    assert offsets == pytest.approx([600] * 25, abs=0.01)
    assert all(b["dataPullStartTime"] == a["dataPullEndTime"] for a, b in itertools.pairwise(records))


def test_incremental_runs_follow_each_other_without_gap_or_overlap(aws: Aws, connected: Any, org: Org) -> None:
    middle = sorted(account["SystemModstamp"] for account in org.accounts)[10]
    trigger = scheduled(
        dataPullMode="Incremental",
        firstExecutionFrom=datetime.fromisoformat("2020-01-01T00:00:00Z"),
        scheduleStartTime=NOT_BY_ITSELF,
    )
    request = flow_request(triggerConfig=trigger, tasks=map_fields("Id", "SystemModstamp"))
    request["sourceFlowConfig"]["incrementalPullConfig"] = {"datetimeTypeFieldName": "SystemModstamp"}
    connected.create_flow(**request)
    connected.start_flow(flowName="accounts")

    settings.advance_clock(datetime.fromisoformat(middle).timestamp() + 0.001 - settings.now())
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


def test_a_failed_run_leaves_its_range_to_the_next(connected: Any, org: Org) -> None:
    activate(connected, dataPullMode="Incremental", scheduleStartTime=NOT_BY_ITSELF)
    good = run_by_schedule(connected)
    limit, org.salesforce.daily_api_requests = org.salesforce.daily_api_requests, 0
    assert run_by_schedule(connected)["executionStatus"] == "Error"
    org.salesforce.daily_api_requests = limit
    assert run_by_schedule(connected)["dataPullStartTime"] == good["dataPullEndTime"]


def test_once_the_clock_is_put_back_runs_ahead_of_it_do_not_count(aws: Aws, connected: Any, org: Org) -> None:
    connected.create_flow(**flow_request(triggerConfig=scheduled(dataPullMode="Incremental")))
    connected.start_flow(flowName="accounts")
    settings.advance_clock(5 * 3600)
    wait_for_runs(ACCOUNT, REGION, "accounts", 6)
    settings.reset()
    before = set(wait_for_runs(ACCOUNT, REGION, "accounts", 6))
    changed = org.salesforce.insert("Account", Name="After the reset")
    settings.advance_clock(3601)
    later = [each for each in wait_for_runs(ACCOUNT, REGION, "accounts", 7) if each not in before]
    assert [changed in landed_ids(aws, each) for each in later] == [True]


def servicenow_flow(offset: int) -> Flow:
    source = {"connectorType": "Servicenow"}
    definition = {
        "triggerConfig": scheduled(dataPullMode="Incremental", scheduleOffset=offset),
        "sourceFlowConfig": source,
    }
    return Flow("tickets", "arn", "Active", 0.0, "", {}, [FlowVersion(definition, 1, 0.0, "", 0.0)])


@given(
    pauses=st.lists(st.floats(0.01, 3) | st.integers(1, 3), min_size=1, max_size=8),
    writes=st.lists(st.floats(0, 10) | st.integers(0, 10), min_size=1, max_size=8),
    offset=st.integers(0, 2),
)
def test_every_record_of_servicenow_lands_once_whenever_it_is_written(
    pauses: list[float], writes: list[float], offset: int
) -> None:
    flow, begun, landed = servicenow_flow(offset), 1_700_000_000.0, list[str]()
    rows = {
        f"INC{number}": (begun + moment, {**PLAIN, "number": f"INC{number}", "closed_at": stamp(begun + moment)})
        for number, moment in enumerate(writes)
    }
    due = [begun + each for each in itertools.accumulate(pauses)]
    for number, moment in enumerate([*due, due[-1] + 60]):  # by the last run everything is written
        window = pull_window(flow, moment)
        assert window is not None
        there = [row for written, row in rows.values() if written <= moment]
        found = numbers_found(query([], dataclasses.replace(window, field="closed_at")), *there)
        assert all(window.after <= math.floor(rows[name][0]) < window.until for name in found)  # as its record tells
        landed += found
        flow.runs[str(number)] = FlowRun(str(number), number, moment, window, status="Successful")
    assert sorted(landed) == sorted(rows)


def stamp(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S}"
