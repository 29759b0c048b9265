from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.exceptions import AppFlowIsvError, AppFlowRequestError, TenantConfigurationError
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.local.appflow.controls.effects import Error
from airflow_provider_appflow_isv.local.appflow.controls.faults import faults
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.operators.flow_state import (
    AppFlowActivateFlowOperator,
    AppFlowDeleteFlowOperator,
    AppFlowStopFlowOperator,
)
from tests.accounts import ONE_TRY, SCHEDULED, TenantAccount, fresh
from tests.tasks import run_task

if TYPE_CHECKING:
    from tests.recording import Recording

Operator = type[AppFlowActivateFlowOperator] | type[AppFlowStopFlowOperator] | type[AppFlowDeleteFlowOperator]
OPERATORS: list[Operator] = [AppFlowActivateFlowOperator, AppFlowStopFlowOperator, AppFlowDeleteFlowOperator]


def do(operator: Operator, tenant: TenantAccount, flow: str, **arguments: Any) -> Any:
    return run_task(operator(task_id="do", flow_name=flow, **{**tenant.aws, **arguments}))


def activate(tenant: TenantAccount, flow: str) -> Any:
    return do(AppFlowActivateFlowOperator, tenant, flow)


def stop(tenant: TenantAccount, flow: str) -> Any:
    return do(AppFlowStopFlowOperator, tenant, flow)


def delete(tenant: TenantAccount, flow: str, **arguments: Any) -> Any:
    return do(AppFlowDeleteFlowOperator, tenant, flow, **arguments)


def status_of(tenant: TenantAccount, flow: str) -> str | None:
    found = AppFlowHook(**tenant.aws).get_flow(flow)
    return found["flowStatus"] if found else None


def result(tenant: TenantAccount, flow: str, status: str | None, action: str) -> dict[str, Any]:
    return {"flow_name": flow, "flow_arn": tenant.flow_arn(flow), "flow_status": status, "action": action}


def test_a_draft_is_activated(tenant: TenantAccount) -> None:
    flow = tenant.make_flow(trigger=SCHEDULED)
    assert activate(tenant, flow) == result(tenant, flow, "Active", "activated")
    assert status_of(tenant, flow) == "Active"


def test_a_stopped_flow_is_activated_again(tenant: TenantAccount) -> None:
    flow = tenant.make_scheduled_flow()
    stop(tenant, flow)
    assert activate(tenant, flow) == result(tenant, flow, "Active", "activated")


def test_an_active_flow_is_not_activated_again(tenant: TenantAccount, recording: Recording) -> None:
    flow = tenant.make_scheduled_flow()
    before = len(recording.appflow("StartFlow"))
    assert activate(tenant, flow) == result(tenant, flow, "Active", "unchanged")
    assert len(recording.appflow("StartFlow")) == before


def test_a_flow_on_demand_is_never_run_by_activating_it(tenant: TenantAccount, recording: Recording) -> None:
    flow = tenant.make_flow()
    with pytest.raises(TenantConfigurationError, match=rf"runs on demand.*{flow}.*Run it with AppFlowStartFlowOp") as e:
        activate(tenant, flow)
    assert e.value.account == tenant.account
    assert recording.appflow("StartFlow") == []
    assert list(tenant.records(flow)) == []


def test_an_active_flow_is_stopped(tenant: TenantAccount) -> None:
    flow = tenant.make_scheduled_flow()
    assert stop(tenant, flow) == result(tenant, flow, "Suspended", "stopped")
    assert status_of(tenant, flow) == "Suspended"


def test_a_run_in_progress_goes_on_when_its_flow_is_stopped(tenant: TenantAccount) -> None:
    flow = tenant.make_scheduled_flow()
    with settings.held():
        run = tenant.run_on_schedule(flow)
        stop(tenant, flow)
    assert tenant.wait(flow, run) == "Successful"


def test_a_draft_is_not_stopped(tenant: TenantAccount, recording: Recording) -> None:
    flow = tenant.make_flow(trigger=SCHEDULED)
    assert stop(tenant, flow) == result(tenant, flow, "Draft", "unchanged")
    assert recording.appflow("StopFlow") == []


def test_a_flow_that_is_stopped_twice_is_unchanged(tenant: TenantAccount, recording: Recording) -> None:
    flow = tenant.make_scheduled_flow()
    stop(tenant, flow)
    assert stop(tenant, flow) == result(tenant, flow, "Suspended", "unchanged")
    assert len(recording.appflow("StopFlow")) == 1


def test_a_flow_on_demand_is_not_stopped_but_its_runs_are_cancelled(
    tenant: TenantAccount, recording: Recording
) -> None:
    flow = tenant.make_flow()
    with pytest.raises(TenantConfigurationError, match=r"runs on demand.*Cancel its runs with AppFlowCancelFlowRuns"):
        stop(tenant, flow)
    assert recording.appflow("StopFlow") == []


def test_the_log_tells_what_came_of_it_where_and_from_what(tenant: TenantAccount, logged: Callable[[], str]) -> None:
    flow = tenant.make_flow(trigger=SCHEDULED)
    logged()
    activate(tenant, flow)
    assert f"Flow {flow} in account {tenant.account}: activated, Active (was Draft)" in logged()


def test_the_log_tells_why_appflow_had_suspended_a_flow(tenant: TenantAccount, logged: Callable[[], str]) -> None:
    scheduled = {**SCHEDULED["triggerProperties"]["Scheduled"], "flowErrorDeactivationThreshold": 1}  # type: ignore[index]  # of the plain request
    flow = tenant.make_flow(trigger={"triggerType": "Scheduled", "triggerProperties": {"Scheduled": scheduled}})
    activate(tenant, flow)
    tenant.org.expire_tokens()
    run = tenant.run_on_schedule(flow)
    assert tenant.wait(flow, run) == "Error"
    tenant.records(flow)[run].settled.result(timeout=30)
    assert status_of(tenant, flow) == "Suspended"
    logged()
    activate(tenant, flow)
    assert f"{flow} in account {tenant.account}: activated, Active (was Suspended: " in logged()


@pytest.mark.parametrize("operation", [activate, stop])
def test_a_flow_that_does_not_exist_is_an_error_that_names_it(operation: Any, tenant: TenantAccount) -> None:
    flow = fresh("flow")
    with pytest.raises(AppFlowRequestError, match=rf"{flow} does not exist.*{tenant.account}.*Check the name"):
        operation(tenant, flow)


@pytest.mark.parametrize("trigger", [None, SCHEDULED], ids=["on demand", "draft"])
def test_a_flow_is_deleted(trigger: Any, tenant: TenantAccount, logged: Callable[[], str]) -> None:
    flow = tenant.make_flow(trigger=trigger)
    logged()
    assert delete(tenant, flow) == result(tenant, flow, "Deleted", "deleted")
    assert status_of(tenant, flow) is None
    assert f"Flow {flow} in account {tenant.account}: deleted" in logged()


def test_what_a_deleted_flow_wrote_stays(tenant: TenantAccount) -> None:
    bucket = tenant.make_bucket()
    flow = tenant.make_flow(bucket=bucket)
    tenant.run(flow)
    delete(tenant, flow)
    assert len(tenant.objects(bucket)) == 1


def test_an_active_flow_is_not_deleted_and_the_error_says_how_to(tenant: TenantAccount) -> None:
    flow = tenant.make_scheduled_flow()
    with pytest.raises(AppFlowRequestError) as caught:
        delete(tenant, flow)
    assert caught.value.code == "ConflictException"
    for part in (f"account {tenant.account}, flow {flow}", "active", "AppFlowStopFlowOperator, or set force=True"):
        assert part in str(caught.value)
    assert status_of(tenant, flow) == "Active"


def test_an_active_flow_is_deleted_once_stopped(tenant: TenantAccount) -> None:
    flow = tenant.make_scheduled_flow()
    stop(tenant, flow)
    assert delete(tenant, flow)["action"] == "deleted"


@pytest.mark.parametrize("force", [True, "True", "{{ params.force }}"])
def test_an_active_flow_is_deleted_by_force(force: Any, tenant: TenantAccount) -> None:
    flow = tenant.make_scheduled_flow()
    task = AppFlowDeleteFlowOperator(task_id="delete", flow_name=flow, force=force, **tenant.aws)
    assert run_task(task, force=True)["action"] == "deleted"
    assert status_of(tenant, flow) is None


def test_a_flow_with_runs_in_progress_is_not_deleted(tenant: TenantAccount, recording: Recording) -> None:
    flow = tenant.make_flow()
    tenant.run(flow)
    with settings.held():
        runs = sorted(tenant.start(flow) for _ in range(2))
        with pytest.raises(AppFlowIsvError, match=rf"2 runs in progress.*{runs[0]}, {runs[1]}.*{flow}.*Stop it") as e:
            delete(tenant, flow)
    assert e.value.account == tenant.account
    assert recording.appflow("DeleteFlow") == []


def test_a_flow_whose_runs_are_being_cancelled_is_deleted(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    with settings.held():
        tenant.records(flow)[tenant.start(flow)].status = "CancelStarted"
        assert delete(tenant, flow)["action"] == "deleted"


def test_runs_in_progress_of_a_flow_deleted_by_force_are_named_in_the_log(
    tenant: TenantAccount, logged: Callable[[], str]
) -> None:
    flow = tenant.make_flow()
    with settings.held():
        run = tenant.start(flow)
        logged()
        assert delete(tenant, flow, force=True)["action"] == "deleted"
    assert f"flow {flow} that nobody can look at any more: {run}" in logged()


def test_a_flow_that_is_gone_is_skipped_with_a_warning_that_says_where(
    tenant: TenantAccount, logged: Callable[[], str]
) -> None:
    flow = fresh("flow")
    assert delete(tenant, flow) == result(tenant, flow, None, "skipped")
    assert f"Flow {flow} is not in account {tenant.account}, region us-east-1: nothing to delete" in logged()


def test_a_flow_that_goes_while_it_is_being_deleted_is_skipped(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    faults.inject(Error("ResourceNotFoundException", f"Flow with name {flow} does not exist."), operation="DeleteFlow")
    assert delete(tenant, flow)["action"] == "skipped"


def test_a_flow_that_is_gone_is_an_error_if_told_so(tenant: TenantAccount) -> None:
    flow = fresh("flow")
    with pytest.raises(AppFlowRequestError, match=rf"ResourceNotFoundException.*{tenant.account}, flow {flow}"):
        delete(tenant, flow, if_missing="fail")


def test_a_flow_that_may_not_be_deleted_is_not_taken_for_gone(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    faults.inject(Error("AccessDeniedException", "not you"), operation="DeleteFlow")
    with pytest.raises(AppFlowRequestError, match="not you"):
        delete(tenant, flow, botocore_config=ONE_TRY)
    assert status_of(tenant, flow) == "Active"


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_name_that_appflow_refuses_is_refused_when_the_dag_is_parsed(operator: Operator) -> None:
    with pytest.raises(TenantConfigurationError, match="flow_name 'two words' is not a name"):
        operator(task_id="do", flow_name="two words")


@pytest.mark.parametrize(
    ("argument", "value"), [("force", "yes"), ("force", 1), ("force", None), ("if_missing", "ignore")]
)
def test_an_unknown_choice_is_refused_when_the_dag_is_parsed(argument: str, value: Any) -> None:
    arguments: dict[str, Any] = {argument: value}
    with pytest.raises(TenantConfigurationError, match=f"{argument} .* is not known"):
        AppFlowDeleteFlowOperator(task_id="delete", flow_name="accounts", **arguments)


@pytest.mark.parametrize("argument", ["flow_name", "force", "if_missing"])
def test_what_a_template_renders_to_is_checked_too(argument: str, tenant: TenantAccount, recording: Recording) -> None:
    arguments: dict[str, Any] = {"flow_name": "accounts", **tenant.aws, argument: "{{ params.value }}"}
    with pytest.raises(TenantConfigurationError, match=argument):
        run_task(AppFlowDeleteFlowOperator(task_id="delete", **arguments), value="two words")
    assert recording.entries() == []
