from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.exceptions import (
    AppFlowIsvError,
    AppFlowRequestError,
    AssumeRoleError,
    FlowRunNotFound,
    FlowRunTimeout,
    TenantConfigurationError,
)
from airflow_provider_appflow_isv.local.appflow.controls.effects import Error
from airflow_provider_appflow_isv.local.appflow.controls.faults import faults
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from tests.accounts import ONE_TRY, TenantAccount
from tests.tasks import defer_task, fire, resume_task

if TYPE_CHECKING:
    from tests.recording import Recording
from tests.operators.runs import run_on_worker, starter, the_run, waiting


@waiting
def test_at_the_timeout_the_run_is_cancelled_and_the_timeout_raised(run: Any, tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    with settings.held():
        with pytest.raises(FlowRunTimeout, match=rf"status was: InProgress.*flow {flow}.*longer timeout"):
            run(tenant, flow, timeout=0.1)
        assert tenant.wait(flow, the_run(tenant, flow)) == "Canceled"


@waiting
def test_at_the_timeout_the_run_is_left_alone_if_told_so(run: Any, tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    with settings.held(), pytest.raises(FlowRunTimeout):
        run(tenant, flow, timeout=0.1, cancel_on_timeout=False)
    assert tenant.wait(flow, the_run(tenant, flow)) == "Successful"


@waiting
def test_a_run_that_cannot_be_cancelled_at_the_timeout_still_ends_in_the_timeout(
    run: Any, tenant: TenantAccount
) -> None:
    faults.inject(Error("AccessDeniedException"), operation="CancelFlowExecutions")
    with settings.held(), pytest.raises(FlowRunTimeout):
        run(tenant, tenant.make_flow(), timeout=0.1, botocore_config=ONE_TRY)


def test_the_trigger_waits_until_the_deadline_of_the_task(tenant: TenantAccount) -> None:
    with settings.held():
        deferred = defer_task(starter(tenant, tenant.make_flow(), deferrable=True, timeout=0.1))
        assert fire(deferred)["error"]["type"] == "FlowRunTimeout"


def test_a_killed_task_cancels_its_run(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    task = starter(tenant, flow, deferrable=True)
    with settings.held():
        defer_task(task)
        task.on_kill()
        assert tenant.wait(flow, the_run(tenant, flow)) == "Canceled"


def test_a_killed_task_leaves_other_runs_of_the_flow_alone(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    task = starter(tenant, flow, deferrable=True)
    with settings.held():
        other = tenant.start(flow)
        defer_task(task)
        task.on_kill()
    assert tenant.wait(flow, other) == "Successful"


def test_a_killed_task_leaves_its_run_alone_if_told_so(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    task = starter(tenant, flow, deferrable=True, cancel_on_kill=False)
    with settings.held():
        defer_task(task)
        task.on_kill()
    assert tenant.wait(flow, the_run(tenant, flow)) == "Successful"


def test_a_task_that_is_killed_before_it_started_a_run_cancels_none(
    tenant: TenantAccount, recording: Recording
) -> None:
    starter(tenant, "accounts").on_kill()
    assert recording.entries() == []


@pytest.mark.parametrize("cancel", [True, False])
def test_the_trigger_is_told_whether_to_cancel_on_a_kill(cancel: bool, tenant: TenantAccount) -> None:
    with settings.held():
        deferred = defer_task(starter(tenant, tenant.make_flow(), deferrable=True, cancel_on_kill=cancel))
    assert deferred.trigger.serialize()[1]["cancel_on_kill"] is cancel


@pytest.mark.parametrize("kind", [FlowRunNotFound, AppFlowRequestError, AssumeRoleError])
def test_a_run_that_cannot_be_waited_for_any_more_is_cancelled(
    kind: type[AppFlowIsvError], tenant: TenantAccount
) -> None:
    flow = tenant.make_flow()
    with settings.held():
        execution_id = tenant.start(flow)
        error = kind("It can't be seen.", flow_name=flow, execution_id=execution_id)
        with pytest.raises(kind, match="It can't be seen"):
            starter(tenant, flow).execute_complete({}, {"outcome": "error", "error": error.to_json()})
        assert tenant.wait(flow, execution_id) == "Canceled"


def test_a_run_that_may_not_be_looked_at_is_cancelled_on_the_worker_too(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    faults.inject(Error("AccessDeniedException", "not you"), operation="DescribeFlowExecutionRecords")
    with settings.held():
        with pytest.raises(AppFlowRequestError, match=r"not you.*Allow the action"):
            run_on_worker(tenant, flow, botocore_config=ONE_TRY)
        assert tenant.wait(flow, the_run(tenant, flow)) == "Canceled"


@pytest.mark.parametrize(
    "event", [None, {}, {"outcome": "ended"}, {"outcome": "ended", "run": {}}, {"outcome": "error"}]
)
def test_an_event_that_is_none_of_ours_is_an_error_that_says_so(event: Any, tenant: TenantAccount) -> None:
    with pytest.raises(AppFlowIsvError, match="told nothing that this version understands"):
        starter(tenant, "accounts").execute_complete({}, event)


def test_a_run_that_only_the_triggerer_cannot_follow_is_cancelled_by_the_worker(
    tenant: TenantAccount, recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow, connection = tenant.make_flow(), tenant.stack.environment()["AIRFLOW_CONN_ISV_AWS"]
    monkeypatch.setenv("AIRFLOW_CONN_WORKERS_ONLY", connection)
    task = starter(tenant, flow, deferrable=True, aws_conn_id="workers_only")
    with settings.held():
        deferred = defer_task(task)
        with monkeypatch.context() as triggerer:
            triggerer.delenv("AIRFLOW_CONN_WORKERS_ONLY")
            event = fire(deferred)
        with pytest.raises(TenantConfigurationError, match=rf"workers_only.*flow {flow}, run {the_run(tenant, flow)}"):
            task.execute_complete({}, event)
    assert [sent["executionIds"] for sent in recording.appflow("CancelFlowExecutions")] == [[the_run(tenant, flow)]]


def test_trouble_at_the_first_look_does_not_keep_a_task_from_being_deferred(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    task = starter(tenant, flow, deferrable=True, botocore_config=ONE_TRY)
    faults.inject(Error("ThrottlingException"), operation="DescribeFlowExecutionRecords")
    with settings.held():
        deferred = defer_task(task)
    assert resume_task(task, deferred)["status"] == "Successful"


def test_airflow_itself_gives_a_deferred_task_up_only_after_the_deadline(tenant: TenantAccount) -> None:
    with settings.held():
        deferred = defer_task(starter(tenant, tenant.make_flow(), deferrable=True, timeout=100))
    assert deferred.timeout is not None
    assert deferred.timeout.total_seconds() > 100
