from __future__ import annotations

import itertools
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.exceptions import (
    FlowRunNotFound,
    FlowRunTimeout,
)
from airflow_provider_appflow_isv.flow_run import FlowRun, RunState
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.triggers.wait import WantedRun, pick_run
from tests.triggers.waiting import START, FakeTime, Log, wait, wanted_run

if TYPE_CHECKING:
    from tests.accounts import TenantAccount


def test_a_run_that_has_ended_is_seen_at_the_first_look(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    execution_id, time = tenant.run(flow), FakeTime()
    run = wait(tenant, wanted_run(tenant, flow, execution_id), time)
    assert (run.execution_id, run.state, run.flow_arn) == (execution_id, RunState.SUCCEEDED, tenant.flow_arn(flow))
    assert time.slept == []


def test_a_run_in_progress_is_waited_for(tenant: TenantAccount, hold: ExitStack) -> None:
    flow = tenant.make_flow()
    execution_id = tenant.start(flow)

    def end() -> None:
        hold.close()
        tenant.wait(flow, execution_id)

    time = FakeTime([lambda: None, end])
    assert wait(tenant, wanted_run(tenant, flow, execution_id), time).state is RunState.SUCCEEDED
    assert len(time.slept) == 2


def test_a_run_that_is_being_cancelled_is_waited_for(tenant: TenantAccount, hold: ExitStack) -> None:
    flow = tenant.make_flow()
    execution_id = tenant.start(flow)
    kept = tenant.records(flow)[execution_id]
    kept.status = "CancelStarted"

    def end() -> None:
        kept.end("Canceled", "", START)

    run = wait(tenant, wanted_run(tenant, flow, execution_id), FakeTime([end]))
    assert run.status == "Canceled"


def test_looks_widen_from_five_seconds_to_the_poll_interval(tenant: TenantAccount, hold: ExitStack) -> None:
    flow, time = tenant.make_flow(), FakeTime()
    with pytest.raises(FlowRunTimeout):
        wait(tenant, wanted_run(tenant, flow, tenant.start(flow)), time, poll_interval=20.0, deadline=START + 90)
    assert time.slept == [5.0, 7.5, 11.25, 16.875, 20.0, 20.0, 90 - 80.625]


def test_a_short_poll_interval_is_never_exceeded(tenant: TenantAccount, hold: ExitStack) -> None:
    flow, time = tenant.make_flow(), FakeTime()
    with pytest.raises(FlowRunTimeout):
        wait(tenant, wanted_run(tenant, flow, tenant.start(flow)), time, poll_interval=2.0, deadline=START + 6)
    assert time.slept == [2.0, 2.0, 2.0]


@pytest.mark.parametrize("spread", [0.0, 0.5, 0.999])
def test_jitter_shortens_a_sleep_by_a_fifth_at_most(spread: float, tenant: TenantAccount, hold: ExitStack) -> None:
    flow, time = tenant.make_flow(), FakeTime()
    with pytest.raises(FlowRunTimeout):
        wait(
            tenant,
            wanted_run(tenant, flow, tenant.start(flow)),
            time,
            spread=lambda: spread,
            poll_interval=10.0,
            deadline=START + 60,
        )
    *sleeps, _ = time.slept
    steps = [5.0, 7.5, *[10.0] * (len(sleeps) - 2)]
    assert sleeps == pytest.approx([step * (1 - 0.2 * spread) for step in steps])
    assert all(0.8 * step <= slept <= step for slept, step in zip(sleeps, steps, strict=True))


def test_the_deadline_is_not_slept_past(tenant: TenantAccount, hold: ExitStack) -> None:
    flow, time = tenant.make_flow(), FakeTime()
    with pytest.raises(FlowRunTimeout):
        wait(tenant, wanted_run(tenant, flow, tenant.start(flow)), time, deadline=START + 3)
    assert time.slept == [3.0]


def test_after_the_deadline_there_is_one_look_and_no_sleep(tenant: TenantAccount, hold: ExitStack) -> None:
    flow, time = tenant.make_flow(), FakeTime()
    with pytest.raises(FlowRunTimeout):
        wait(tenant, wanted_run(tenant, flow, tenant.start(flow)), time, deadline=START - 1)
    assert time.slept == []


def test_a_run_that_ended_in_time_is_found_even_after_the_deadline(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    run = wait(tenant, wanted_run(tenant, flow, tenant.run(flow)), FakeTime(), deadline=START - 1)
    assert run.state is RunState.SUCCEEDED


def test_a_timeout_says_where_and_in_which_status(tenant: TenantAccount, hold: ExitStack) -> None:
    flow = tenant.make_flow()
    execution_id = tenant.start(flow)
    with pytest.raises(FlowRunTimeout, match=r"its status was: InProgress.*longer timeout") as caught:
        wait(tenant, wanted_run(tenant, flow, execution_id), FakeTime(), deadline=START)
    error = caught.value
    assert (error.account, error.flow_name, error.execution_id, error.code) == (
        tenant.account,
        flow,
        execution_id,
        "InProgress",
    )


def test_a_run_that_is_not_in_the_records_yet_is_pending(tenant: TenantAccount) -> None:
    settings.hidden_polls = 2
    flow = tenant.make_flow()
    time = FakeTime()
    run = wait(tenant, wanted_run(tenant, flow, tenant.run(flow)), time, missing_until=START + 300)
    assert run.state is RunState.SUCCEEDED
    assert len(time.slept) == 2


def test_a_run_that_never_shows_up_is_not_found_once_the_grace_is_over(tenant: TenantAccount) -> None:
    flow, time = tenant.make_flow(), FakeTime()
    with pytest.raises(FlowRunNotFound, match=r"did not show up.*Check that execution id, flow, region") as caught:
        wait(tenant, wanted_run(tenant, flow, "run-1"), time, missing_until=START + 300)
    assert (caught.value.account, caught.value.flow_name, caught.value.execution_id) == (tenant.account, flow, "run-1")
    assert time.now >= START + 300
    assert time.now - time.slept[-1] < START + 300


def test_without_a_grace_a_run_may_be_missing_until_the_deadline(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    with pytest.raises(FlowRunTimeout, match="not in the execution records yet"):
        wait(tenant, wanted_run(tenant, flow, "run-1"), FakeTime(), deadline=START + 20)


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_a_run_is_found_on_any_page(order: Any, tenant: TenantAccount) -> None:
    settings.record_order = order
    flow = tenant.make_flow()
    first, *_, last = tenant.backdate(flow, 250)
    for execution_id in (first, last):
        assert wait(tenant, wanted_run(tenant, flow, execution_id), FakeTime()).execution_id == execution_id


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_the_first_run_since_a_point_in_time_is_found_among_all_pages(order: Any, tenant: TenantAccount) -> None:
    settings.record_order = order
    flow = tenant.make_flow()
    runs = tenant.backdate(flow, 250)
    chosen = tenant.records(flow)[runs[120]]
    since = datetime.fromtimestamp(chosen.started_at, UTC)
    assert wait(tenant, wanted_run(tenant, flow, started_after=since), FakeTime()).execution_id == chosen.execution_id


def test_a_run_before_the_point_in_time_is_not_taken(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    tenant.run(flow)
    since = datetime.now(UTC) + timedelta(hours=1)
    with pytest.raises(FlowRunTimeout):
        wait(tenant, wanted_run(tenant, flow, started_after=since), FakeTime(), missing_until=START, deadline=START + 9)


def test_the_first_run_since_is_waited_for_even_if_a_later_one_has_ended(
    tenant: TenantAccount, hold: ExitStack
) -> None:
    flow = tenant.make_flow()
    since = datetime.now(UTC)
    first = tenant.start(flow)
    later = tenant.start(flow)
    tenant.records(flow)[later].end("Successful", "", START)
    with pytest.raises(FlowRunTimeout, match="InProgress"):
        wait(tenant, wanted_run(tenant, flow, started_after=since), FakeTime(), deadline=START)
    hold.close()
    tenant.wait(flow, first)
    assert wait(tenant, wanted_run(tenant, flow, started_after=since), FakeTime()).execution_id == first


def test_a_status_that_appflow_does_not_document_ends_the_wait_as_a_failure(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    execution_id, time = tenant.run(flow), FakeTime()
    tenant.records(flow)[execution_id].status = "Paused"
    run = wait(tenant, wanted_run(tenant, flow, execution_id), time)
    assert (run.status, run.state, time.slept) == ("Paused", RunState.FAILED, [])


def test_a_long_wait_is_reported_ever_more_rarely(tenant: TenantAccount, hold: ExitStack) -> None:
    flow, log = tenant.make_flow(), Log()
    with pytest.raises(FlowRunTimeout):
        wait(tenant, wanted_run(tenant, flow, tenant.start(flow)), FakeTime(), log=log, deadline=START + 3000)
    reports = [float(line.split(" after ")[1].split()[0]) for line in log.lines]
    assert reports[0] == 0
    assert 3 <= len(reports) <= 9
    gaps = [later - earlier for earlier, later in itertools.pairwise(reports)]
    assert gaps == sorted(gaps)


moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@given(st.lists(moments, unique=True), moments)
def test_of_any_runs_the_earliest_since_the_point_in_time_is_picked(starts: list[datetime], since: datetime) -> None:
    runs = [FlowRun(flow_name="f", execution_id=str(n), started_at=s.isoformat()) for n, s in enumerate(starts)]
    picked = pick_run(runs, WantedRun(flow_name="f", started_after=since))
    expected = min((start for start in starts if start >= since), default=None)
    assert (picked.started if picked else None) == expected


@given(st.lists(st.uuids().map(str), unique=True, min_size=1), st.data())
def test_of_any_runs_the_one_with_the_id_is_picked(ids: list[str], data: st.DataObject) -> None:
    wanted = data.draw(st.sampled_from([*ids, "absent"]))
    picked = pick_run(
        [FlowRun(flow_name="f", execution_id=each) for each in ids], WantedRun(flow_name="f", execution_id=wanted)
    )
    assert (picked.execution_id if picked else "absent") == wanted
