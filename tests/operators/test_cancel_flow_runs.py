from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.exceptions import AppFlowRequestError, TenantConfigurationError
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.operators.flow_run import AppFlowCancelFlowRunsOperator
from tests.accounts import TenantAccount, fresh
from tests.tasks import DAG, run_task

if TYPE_CHECKING:
    from tests.recording import Recording


def canceler(tenant: TenantAccount, flow: str, **arguments: Any) -> AppFlowCancelFlowRunsOperator:
    return AppFlowCancelFlowRunsOperator(task_id="cancel", flow_name=flow, **tenant.aws, **arguments)


def cancel(tenant: TenantAccount, flow: str, execution_ids: Any = None) -> Any:
    return run_task(canceler(tenant, flow, execution_ids=execution_ids))


def test_given_runs_are_cancelled_and_no_others(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    with settings.held():
        other, *runs = (tenant.start(flow) for _ in range(3))
        assert cancel(tenant, flow, runs) == {"flow_name": flow, "canceled": sorted(runs), "not_in_progress": []}
        assert [tenant.wait(flow, run) for run in runs] == ["Canceled", "Canceled"]
    assert tenant.wait(flow, other) == "Successful"


def test_one_run_may_be_given_without_a_list(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    with settings.held():
        run = tenant.start(flow)
        task = canceler(tenant, flow, execution_ids="{{ params.run }}")
        assert run_task(task, run=run)["canceled"] == [run]


def test_runs_that_are_not_in_progress_are_told_apart(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    ended = tenant.run(flow)
    with settings.held():
        run = tenant.start(flow)
        done = cancel(tenant, flow, [run, ended, "no-such-run", run])
    assert (done["canceled"], done["not_in_progress"]) == ([run], sorted([ended, "no-such-run"]))


def test_without_ids_all_runs_in_progress_are_found_and_cancelled_by_id(
    tenant: TenantAccount, recording: Recording
) -> None:
    flow = tenant.make_flow()
    tenant.backdate(flow, 120)  # more than a page of records
    with settings.held():
        runs = sorted(tenant.start(flow) for _ in range(3))
        assert cancel(tenant, flow) == {"flow_name": flow, "canceled": runs, "not_in_progress": []}
    (sent,) = recording.appflow("CancelFlowExecutions")
    assert sorted(sent["executionIds"]) == runs


def test_without_ids_a_run_that_is_being_cancelled_is_left_alone(tenant: TenantAccount, recording: Recording) -> None:
    flow = tenant.make_flow()
    with settings.held():
        tenant.records(flow)[tenant.start(flow)].status = "CancelStarted"
        assert cancel(tenant, flow)["canceled"] == []
    assert recording.appflow("CancelFlowExecutions") == []


@pytest.mark.parametrize("execution_ids", [None, []], ids=["all", "an empty list"])
def test_where_there_is_nothing_to_cancel_appflow_is_not_asked_to(
    execution_ids: Any, tenant: TenantAccount, recording: Recording
) -> None:
    flow = tenant.make_flow()
    assert cancel(tenant, flow, execution_ids) == {"flow_name": flow, "canceled": [], "not_in_progress": []}
    assert recording.appflow("CancelFlowExecutions") == []


def test_an_empty_list_never_comes_to_all_runs(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    with settings.held():
        run = tenant.start(flow)
        assert cancel(tenant, flow, [])["canceled"] == []
    assert tenant.wait(flow, run) == "Successful"


@pytest.mark.parametrize("value", [None, "", "None"])
def test_ids_that_render_to_nothing_never_come_to_all_runs(
    value: str | None, tenant: TenantAccount, recording: Recording
) -> None:
    with DAG("native", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), render_template_as_native_obj=True):
        task = canceler(tenant, "accounts", execution_ids="{{ params.value }}")
    with pytest.raises(TenantConfigurationError, match="execution_ids has rendered to nothing: all runs"):
        run_task(task, value=value)
    assert recording.entries() == []


@pytest.mark.parametrize("value", [["run-1", "run-2"], [], "run-1,run-2", "run-1 run-2", "run-1\n"])
def test_the_text_of_several_ids_is_not_taken_for_one(value: Any, tenant: TenantAccount, recording: Recording) -> None:
    task = canceler(tenant, "accounts", execution_ids="{{ params.value }}")
    with pytest.raises(TenantConfigurationError, match=r"execution_ids has .*Give several as a list: the \.output"):
        run_task(task, value=value)
    assert recording.entries() == []


def test_a_template_gives_several_ids_in_a_dag_that_renders_to_objects(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    with DAG("native", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), render_template_as_native_obj=True):
        task = canceler(tenant, flow, execution_ids="{{ params.value }}")
    with settings.held():
        runs = sorted(tenant.start(flow) for _ in range(2))
        assert run_task(task, value=runs)["canceled"] == runs


def test_more_runs_than_appflow_takes_at_once_are_cancelled_in_batches(
    tenant: TenantAccount, recording: Recording
) -> None:
    flow = tenant.make_flow()
    ended = tenant.backdate(flow, 150)
    with settings.held():
        run = tenant.start(flow)
        done = cancel(tenant, flow, [*ended, run])
    assert (done["canceled"], done["not_in_progress"]) == ([run], sorted(ended))
    assert [len(sent["executionIds"]) for sent in recording.appflow("CancelFlowExecutions")] == [100, 51]


def test_the_log_tells_what_came_of_it_and_where(tenant: TenantAccount, logged: Callable[[], str]) -> None:
    flow = tenant.make_flow()
    ended = tenant.run(flow)
    with settings.held():
        run = tenant.start(flow)
        logged()
        cancel(tenant, flow, [run, ended])
    wanted = f"Runs of flow {flow} in account {tenant.account}: being cancelled: {run}; not in progress: {ended}"
    assert wanted in logged()


@pytest.mark.parametrize("execution_ids", [None, ["run-1"]])
def test_a_flow_that_does_not_exist_is_an_error_that_names_it(execution_ids: Any, tenant: TenantAccount) -> None:
    flow = fresh("flow")
    with pytest.raises(AppFlowRequestError, match=rf"{flow} does not exist.*{tenant.account}"):
        cancel(tenant, flow, execution_ids)


@pytest.mark.parametrize("execution_ids", ["run-1,run-2", ["run-1", "run 2"], "['run-1']", "(run-1)", "{run-1}"])
def test_what_can_be_no_id_is_refused_when_the_dag_is_parsed(execution_ids: Any) -> None:
    with pytest.raises(TenantConfigurationError, match="no execution id has a bracket, a comma or a blank"):
        AppFlowCancelFlowRunsOperator(task_id="cancel", flow_name="accounts", execution_ids=execution_ids)


@pytest.mark.parametrize("execution_ids", [[""], ["run-1", None], 5, {"run-1": 1}, [["run-1"]]])
def test_what_is_no_list_of_ids_is_refused_when_the_dag_is_parsed(execution_ids: Any) -> None:
    with pytest.raises(TenantConfigurationError, match=r"execution_ids is .*Give a text"):
        AppFlowCancelFlowRunsOperator(task_id="cancel", flow_name="accounts", execution_ids=execution_ids)


def test_a_name_that_appflow_refuses_is_refused_when_the_dag_is_parsed() -> None:
    with pytest.raises(TenantConfigurationError, match="flow_name 'two words' is not a name"):
        AppFlowCancelFlowRunsOperator(task_id="cancel", flow_name="two words")
