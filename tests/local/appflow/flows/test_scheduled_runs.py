"""Scheduled flows: what runs when, and what a run pulls."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from airflow_provider_appflow_isv.local.appflow import wait_for_runs
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.exceptions import UnsupportedOperationException
from airflow_provider_appflow_isv.local.appflow.flows import activations
from airflow_provider_appflow_isv.local.appflow.flows.scheduler import scheduler
from airflow_provider_appflow_isv.local.appflow.models import AppFlowBackend, appflow_backends
from tests.local.appflow.conftest import ACCOUNT, REGION, Aws, flow_request, map_fields, scheduled

HOUR, DAY = 3600.0, 24 * 3600.0
CHANGE_EVENTS = {"triggerType": "Event"}


def backend() -> AppFlowBackend:
    return appflow_backends[ACCOUNT][REGION]


def activate(client: Any, **properties: Any) -> None:
    client.create_flow(**flow_request(triggerConfig=scheduled(**properties)))
    client.start_flow(flowName="accounts")


def runs(client: Any, count: int) -> list[dict[str, Any]]:
    """The records of all runs, oldest first, once so many have ended and nothing else is due."""
    wait_for_runs(ACCOUNT, REGION, "accounts", count)
    scheduler.wait_until_idle()
    found: list[dict[str, Any]] = client.describe_flow_execution_records(flowName="accounts", maxResults=100)[
        "flowExecutions"
    ]
    assert len(found) == count
    return found[::-1]


def hours_between(records: list[dict[str, Any]]) -> list[float]:
    starts = [record["startedAt"] for record in records]
    return [round((later - earlier) / timedelta(hours=1), 5) for earlier, later in itertools.pairwise(starts)]


@pytest.mark.parametrize(
    ("trigger", "start"),
    [(scheduled(), False), ({"triggerType": "OnDemand"}, False), (CHANGE_EVENTS, True)],
)
def test_only_an_active_flow_on_a_schedule_runs_by_itself(connected: Any, trigger: dict[str, Any], start: bool) -> None:
    source = {"object": "AccountChangeEvent"} if trigger is CHANGE_EVENTS else {}
    connected.create_flow(**flow_request(triggerConfig=trigger, source=source))
    if start:
        connected.start_flow(flowName="accounts")
    with pytest.raises(UnsupportedOperationException):
        backend().start_scheduled_run("accounts")
    settings.advance_clock(DAY)
    assert runs(connected, 0) == []


def test_a_rate_runs_at_activation_and_then_every_period(connected: Any) -> None:
    activate(connected)
    runs(connected, 1)
    settings.advance_clock(DAY)
    records = runs(connected, 25)
    assert hours_between(records) == [1.0] * 24
    assert {record["executionStatus"] for record in records} == {"Successful"}


def test_runs_begin_at_the_start_time_and_stop_at_the_end_time(connected: Any) -> None:
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=2)
    activate(connected, scheduleStartTime=start, scheduleEndTime=start + timedelta(hours=3))
    settings.advance_clock(HOUR)
    assert runs(connected, 0) == []
    settings.advance_clock(30 * DAY)
    records = runs(connected, 4)
    assert [record["startedAt"] for record in records] == [start + timedelta(hours=number) for number in range(4)]
    assert connected.describe_flow(flowName="accounts")["flowStatus"] == "Active"


def test_a_start_time_that_passes_before_the_activation_keeps_its_grid(connected: Any) -> None:
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    connected.create_flow(**flow_request(triggerConfig=scheduled(scheduleStartTime=start)))
    settings.advance_clock(5.5 * HOUR)
    connected.start_flow(flowName="accounts")
    settings.advance_clock(HOUR)
    assert [record["startedAt"] for record in runs(connected, 1)] == [start + timedelta(hours=5)]


def test_a_cron_expression_runs_at_its_times_only(connected: Any) -> None:
    activate(connected, scheduleExpression="cron(0 6 * * ? *)")
    settings.advance_clock(2 * DAY)
    records = runs(connected, 2)
    assert {(r["startedAt"].hour, r["startedAt"].minute, r["startedAt"].second) for r in records} == {(6, 0, 0)}
    assert hours_between(records) == [24.0]


def test_flows_run_in_the_order_of_their_times(aws: Aws, connected: Any) -> None:
    start = datetime.now(UTC) + timedelta(hours=1)
    for number in (3, 1, 2):
        begins = start + timedelta(minutes=number)
        connected.create_flow(**flow_request(f"f{number}", triggerConfig=scheduled(scheduleStartTime=begins)))
        connected.start_flow(flowName=f"f{number}")
    settings.advance_clock(1.5 * HOUR)
    for number in (1, 2, 3):
        wait_for_runs(ACCOUNT, REGION, f"f{number}", 1)
    written = aws.client("s3").list_objects_v2(Bucket="appflow-sfdata")["Contents"]
    assert {each["Key"].split("/")[1] for each in written} == {"f1", "f2", "f3"}
    flows = {flow["flowName"]: flow["lastRunExecutionDetails"] for flow in connected.list_flows()["flows"]}
    times = [flows[f"f{number}"]["mostRecentExecutionTime"] for number in (1, 2, 3)]
    assert times == sorted(times)


def test_a_run_that_is_due_while_the_one_before_goes_on_waits_for_it(connected: Any) -> None:
    with settings.held():
        activate(connected)
        settings.advance_clock(2.5 * HOUR)
        scheduler.wait_until_idle()
        assert len(connected.describe_flow_execution_records(flowName="accounts")["flowExecutions"]) == 1
    assert hours_between(runs(connected, 3)) == [1.0, 1.0]


def test_a_very_long_jump_of_the_clock_runs_the_first_due_times_only(
    connected: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activations, "MOST_LATE_RUNS", 3)
    activate(connected, dataPullMode="Incremental")
    runs(connected, 1)
    settings.advance_clock(365 * DAY + 1)
    assert hours_between(runs(connected, 4)) == [1.0] * 3
    settings.advance_clock(HOUR)
    records = runs(connected, 5)
    assert hours_between(records)[-1] == 365 * 24 - 3 + 1
    assert records[-1]["dataPullStartTime"] == records[-2]["dataPullEndTime"]


def test_a_stopped_flow_does_not_run_until_it_is_started_again(connected: Any) -> None:
    activate(connected)
    runs(connected, 1)
    connected.stop_flow(flowName="accounts")
    settings.advance_clock(DAY)
    runs(connected, 1)
    connected.start_flow(flowName="accounts")
    assert hours_between(runs(connected, 2))[0] >= 24
    settings.advance_clock(HOUR)
    assert hours_between(runs(connected, 3))[1] == 1.0


def test_starting_an_active_flow_again_changes_nothing(connected: Any) -> None:
    activate(connected)
    runs(connected, 1)
    settings.advance_clock(HOUR / 2)
    connected.start_flow(flowName="accounts")
    settings.advance_clock(HOUR)
    assert hours_between(runs(connected, 2)) == [1.0]


def test_a_deleted_flow_does_not_run(connected: Any) -> None:
    activate(connected)
    runs(connected, 1)
    connected.delete_flow(flowName="accounts", forceDelete=True)
    connected.create_flow(**flow_request(triggerConfig=scheduled()))
    settings.advance_clock(DAY)
    assert runs(connected, 0) == []


def test_a_run_in_progress_outlives_its_deleted_flow(aws: Aws, connected: Any) -> None:
    with settings.held():
        activate(connected)
        scheduler.wait_until_idle()
        flow = backend().flows.get("accounts")
        connected.delete_flow(flowName="accounts", forceDelete=True)
    (run,) = flow.runs.values()
    assert run.ended.result(30) == "Successful"
    assert list(aws.objects()) == [f"landing/accounts/{run.execution_id}"]


def test_an_update_of_an_active_flow_keeps_it_active_and_changes_its_schedule(connected: Any) -> None:
    activate(connected)
    runs(connected, 1)
    settings.advance_clock(1.5 * HOUR)
    runs(connected, 2)
    daily = flow_request(triggerConfig=scheduled(scheduleExpression="rate(2hours)"))
    assert connected.update_flow(**daily)["flowStatus"] == "Active"
    settings.advance_clock(4.1 * HOUR)
    assert hours_between(runs(connected, 4)) == [1.0, pytest.approx(2.5, abs=0.1), 2.0]


def test_a_new_schedule_counts_once_the_update_shows(connected: Any) -> None:
    settings.update_delay_seconds = 2.5 * HOUR
    activate(connected)
    runs(connected, 1)
    connected.update_flow(**flow_request(triggerConfig=scheduled(scheduleExpression="rate(1days)")))
    shown = connected.describe_flow(flowName="accounts")["triggerConfig"]["triggerProperties"]["Scheduled"]
    assert shown["scheduleExpression"] == "rate(1hours)"
    settings.advance_clock(27 * HOUR)
    assert hours_between(runs(connected, 4)) == [1.0, 1.0, pytest.approx(24.5, abs=0.1)]


def test_an_update_of_the_tasks_does_not_shift_the_schedule(aws: Aws, connected: Any) -> None:
    activate(connected)
    runs(connected, 1)
    settings.advance_clock(HOUR / 2)
    connected.update_flow(**flow_request(triggerConfig=scheduled(), tasks=map_fields("Id")))
    settings.advance_clock(HOUR)
    records = runs(connected, 2)
    assert hours_between(records) == [1.0]
    content = aws.objects()[f"landing/accounts/{records[1]['executionId']}"]
    assert set(json.loads(content.splitlines()[0])) == {"Id"}


def test_a_flow_that_is_taken_off_its_schedule_runs_on_demand_only(connected: Any) -> None:
    activate(connected)
    runs(connected, 1)
    assert connected.update_flow(**flow_request())["flowStatus"] == "Active"
    settings.advance_clock(DAY)
    runs(connected, 1)


def test_a_reset_of_the_settings_leaves_the_schedule_going_on_by_the_new_clock(connected: Any) -> None:
    activate(connected)
    settings.advance_clock(2 * DAY)
    runs(connected, 49)
    settings.reset()
    scheduler.wait_until_idle()
    assert connected.describe_flow(flowName="accounts")["flowStatus"] == "Active"
    settings.advance_clock(HOUR + 1)
    settings.advance_clock(HOUR)
    runs(connected, 51)


def test_what_was_set_ahead_of_a_reset_of_the_clock_counts_from_the_reset_on(connected: Any) -> None:
    settings.advance_clock(30 * DAY)
    activate(connected, dataPullMode="Incremental")
    runs(connected, 1)
    daily = scheduled(scheduleExpression="rate(1days)", dataPullMode="Incremental")
    connected.update_flow(**flow_request(triggerConfig=daily))
    settings.reset()
    shown = connected.describe_flow(flowName="accounts")["triggerConfig"]["triggerProperties"]["Scheduled"]
    assert shown["scheduleExpression"] == "rate(1days)"
    settings.advance_clock(DAY + 1)
    records = runs(connected, 2)
    assert records[1]["startedAt"] < records[0]["startedAt"]
    assert records[1]["dataPullEndTime"] > records[1]["dataPullStartTime"]


def test_the_scheduler_is_idle_only_after_all_runs_that_follow_each_other(connected: Any) -> None:
    activate(connected)
    settings.advance_clock(10 * HOUR)
    scheduler.wait_until_idle()
    records = connected.describe_flow_execution_records(flowName="accounts")["flowExecutions"]
    assert [record["executionStatus"] for record in records] == ["Successful"] * 11


def test_no_run_starts_after_motos_reset(aws: Aws, connected: Any) -> None:
    activate(connected)
    runs(connected, 1)
    flow = backend().flows.get("accounts")
    requests.post(f"{aws.url}/moto-api/reset", timeout=30).raise_for_status()
    settings.advance_clock(DAY)
    scheduler.wait_until_idle()
    assert len(flow.runs) == 1
