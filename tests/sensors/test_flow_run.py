from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv._compat import AirflowSensorTimeout, AirflowSkipException, PokeReturnValue
from airflow_provider_appflow_isv.exceptions import (
    AppFlowRequestError,
    AssumeRoleError,
    FlowRunAuthenticationFailed,
    FlowRunEmpty,
    FlowRunFailed,
    FlowRunNotFound,
    TenantConfigurationError,
)
from airflow_provider_appflow_isv.local.appflow.controls.effects import Error
from airflow_provider_appflow_isv.local.appflow.controls.faults import faults
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.operators.flow_run import AppFlowStartFlowOperator
from airflow_provider_appflow_isv.sensors.flow_run import AppFlowWaitForFlowRunSensor
from tests.accounts import NOTHING, ONE_TRY, TenantAccount, fresh, map_fields
from tests.tasks import DAG, defer_task, resume_task, run_task

if TYPE_CHECKING:
    from tests.recording import Recording

LONG_AGO = "2020-01-01T00:00:00+00:00"


@dataclass
class TaskInstance:
    """As much of Airflow's as a sensor in mode ``reschedule`` reads."""

    first_look: datetime | None = None

    def get_first_reschedule_date(self, context: Any) -> datetime | None:
        return self.first_look


def sensor(tenant: TenantAccount, flow: str, execution_id: str | None = None, **arguments: Any) -> Any:
    given: dict[str, Any] = {"poll_interval": 0.05, "deferrable": False, **tenant.aws, **arguments}
    return AppFlowWaitForFlowRunSensor(task_id="wait", flow_name=flow, execution_id=execution_id, **given)


def look(task: Any, first_look: datetime | None = None) -> Any:
    """One look as in mode ``reschedule``."""
    return task.poke({"ti": TaskInstance(first_look)})


def wait_on_worker(tenant: TenantAccount, flow: str, execution_id: str | None = None, **arguments: Any) -> Any:
    return run_task(sensor(tenant, flow, execution_id, **arguments))


def wait_deferred(tenant: TenantAccount, flow: str, execution_id: str | None = None, **arguments: Any) -> Any:
    """Defer although the run may have ended, and finish as the triggerer tells."""
    task = sensor(tenant, flow, execution_id, deferrable=True, **arguments)
    settings.hidden_polls = 1
    for run in tenant.records(flow).values():
        run.hidden_polls = 1
    return resume_task(task, defer_task(task))


def wait_rescheduled(tenant: TenantAccount, flow: str, execution_id: str | None = None, **arguments: Any) -> Any:
    done = look(sensor(tenant, flow, execution_id, mode="reschedule", **arguments))
    assert isinstance(done, PokeReturnValue)
    return done.xcom_value


waiting = pytest.mark.parametrize(
    "wait", [wait_on_worker, wait_deferred, wait_rescheduled], ids=["worker", "deferred", "reschedule"]
)


@waiting
def test_a_given_run_is_waited_for(wait: Any, tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    execution_id = tenant.run(flow)
    tenant.run(flow)
    result = wait(tenant, flow, execution_id)
    assert (result["execution_id"], result["status"], result["records_processed"]) == (
        execution_id,
        "Successful",
        tenant.tenant.accounts,
    )


@waiting
def test_the_next_run_of_a_scheduled_flow_is_waited_for(wait: Any, tenant: TenantAccount) -> None:
    flow = tenant.make_scheduled_flow()
    tenant.wait(flow, tenant.run_on_schedule(flow))
    since = datetime.now(UTC)
    settings.advance_clock(60)
    execution_id = tenant.run_on_schedule(flow)
    tenant.wait(flow, execution_id)
    settings.advance_clock(60)
    tenant.wait(flow, tenant.run_on_schedule(flow))
    assert wait(tenant, flow, started_after=since)["execution_id"] == execution_id


@waiting
def test_the_result_is_that_of_the_operator_that_starts_runs(wait: Any, tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    started = run_task(
        AppFlowStartFlowOperator(task_id="run", flow_name=flow, deferrable=False, poll_interval=0.05, **tenant.aws)
    )
    assert wait(tenant, flow, started["execution_id"]) == started
    assert json.loads(json.dumps(started)) == started


@waiting
def test_a_run_whose_credentials_were_refused_is_told_as_such_with_its_profile(
    wait: Any, tenant: TenantAccount
) -> None:
    flow = tenant.make_flow()
    tenant.org.expire_tokens()
    execution_id = tenant.run(flow)
    definition = tenant.client("appflow").describe_flow(flowName=flow)
    profile = definition["sourceFlowConfig"]["connectorProfileName"]
    with pytest.raises(FlowRunAuthenticationFailed, match=rf"connector profile {profile}\. .*{execution_id}.*on_auth"):
        wait(tenant, flow, execution_id)


def test_a_run_that_has_ended_is_not_deferred_for(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    assert wait_on_worker(tenant, flow, tenant.run(flow), deferrable=True)["status"] == "Successful"


@pytest.mark.parametrize(
    "started_after",
    [
        LONG_AGO,
        "2020-01-01",
        "2020-01-01T00:00:00Z",
        datetime(2020, 1, 1, tzinfo=UTC),
        datetime(2020, 1, 1, tzinfo=UTC).replace(tzinfo=None),  # counts as UTC
    ],
)
def test_a_point_in_time_is_a_datetime_or_a_text(started_after: Any, tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    execution_id = tenant.run(flow)
    assert wait_on_worker(tenant, flow, started_after=started_after)["execution_id"] == execution_id


def test_a_point_in_time_can_be_a_template(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    execution_id = tenant.run(flow)
    task = sensor(tenant, "{{ params.flow }}", started_after="{{ params.since }}")
    assert run_task(task, flow=flow, since=LONG_AGO)["execution_id"] == execution_id


@waiting
def test_a_run_that_failed_ends_the_task_with_what_appflow_said(wait: Any, tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    tenant.org.expire_tokens()
    execution_id = tenant.run(flow)
    with pytest.raises(FlowRunFailed) as caught:
        wait(tenant, flow, execution_id)
    for part in (tenant.account, flow, execution_id, "INVALID_SESSION_ID", "AppFlowUpdateConnectorProfileOperator"):
        assert part in str(caught.value)


@waiting
@pytest.mark.parametrize(("on_empty", "kind"), [("skip", AirflowSkipException), ("fail", FlowRunEmpty)])
def test_a_run_without_records_means_what_on_empty_says(
    wait: Any, on_empty: str, kind: type[Exception], tenant: TenantAccount
) -> None:
    flow = tenant.make_flow(tasks=[*map_fields("Id"), NOTHING])
    execution_id = tenant.run(flow)
    with pytest.raises(kind, match=flow):
        wait(tenant, flow, execution_id, on_empty=on_empty)


@pytest.mark.parametrize("wait", [wait_on_worker, wait_deferred], ids=["worker", "deferred"])
def test_at_the_timeout_airflows_own_error_is_raised(wait: Any, tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    with settings.held():
        execution_id = tenant.start(flow)
        with pytest.raises(AirflowSensorTimeout, match=rf"flow {flow}, run {execution_id}"):
            wait(tenant, flow, execution_id, timeout=0.1)


@pytest.mark.parametrize("wait", [wait_on_worker, wait_deferred], ids=["worker", "deferred"])
def test_a_timeout_leaves_the_run_alone(wait: Any, tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    with settings.held():
        execution_id = tenant.start(flow)
        with pytest.raises(AirflowSensorTimeout):
            wait(tenant, flow, execution_id, timeout=0.1)
    assert tenant.wait(flow, execution_id) == "Successful"


@pytest.mark.parametrize("wait", [wait_on_worker, wait_deferred], ids=["worker", "deferred"])
def test_a_soft_timeout_skips_the_task(wait: Any, tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    with settings.held():
        execution_id = tenant.start(flow)
        with pytest.raises(AirflowSkipException, match=r"Skipping instead of failing: The flow run had not ended"):
            wait(tenant, flow, execution_id, timeout=0.1, soft_fail=True)


@pytest.mark.parametrize("wait", [wait_on_worker, wait_deferred], ids=["worker", "deferred"])
def test_a_run_that_failed_is_no_soft_failure(wait: Any, tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    tenant.org.expire_tokens()
    execution_id = tenant.run(flow)
    with pytest.raises(FlowRunFailed, match="INVALID_SESSION_ID"):
        wait(tenant, flow, execution_id, soft_fail=True)


@pytest.mark.parametrize("wait", [wait_on_worker, wait_deferred], ids=["worker", "deferred"])
def test_a_sensor_that_never_fails_skips_the_task_instead(wait: Any, tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    tenant.org.expire_tokens()
    execution_id = tenant.run(flow)
    with pytest.raises(AirflowSkipException, match=r"Skipping instead of failing: .*INVALID_SESSION_ID"):
        wait(tenant, flow, execution_id, never_fail=True)


def test_a_run_in_progress_is_looked_for_again_later(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    with settings.held():
        assert look(sensor(tenant, flow, tenant.start(flow), mode="reschedule")) is False


def test_trouble_that_passes_is_looked_through_again_later(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    task = sensor(tenant, flow, tenant.run(flow), mode="reschedule", botocore_config=ONE_TRY)
    faults.inject(Error("ThrottlingException"), operation="DescribeFlowExecutionRecords")
    assert look(task) is False
    assert look(task).is_done


def test_trouble_at_a_late_look_is_not_taken_for_a_missing_run(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    with settings.held():
        task = sensor(tenant, flow, tenant.start(flow), mode="reschedule", botocore_config=ONE_TRY)
        faults.inject(Error("ThrottlingException"), operation="DescribeFlowExecutionRecords")
        assert look(task, datetime.now(UTC) - timedelta(seconds=400)) is False


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Arguments that lead to an address where no AWS is."""
    extra = {"region_name": "us-east-1", "endpoint_url": "http://127.0.0.1:9"}
    connection = {"conn_type": "aws", "login": "key", "password": "secret", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_NOWHERE", json.dumps(connection))
    return {"aws_conn_id": "nowhere", "botocore_config": ONE_TRY}


def test_an_address_without_aws_is_an_error_at_the_first_look(tenant: TenantAccount, nowhere: dict[str, Any]) -> None:
    with pytest.raises(AssumeRoleError, match=r"account 222222222222.*Check region_name"):
        look(sensor(tenant, "accounts", "run-1", mode="reschedule", **nowhere))


def test_a_network_that_fails_later_is_trouble_that_passes(tenant: TenantAccount, nowhere: dict[str, Any]) -> None:
    task = sensor(tenant, "accounts", "run-1", mode="reschedule", **nowhere)
    assert look(task, datetime.now(UTC) - timedelta(seconds=400)) is False


def test_a_refusal_that_stays_ends_the_task_at_the_first_look(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    task = sensor(tenant, flow, tenant.run(flow), mode="reschedule", botocore_config=ONE_TRY)
    faults.inject(Error("AccessDeniedException"), operation="DescribeFlowExecutionRecords")
    with pytest.raises(AppFlowRequestError, match="AccessDeniedException"):
        look(task)


def test_a_given_run_that_is_missing_is_looked_for_again_within_the_grace(tenant: TenantAccount) -> None:
    task = sensor(tenant, tenant.make_flow(), "run-1", mode="reschedule")
    assert look(task) is False
    assert look(task, datetime.now(UTC) - timedelta(seconds=200)) is False


def test_a_given_run_that_is_still_missing_after_the_grace_is_an_error(tenant: TenantAccount) -> None:
    task = sensor(tenant, tenant.make_flow(), "run-1", mode="reschedule")
    with pytest.raises(FlowRunNotFound, match="did not show up"):
        look(task, datetime.now(UTC) - timedelta(seconds=400))


def test_the_next_run_may_be_missing_for_longer_than_the_grace(tenant: TenantAccount) -> None:
    task = sensor(tenant, tenant.make_flow(), started_after=LONG_AGO, mode="reschedule")
    assert look(task, datetime.now(UTC) - timedelta(hours=4)) is False


@pytest.mark.parametrize("wait", [wait_on_worker, wait_rescheduled], ids=["worker", "reschedule"])
def test_a_flow_that_does_not_exist_ends_the_task_with_its_name(wait: Any, tenant: TenantAccount) -> None:
    flow = fresh("no-such-flow")
    with pytest.raises(AppFlowRequestError, match=rf"{flow} does not exist.*account {tenant.account}"):
        wait(tenant, flow, "run-1")


def test_the_trigger_never_cancels_a_run_that_the_sensor_did_not_start(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    with settings.held():
        deferred = defer_task(sensor(tenant, flow, tenant.start(flow), deferrable=True))
    assert deferred.trigger.serialize()[1]["cancel_on_kill"] is False


@pytest.mark.parametrize("given", [{}, {"execution_id": "run-1", "started_after": LONG_AGO}])
def test_a_run_or_a_point_in_time_is_needed_when_the_dag_is_parsed(given: Any, tenant: TenantAccount) -> None:
    with pytest.raises(TenantConfigurationError, match="Give execution_id or started_after, one of them"):
        sensor(tenant, "accounts", **given)


def test_a_point_in_time_that_is_none_is_refused_when_the_dag_is_parsed(tenant: TenantAccount) -> None:
    with pytest.raises(TenantConfigurationError, match="started_after 'yesterday' is not a point in time"):
        sensor(tenant, "accounts", started_after="yesterday")


@pytest.mark.parametrize("argument", ["execution_id", "started_after"])
def test_a_template_that_renders_to_nothing_is_refused_before_aws_is_asked(
    argument: str, tenant: TenantAccount, recording: Recording
) -> None:
    task = sensor(tenant, "accounts", **{argument: "{{ params.value }}"})
    with pytest.raises(TenantConfigurationError, match=argument):
        run_task(task, value="")
    assert recording.entries() == []


@pytest.mark.parametrize(("argument", "value"), [("flow_name", "two words"), ("on_empty", "warn")])
def test_a_bad_argument_is_refused_when_the_dag_is_parsed(argument: str, value: str, tenant: TenantAccount) -> None:
    with pytest.raises(TenantConfigurationError, match=argument):
        AppFlowWaitForFlowRunSensor(
            task_id="wait", **{"flow_name": "accounts", "execution_id": "run-1", **tenant.aws, argument: value}
        )


def test_outputs_of_other_tasks_are_not_checked_when_the_dag_is_parsed(tenant: TenantAccount) -> None:
    with DAG("outputs", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)):
        started: Any = AppFlowStartFlowOperator(task_id="run", flow_name="accounts", **tenant.aws).output
        AppFlowWaitForFlowRunSensor(
            task_id="wait", flow_name=started["flow_name"], execution_id=started["execution_id"], **tenant.aws
        )


def test_the_poll_interval_is_the_poke_interval_by_default(tenant: TenantAccount) -> None:
    task = AppFlowWaitForFlowRunSensor(
        task_id="wait", flow_name="accounts", execution_id="run-1", poke_interval=17, **tenant.aws
    )
    assert task.poll_interval == 17
