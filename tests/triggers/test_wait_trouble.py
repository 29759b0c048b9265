from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from airflow_provider_appflow_isv.exceptions import (
    AppFlowRequestError,
    AssumeRoleError,
    FlowRunTimeout,
    TenantConfigurationError,
)
from airflow_provider_appflow_isv.flow_run import RunState
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.local.appflow.controls.effects import Error
from airflow_provider_appflow_isv.local.appflow.controls.faults import faults
from tests.accounts import ONE_TRY, TenantAccount, fresh
from tests.triggers.waiting import START, FakeTime, Log, wait, wanted_run

OPERATION = "DescribeFlowExecutionRecords"


@pytest.mark.parametrize(
    "code",
    ["ThrottlingException", "TooManyRequestsException", "InternalServerException", "ServiceUnavailable"],
)
def test_trouble_that_passes_is_waited_out(code: str, tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    execution_id, time = tenant.run(flow), FakeTime()
    faults.inject(Error(code), operation=OPERATION, times=3)
    assert wait(tenant, wanted_run(tenant, flow, execution_id), time).state is RunState.SUCCEEDED
    assert time.slept == [5.0, 7.5, 11.25]


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServerException"])
def test_trouble_that_stays_ends_at_the_deadline(code: str, tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    execution_id, time = tenant.run(flow), FakeTime()
    faults.inject(Error(code, "too much"), operation=OPERATION, times=10_000)
    with pytest.raises(FlowRunTimeout, match=rf"last look failed with .*{code}.*too much") as caught:
        wait(tenant, wanted_run(tenant, flow, execution_id), time, deadline=START + 200)
    assert sum(time.slept) == pytest.approx(200)
    assert caught.value.execution_id == execution_id


@pytest.fixture
def unreachable(tenant: TenantAccount, monkeypatch: pytest.MonkeyPatch) -> AppFlowHook:
    """A hook whose AppFlow endpoint nobody answers at."""
    connection = json.loads(tenant.stack.environment()["AIRFLOW_CONN_ISV_AWS"])
    connection["extra"]["service_config"] = {"appflow": {"endpoint_url": "http://127.0.0.1:9"}}
    monkeypatch.setenv("AIRFLOW_CONN_UNREACHABLE", json.dumps(connection))
    return AppFlowHook(**{**tenant.aws, "aws_conn_id": "unreachable"}, botocore_config=ONE_TRY)


def test_an_endpoint_that_does_not_answer_is_waited_out_until_the_deadline(
    tenant: TenantAccount, unreachable: AppFlowHook
) -> None:
    time = FakeTime()
    with pytest.raises(FlowRunTimeout, match=r"last look failed with .*127\.0\.0\.1:9"):
        wait(tenant, wanted_run(tenant, "accounts", "run-1"), time, hook=unreachable, deadline=START + 10)
    assert len(time.slept) > 1


def test_an_endpoint_that_never_answered_ends_at_once_where_that_is_a_mistake(
    tenant: TenantAccount, unreachable: AppFlowHook
) -> None:
    time = FakeTime()
    with pytest.raises(AppFlowRequestError, match=r"127\.0\.0\.1:9.*Check region_name"):
        wait(tenant, wanted_run(tenant, "accounts", "run-1"), time, hook=unreachable, must_connect=True)
    assert time.slept == []


def test_a_connection_that_does_not_exist_ends_at_once(tenant: TenantAccount) -> None:
    time = FakeTime()
    with pytest.raises(TenantConfigurationError, match="no_such_aws"):
        wait(tenant, wanted_run(tenant, "accounts", "run-1"), time, hook=AppFlowHook("no_such_aws"))
    assert time.slept == []


def test_a_refusal_that_stays_ends_at_once(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    execution_id, time = tenant.run(flow), FakeTime()
    faults.inject(Error("AccessDeniedException", "not you"), operation=OPERATION)
    with pytest.raises(AppFlowRequestError, match=rf"AccessDeniedException: not you.*{tenant.account}.*{flow}.*Allow"):
        wait(tenant, wanted_run(tenant, flow, execution_id), time)
    assert time.slept == []


def test_a_flow_that_does_not_exist_ends_at_once(tenant: TenantAccount) -> None:
    flow = fresh("no-such-flow")
    with pytest.raises(AppFlowRequestError, match=rf"{flow} does not exist"):
        wait(tenant, wanted_run(tenant, flow, "run-1"), FakeTime())


def test_a_role_that_can_no_longer_be_assumed_ends_at_once(tenant: TenantAccount, hold: ExitStack) -> None:
    flow = tenant.make_flow()
    execution_id = tenant.start(flow)
    iam = tenant.client("iam")
    role = fresh("role")
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    hook = AppFlowHook("isv_aws", role_arn=arn, botocore_config=ONE_TRY)

    def leave() -> None:
        iam.delete_role(RoleName=role)
        hook._role_credentials._expiry_time = datetime.now(UTC) - timedelta(seconds=1)  # type: ignore[attr-defined]  # botocore keeps it to itself

    time = FakeTime([leave])
    with pytest.raises(AssumeRoleError, match=arn):
        wait(tenant, wanted_run(tenant, flow, execution_id), time, hook=hook)
    assert len(time.slept) == 1


def test_a_look_that_failed_is_logged_with_its_reason(tenant: TenantAccount) -> None:
    flow, log = tenant.make_flow(), Log()
    execution_id = tenant.run(flow)
    faults.inject(Error("ThrottlingException", "Rate exceeded"), operation=OPERATION)
    wait(tenant, wanted_run(tenant, flow, execution_id), FakeTime(), log=log)
    assert any(flow in line and "Rate exceeded" in line for line in log.lines)
