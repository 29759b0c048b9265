"""Cancelling runs, and what tests can change about runs: length, visibility, order, faults."""

from __future__ import annotations

import base64
import itertools
import json
import threading
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from airflow_provider_appflow_isv.local.appflow import wait_until_ended
from airflow_provider_appflow_isv.local.appflow.controls.effects import Error
from airflow_provider_appflow_isv.local.appflow.controls.faults import faults
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from tests.local.appflow.conftest import (
    ACCOUNT,
    REGION,
    Aws,
    ended_record,
    flow_request,
    make_org,
    profile_request,
    record_of,
    run_and_wait,
)
from tests.local.appflow.walks import walk


def test_a_held_run_is_in_progress_until_it_is_let_go(connected: Any) -> None:
    connected.create_flow(**flow_request())
    with settings.held():
        execution_id = connected.start_flow(flowName="accounts")["executionId"]
        record = record_of(connected, "accounts", execution_id)
        assert record["executionStatus"] == "InProgress"
        assert "executionResult" not in record
        details = connected.describe_flow(flowName="accounts")["lastRunExecutionDetails"]
        assert details["mostRecentExecutionStatus"] == "InProgress"
    assert ended_record(connected, "accounts", execution_id)["executionStatus"] == "Successful"


def test_a_run_lasts_as_long_as_it_is_told_to_by_the_local_clock(connected: Any) -> None:
    connected.create_flow(**flow_request())
    settings.run_seconds = 3600
    execution_id = connected.start_flow(flowName="accounts")["executionId"]
    settings.advance_clock(3000)
    assert record_of(connected, "accounts", execution_id)["executionStatus"] == "InProgress"
    settings.advance_clock(700)
    record = ended_record(connected, "accounts", execution_id)
    assert record["executionStatus"] == "Successful"
    assert (record["lastUpdatedAt"] - record["startedAt"]).total_seconds() >= 3600


def test_a_held_run_can_be_cancelled(connected: Any) -> None:
    connected.create_flow(**flow_request())
    with settings.held():
        kept, dropped = (connected.start_flow(flowName="accounts")["executionId"] for _ in range(2))
        answer = connected.cancel_flow_executions(flowName="accounts", executionIds=[dropped])
        assert answer["invalidExecutions"] == []
        assert record_of(connected, "accounts", dropped)["executionStatus"] in ("CancelStarted", "Canceled")
        assert wait_until_ended(ACCOUNT, REGION, "accounts", dropped) == "Canceled"
        assert record_of(connected, "accounts", kept)["executionStatus"] == "InProgress"
    assert wait_until_ended(ACCOUNT, REGION, "accounts", kept) == "Successful"


def test_a_run_notices_its_cancel_between_two_pages(aws: Aws, appflow: Any, orgs: Any) -> None:
    org = make_org(orgs, accounts=4500)
    appflow.create_connector_profile(**profile_request(org))
    aws.make_bucket()
    appflow.create_flow(**flow_request())
    asked, go_on = threading.Event(), threading.Event()
    clock, requests_before = orgs.clock, org.salesforce.api_requests_used

    def slow_clock() -> float:
        asked.set()
        go_on.wait(30)
        return float(clock())

    orgs.clock = slow_clock  # the org looks at its clock in every request
    try:
        execution_id = appflow.start_flow(flowName="accounts")["executionId"]
        assert asked.wait(30)
        appflow.cancel_flow_executions(flowName="accounts", executionIds=[execution_id])
        assert record_of(appflow, "accounts", execution_id)["executionStatus"] == "CancelStarted"
    finally:
        go_on.set()
        orgs.clock = clock
    assert wait_until_ended(ACCOUNT, REGION, "accounts", execution_id) == "Canceled"
    assert org.salesforce.api_requests_used == requests_before + 2  # what fields there are, and one page
    assert aws.objects() == {}


def test_cancelling_without_ids_cancels_all_that_are_in_progress(connected: Any) -> None:
    connected.create_flow(**flow_request())
    ended = run_and_wait(connected, "accounts")
    with settings.held():
        running = [connected.start_flow(flowName="accounts")["executionId"] for _ in range(3)]
        assert connected.cancel_flow_executions(flowName="accounts")["invalidExecutions"] == []
        for execution_id in running:
            assert wait_until_ended(ACCOUNT, REGION, "accounts", execution_id) == "Canceled"
    assert record_of(connected, "accounts", ended["executionId"])["executionStatus"] == "Successful"


def test_what_is_not_in_progress_comes_back_as_invalid(connected: Any) -> None:
    connected.create_flow(**flow_request())
    ended = run_and_wait(connected, "accounts")["executionId"]
    answer = connected.cancel_flow_executions(flowName="accounts", executionIds=[ended, "absent"])
    assert answer["invalidExecutions"] == [ended, "absent"]


def test_records_come_oldest_first_if_told_so(connected: Any) -> None:
    settings.record_order = "oldest"
    connected.create_flow(**flow_request())
    ids = [run_and_wait(connected, "accounts")["executionId"] for _ in range(3)]
    first = connected.describe_flow_execution_records(flowName="accounts", maxResults=2)
    second = connected.describe_flow_execution_records(flowName="accounts", nextToken=first["nextToken"])
    assert [r["executionId"] for page in (first, second) for r in page["flowExecutions"]] == ids


def test_a_new_run_is_missing_from_the_first_polls(connected: Any) -> None:
    connected.create_flow(**flow_request())
    settings.hidden_polls = 2
    connected.start_flow(flowName="accounts")
    seen = [len(connected.describe_flow_execution_records(flowName="accounts")["flowExecutions"]) for _ in range(4)]
    assert seen == [0, 0, 1, 1]


def test_a_run_shows_only_so_long_after_its_start(connected: Any) -> None:
    connected.create_flow(**flow_request())
    settings.hidden_seconds = 60
    execution_id = connected.start_flow(flowName="accounts")["executionId"]
    assert wait_until_ended(ACCOUNT, REGION, "accounts", execution_id) == "Successful"
    assert connected.describe_flow_execution_records(flowName="accounts")["flowExecutions"] == []
    settings.advance_clock(60)
    assert record_of(connected, "accounts", execution_id)["executionStatus"] == "Successful"


def test_a_shuffled_walk_shows_each_run_once(connected: Any) -> None:
    settings.record_order = "shuffled"
    connected.create_flow(**flow_request())
    ids = [connected.start_flow(flowName="accounts")["executionId"] for _ in range(8)]
    walks = [walk(connected, "accounts", 3) for _ in range(6)]
    assert all(sorted(itertools.chain(*pages)) == sorted(ids) for pages in walks)
    assert all([len(page) for page in pages] == [3, 3, 2] for pages in walks)
    assert len({str(pages) for pages in walks}) > 1


def test_a_walk_keeps_the_order_in_which_it_began_and_runs_that_start_meanwhile_shift_nothing(connected: Any) -> None:
    connected.create_flow(**flow_request())
    ids = [connected.start_flow(flowName="accounts")["executionId"] for _ in range(4)]
    first = connected.describe_flow_execution_records(flowName="accounts", maxResults=2)
    settings.record_order = "oldest"
    connected.start_flow(flowName="accounts")
    second = connected.describe_flow_execution_records(flowName="accounts", nextToken=first["nextToken"])
    assert [r["executionId"] for page in (first, second) for r in page["flowExecutions"]] == ids[::-1]
    assert "nextToken" not in second


@pytest.mark.parametrize("state", [["newest"], ["newest", "", "one", "", 0, ""], {}, None, "newest"])
def test_a_made_up_token_is_refused(connected: Any, state: Any) -> None:
    connected.create_flow(**flow_request())
    written = json.dumps(["DescribeFlowExecutionRecords:accounts", json.dumps(state)])
    token = base64.urlsafe_b64encode(written.encode()).decode()
    with pytest.raises(ClientError, match="nextToken is not valid here"):
        connected.describe_flow_execution_records(flowName="accounts", nextToken=token)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("run_seconds", -1),
        ("run_seconds", "1"),
        ("hidden_seconds", True),
        ("update_delay_seconds", float("inf")),
        ("hidden_polls", 1.5),
        ("record_order", "random"),
        ("task_order", "newest"),
        ("filled_defaults", "yes"),
    ],
)
def test_a_setting_with_a_wrong_value_is_refused_by_its_name(name: str, value: Any) -> None:
    before = settings.values()
    with pytest.raises(ValueError, match=f"{name}: must be"):
        setattr(settings, name, value)
    assert settings.values() == before


def test_a_clock_moves_by_numbers_only() -> None:
    with pytest.raises(ValueError, match="seconds: must be a number"):
        settings.advance_clock(float("nan"))


@pytest.mark.parametrize("seconds", [1e12, -1e12])
def test_a_clock_stays_within_the_years_that_there_are(seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds: must leave the clock within the years 1970 to 9999"):
        settings.advance_clock(seconds)


def test_a_run_from_ahead_of_a_reset_of_the_clock_ends(connected: Any) -> None:
    connected.create_flow(**flow_request())
    settings.advance_clock(10 * 24 * 3600)
    with settings.held():
        execution_id = connected.start_flow(flowName="accounts")["executionId"]
        settings.reset()
        assert wait_until_ended(ACCOUNT, REGION, "accounts", execution_id) == "Successful"


def test_a_reset_of_the_settings_lets_everything_go(connected: Any) -> None:
    connected.create_flow(**flow_request())
    faults.inject(Error("ThrottlingException"), operation="DescribeFlow")
    settings.run_seconds = 3600
    with settings.held():
        execution_id = connected.start_flow(flowName="accounts")["executionId"]
        settings.reset()
        assert wait_until_ended(ACCOUNT, REGION, "accounts", execution_id) == "Successful"
    assert not settings.is_holding
    connected.describe_flow(flowName="accounts")


def test_a_moment_of_the_machine_is_what_the_clock_showed_then() -> None:
    settings.reset()
    long_ago, now = 1_600_000_000.0, time.time()
    settings.advance_clock(3600)
    settings.advance_clock(-60)
    later = time.time() + 1
    assert [settings.time_of(each) for each in (long_ago, now, later)] == [long_ago, now, later + 3540]
    settings.reset()
    assert settings.time_of(later) == later
