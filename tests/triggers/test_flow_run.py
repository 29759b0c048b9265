from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv._compat import seconds_before_first_event
from airflow_provider_appflow_isv.exceptions import (
    AppFlowRequestError,
    FlowRunTimeout,
    TenantConfigurationError,
    from_json,
)
from airflow_provider_appflow_isv.flow_run import FlowRun
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.tenant_role import SHARED_ARGUMENTS
from airflow_provider_appflow_isv.triggers.flow_run import AppFlowFlowRunTrigger
from tests.accounts import ONE_TRY, TenantAccount, fresh
from tests.tasks import first_event

if TYPE_CHECKING:
    from tests.recording import Recording

PATH = "airflow_provider_appflow_isv.triggers.flow_run.AppFlowFlowRunTrigger"
ARGUMENTS: dict[str, Any] = {
    "flow_name": "accounts",
    "flow_arn": "arn:aws:appflow:us-east-1:222222222222:flow/accounts",
    "execution_id": "run-1",
    "started_after": "2026-01-31T00:00:00+00:00",
    "deadline": 1_700_000_000.5,
    "poll_interval": 30.0,
    "missing_until": 1_699_999_999.0,
    "first_event_after": 7.0,
    "cancel_on_kill": True,
    "aws_conn_id": "isv_aws",
    "region_name": "eu-central-1",
    "verify": "/etc/ssl/ca.pem",
    "botocore_config": {"read_timeout": 10},
    "role_arn": "arn:aws:iam::222222222222:role/appflow-remote-role",
    "external_id": "tenant-a-id",
    "assume_role_kwargs": {"DurationSeconds": 900},
}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda values: st.lists(values) | st.dictionaries(st.text(), values),
    max_leaves=5,
)


def trigger_for(tenant: TenantAccount, flow: str, execution_id: str | None, **arguments: Any) -> AppFlowFlowRunTrigger:
    given: dict[str, Any] = {
        "deadline": time.time() + 30,
        "poll_interval": 0.05,
        "first_event_after": 0.0,
        "botocore_config": ONE_TRY,
        **tenant.aws,
        **arguments,
    }
    return AppFlowFlowRunTrigger(flow, tenant.flow_arn(flow), execution_id, **given)


def test_all_arguments_are_in_the_serialized_form() -> None:
    assert AppFlowFlowRunTrigger(**ARGUMENTS).serialize() == (PATH, ARGUMENTS)


def test_the_serialized_form_is_json() -> None:
    _, arguments = AppFlowFlowRunTrigger(**ARGUMENTS).serialize()
    assert json.loads(json.dumps(arguments)) == arguments


def test_a_trigger_made_from_its_serialized_form_is_the_same() -> None:
    path, arguments = AppFlowFlowRunTrigger("accounts", deadline=1.0).serialize()
    assert AppFlowFlowRunTrigger(**arguments).serialize() == (path, arguments)


def test_a_trigger_can_be_made_without_arguments() -> None:
    assert AppFlowFlowRunTrigger().serialize()[0] == PATH


@given(st.dictionaries(st.text().filter(lambda name: name not in ARGUMENTS), json_values))
def test_arguments_of_another_version_are_left_alone(arguments: dict[str, Any]) -> None:
    assert AppFlowFlowRunTrigger(**arguments).serialize() == AppFlowFlowRunTrigger().serialize()


@given(st.dictionaries(st.sampled_from(sorted(ARGUMENTS)), json_values))
def test_no_value_keeps_a_trigger_from_being_made(arguments: dict[str, Any]) -> None:
    AppFlowFlowRunTrigger(**arguments).serialize()


def test_the_arguments_of_the_hook_are_handed_on() -> None:
    assert set(AppFlowFlowRunTrigger(**ARGUMENTS).hook_arguments) == set(SHARED_ARGUMENTS)


def test_a_run_that_has_ended_fires_the_run(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    execution_id = tenant.run(flow)
    event = first_event(trigger_for(tenant, flow, execution_id))
    assert event["outcome"] == "ended"
    run = FlowRun.from_json(json.loads(json.dumps(event))["run"])
    assert (run.execution_id, run.status, run.records_processed, run.account) == (
        execution_id,
        "Successful",
        tenant.tenant.accounts,
        tenant.account,
    )


def test_a_run_that_failed_fires_the_run_with_its_message(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    tenant.org.expire_tokens()
    event = first_event(trigger_for(tenant, flow, tenant.run(flow)))
    assert (event["outcome"], event["run"]["status"]) == ("ended", "Error")
    assert "INVALID_SESSION_ID" in event["run"]["message"]


def test_a_run_that_ends_later_fires_then(tenant: TenantAccount) -> None:
    settings.run_seconds = 0.2
    flow = tenant.make_flow()
    assert first_event(trigger_for(tenant, flow, tenant.start(flow)))["run"]["status"] == "Successful"


def test_the_first_run_since_a_point_in_time_is_fired(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    since = "2020-01-01T00:00:00+00:00"
    execution_id = tenant.run(flow)
    event = first_event(trigger_for(tenant, flow, None, started_after=since))
    assert event["run"]["execution_id"] == execution_id


def test_a_deadline_that_passes_fires_an_error(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    with settings.held():
        event = first_event(trigger_for(tenant, flow, tenant.start(flow), deadline=0.0))
    assert event["outcome"] == "error"
    error = from_json(json.loads(json.dumps(event))["error"])
    assert isinstance(error, FlowRunTimeout)
    assert (error.account, error.flow_name) == (tenant.account, flow)


def test_a_refusal_fires_an_error(tenant: TenantAccount) -> None:
    flow = fresh("no-such-flow")
    error = from_json(first_event(trigger_for(tenant, flow, "run-1"))["error"])
    assert isinstance(error, AppFlowRequestError)
    assert flow in str(error)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"aws_conn_id": "no_such_aws"}, "'no_such_aws' (aws_conn_id) does not exist"),
        ({"role_arn": "tenant-a"}, "role_arn 'tenant-a' is not the ARN"),
        ({"external_id": "wrong-id"}, "could not be assumed"),
    ],
)
def test_arguments_that_do_not_work_fire_an_error(arguments: dict[str, str], said: str, tenant: TenantAccount) -> None:
    event = first_event(trigger_for(tenant, "accounts", "run-1", **arguments))
    assert event["outcome"] == "error"
    assert said in str(from_json(event["error"]))


def test_a_triggerer_without_a_region_fires_an_error(tenant: TenantAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = json.loads(tenant.stack.environment()["AIRFLOW_CONN_ISV_AWS"])
    del connection["extra"]["region_name"]
    monkeypatch.setenv("AIRFLOW_CONN_NO_REGION", json.dumps(connection))
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    event = first_event(trigger_for(tenant, "accounts", "run-1", aws_conn_id="no_region"))
    assert event["outcome"] == "error"
    assert "Set region_name" in str(from_json(event["error"]))


def test_an_empty_trigger_of_another_version_fires_an_error_instead_of_hanging() -> None:
    event = first_event(AppFlowFlowRunTrigger(aws_conn_id="no_such_aws", first_event_after=0.0))
    assert isinstance(from_json(event["error"]), TenantConfigurationError)


def test_the_first_event_waits_for_what_airflow_needs_by_default() -> None:
    assert AppFlowFlowRunTrigger().first_event_after == seconds_before_first_event()


@pytest.mark.parametrize("execution", ["ended", "absent"])
def test_no_event_comes_before_its_time(execution: str, tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    execution_id = tenant.run(flow) if execution == "ended" else "run-1"
    happened: list[str] = []

    async def beside() -> None:
        async def fire() -> None:
            trigger = trigger_for(tenant, flow, execution_id, first_event_after=1.0, deadline=0.0)
            await anext(trigger.run())
            happened.append("event")

        async def pass_time() -> None:
            await asyncio.sleep(0.9)
            happened.append("time")

        await asyncio.gather(fire(), pass_time())

    asyncio.run(beside())
    assert happened == ["time", "event"]


def test_a_kill_cancels_the_run(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    with settings.held():
        execution_id, other = tenant.start(flow), tenant.start(flow)
        asyncio.run(trigger_for(tenant, flow, execution_id, cancel_on_kill=True).on_kill())
        assert tenant.wait(flow, execution_id) == "Canceled"
    assert tenant.wait(flow, other) == "Successful"


@pytest.mark.parametrize("arguments", [{}, {"cancel_on_kill": False}, {"cancel_on_kill": True, "execution_id": None}])
def test_a_kill_without_leave_or_without_an_id_cancels_nothing(
    arguments: dict[str, Any], tenant: TenantAccount, recording: Recording
) -> None:
    execution_id = arguments.pop("execution_id", "run-1")
    asyncio.run(trigger_for(tenant, "accounts", execution_id, **arguments).on_kill())
    assert recording.entries() == []


def test_a_kill_that_cannot_cancel_does_not_raise(tenant: TenantAccount) -> None:
    asyncio.run(trigger_for(tenant, "accounts", "run-1", cancel_on_kill=True, aws_conn_id="no_such_aws").on_kill())
