from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv._compat import AirflowSkipException
from airflow_provider_appflow_isv.exceptions import (
    AppFlowIsvError,
    AppFlowRequestError,
    FlowRunEmpty,
    FlowRunError,
    FlowRunFailed,
    FlowRunIncomplete,
    TenantConfigurationError,
)
from airflow_provider_appflow_isv.flow_run import FlowRun
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.operators.flow_run import AppFlowStartFlowOperator
from tests.accounts import NOTHING, SCHEDULED, TenantAccount, fresh, map_fields
from tests.tasks import defer_task, resume_task, run_task

if TYPE_CHECKING:
    from tests.recording import Recording
from tests.operators.runs import RESULT, run_on_worker, starter, the_run, waiting

EMPTY = [*map_fields("Id", "CreatedDate"), NOTHING]


@waiting
def test_a_run_that_is_waited_for_is_told_whole(run: Any, tenant: TenantAccount) -> None:
    bucket = tenant.make_bucket()
    flow = tenant.make_flow(bucket=bucket)
    result = run(tenant, flow)
    (content,) = tenant.objects(bucket).values()
    assert set(result) == RESULT
    assert {name: result[name] for name in RESULT - {"bytes_processed", "started_at", "ended_at"}} == {
        "flow_name": flow,
        "flow_arn": tenant.flow_arn(flow),
        "execution_id": the_run(tenant, flow),
        "status": "Successful",
        "records_processed": tenant.tenant.accounts,
        "bytes_written": len(content),
        "put_failures": 0,
        "data_pull_start": None,
        "data_pull_end": None,
    }
    assert result["bytes_processed"] > 0
    assert result["started_at"] <= result["ended_at"]


def test_a_run_that_is_not_waited_for_has_the_same_members(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    with settings.held():
        result = run_on_worker(tenant, flow, wait_for_completion=False)
    assert set(result) == RESULT
    assert (result["execution_id"], result["status"]) == (the_run(tenant, flow), "InProgress")


def test_a_run_still_going_on_is_waited_for_on_the_worker(tenant: TenantAccount) -> None:
    settings.run_seconds = 0.2
    assert run_on_worker(tenant, tenant.make_flow())["status"] == "Successful"


@waiting
def test_one_task_starts_one_run(run: Any, tenant: TenantAccount, recording: Recording) -> None:
    flow = tenant.make_flow()
    run(tenant, flow)
    assert [sent["flowName"] for sent in recording.appflow("StartFlow")] == [flow]


@waiting
def test_an_expired_token_ends_the_task_with_what_salesforce_said(run: Any, tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    tenant.org.expire_tokens()
    with pytest.raises(FlowRunFailed) as caught:
        run(tenant, flow)
    assert (caught.value.account, caught.value.flow_name, caught.value.execution_id, caught.value.code) == (
        tenant.account,
        flow,
        the_run(tenant, flow),
        "Error",
    )
    for part in (tenant.account, flow, "INVALID_SESSION_ID", "AppFlowUpdateConnectorProfileOperator"):
        assert part in str(caught.value)


@waiting
def test_a_missing_bucket_policy_ends_the_task_with_what_to_do(run: Any, tenant: TenantAccount) -> None:
    bucket = tenant.make_bucket(granted=False)
    flow = tenant.make_flow(bucket=bucket)
    with pytest.raises(FlowRunFailed) as caught:
        run(tenant, flow)
    for part in (tenant.account, flow, "Access Denied", bucket, "AppFlowGrantBucketAccessOperator"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("definition", "wrong"),
    [
        ({"object_name": "NoSuchObject__c"}, "NoSuchObject__c"),
        ({"tasks": map_fields("Id", "NoSuchField__c")}, "NoSuchField__c"),
    ],
    ids=["object", "field"],
)
@waiting
def test_a_wrong_name_ends_the_task_with_the_name_and_what_to_do(
    run: Any, definition: dict[str, Any], wrong: str, tenant: TenantAccount
) -> None:
    flow = tenant.make_flow(**definition)
    with pytest.raises(FlowRunFailed) as caught:
        run(tenant, flow)
    for part in (tenant.account, flow, wrong, "Compare the flow's object and field names with the org"):
        assert part in str(caught.value)


@waiting
def test_a_flow_that_does_not_exist_ends_the_task_with_its_name(run: Any, tenant: TenantAccount) -> None:
    flow = fresh("no-such-flow")
    with pytest.raises(AppFlowRequestError, match=rf"{flow} does not exist.*account {tenant.account}.*Check the name"):
        run(tenant, flow)


def test_a_run_that_somebody_cancels_ends_the_task(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    task = starter(tenant, flow, deferrable=True)
    with settings.held():
        deferred = defer_task(task)
        tenant.client("appflow").cancel_flow_executions(flowName=flow, executionIds=[the_run(tenant, flow)])
        tenant.wait(flow, the_run(tenant, flow))
        with pytest.raises(FlowRunFailed, match=r"status Canceled.*Somebody cancelled it") as caught:
            resume_task(task, deferred)
    assert caught.value.code == "Canceled"


def test_a_status_that_appflow_does_not_document_ends_the_task(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    task = starter(tenant, flow, deferrable=True)
    with settings.held():
        deferred = defer_task(task)
        tenant.records(flow)[the_run(tenant, flow)].status = "Paused"
        with pytest.raises(FlowRunFailed, match=r"status Paused.*does not know that status"):
            resume_task(task, deferred)


@waiting
def test_a_run_without_records_succeeds_by_default(run: Any, tenant: TenantAccount) -> None:
    assert run(tenant, tenant.make_flow(tasks=EMPTY))["records_processed"] == 0


@waiting
def test_a_run_without_records_can_skip_the_task(run: Any, tenant: TenantAccount) -> None:
    flow = tenant.make_flow(tasks=EMPTY)
    with pytest.raises(AirflowSkipException, match=flow):
        run(tenant, flow, on_empty="skip")


@waiting
def test_a_run_without_records_can_fail_the_task(run: Any, tenant: TenantAccount) -> None:
    flow = tenant.make_flow(tasks=EMPTY)
    with pytest.raises(FlowRunEmpty, match=rf"no records.*account {tenant.account}, flow {flow}.*Check the flow's"):
        run(tenant, flow, on_empty="fail")


@pytest.mark.parametrize("on_empty", ["succeed", "skip", "fail"])
def test_a_run_with_records_succeeds_in_any_case(on_empty: str, tenant: TenantAccount) -> None:
    assert run_on_worker(tenant, tenant.make_flow(), on_empty=on_empty)["status"] == "Successful"


def test_a_run_with_more_refused_records_than_allowed_ends_the_task(tenant: TenantAccount) -> None:
    run = FlowRun(flow_name="accounts", execution_id="run-1", status="Successful", put_failures=3, records_processed=9)
    event = {"outcome": "ended", "run": run.to_json()}
    with pytest.raises(FlowRunIncomplete, match="refused 3 records, 2 are allowed"):
        starter(tenant, "accounts", max_put_failures=2).execute_complete({}, event)
    assert starter(tenant, "accounts", max_put_failures=3).execute_complete({}, event) == run.to_xcom()


def test_a_scheduled_flow_is_activated_without_a_run_to_wait_for(tenant: TenantAccount) -> None:
    flow = tenant.make_flow(trigger=SCHEDULED)
    result = run_on_worker(tenant, flow, wait_for_completion=False)
    assert set(result) == RESULT
    assert (result["execution_id"], result["status"], result["flow_arn"]) == (None, "Active", tenant.flow_arn(flow))


@pytest.mark.parametrize("deferrable", [True, False])
def test_waiting_for_a_scheduled_flow_is_an_error_that_names_the_sensor(
    deferrable: bool, tenant: TenantAccount
) -> None:
    flow = tenant.make_flow(trigger=SCHEDULED)
    with pytest.raises(TenantConfigurationError, match=rf"account {tenant.account}, flow {flow}.*Set wait_for_compl"):
        run_on_worker(tenant, flow, deferrable=deferrable)


@pytest.mark.parametrize("event", [None, {}, {"outcome": "new"}, {"status": "success"}])
def test_an_event_of_another_version_ends_the_task_with_what_to_do(event: Any, tenant: TenantAccount) -> None:
    with pytest.raises(AppFlowIsvError, match="Run the same version of this provider on workers and triggerers"):
        starter(tenant, "accounts").execute_complete({}, event)


def test_an_error_of_the_trigger_is_raised_as_it_was(tenant: TenantAccount) -> None:
    error = FlowRunError("It broke.", account=tenant.account, flow_name="accounts")
    with pytest.raises(FlowRunError) as caught:
        starter(tenant, "accounts").execute_complete({}, {"outcome": "error", "error": error.to_json()})
    assert str(caught.value) == str(error)


@pytest.mark.parametrize("name", ["", "x", "two words", "accounts\n"])
def test_a_flow_name_that_appflow_refuses_is_refused_when_the_dag_is_parsed(name: str, tenant: TenantAccount) -> None:
    with pytest.raises(TenantConfigurationError, match="flow_name"):
        starter(tenant, name)


@pytest.mark.parametrize("argument", ["timeout", "poll_interval"])
@pytest.mark.parametrize("seconds", [0, -1])
def test_a_time_that_is_not_positive_is_refused_when_the_dag_is_parsed(
    argument: str, seconds: int, tenant: TenantAccount
) -> None:
    with pytest.raises(TenantConfigurationError, match=rf"{argument} is {seconds}.*it must be a positive"):
        starter(tenant, "accounts", **{argument: seconds})


def test_an_unknown_on_empty_is_refused_when_the_dag_is_parsed(tenant: TenantAccount) -> None:
    with pytest.raises(TenantConfigurationError, match=r"on_empty 'warn' is not known\. Possible are succeed, skip"):
        starter(tenant, "accounts", on_empty="warn")


@pytest.mark.parametrize(("argument", "value"), [("flow_name", "two words"), ("on_empty", "warn")])
def test_what_a_template_renders_to_is_checked_before_the_flow_is_started(
    argument: str, value: str, tenant: TenantAccount, recording: Recording
) -> None:
    arguments = {"flow_name": "accounts", **tenant.aws, argument: "{{ params.value }}"}
    with pytest.raises(TenantConfigurationError, match=argument):
        run_task(AppFlowStartFlowOperator(task_id="run", **arguments), value=value)
    assert recording.entries() == []


@pytest.mark.parametrize("default", ["True", "False"])
def test_whether_to_defer_is_airflows_default(
    default: str, tenant: TenantAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE", default)
    task = AppFlowStartFlowOperator(task_id="run", flow_name="accounts", **tenant.aws)
    assert str(task.deferrable) == default
