from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.exceptions import AppFlowIsvError, AppFlowRequestError, TenantConfigurationError
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.hooks.flow_upsert import upsert as upsert_by
from airflow_provider_appflow_isv.local.appflow.controls.effects import Error
from airflow_provider_appflow_isv.local.appflow.controls.faults import faults
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.operators.flow import AppFlowUpdateFlowOperator
from airflow_provider_appflow_isv.specs import AllFields, FlowSpec, S3Destination, SalesforceSource
from tests.operators.flows import HOURLY, flow_of, spec_for, upsert
from tests.tasks import run_task

if TYPE_CHECKING:
    from tests.accounts import TenantAccount


def elsewhere(tenant: TenantAccount) -> S3Destination:
    return S3Destination(bucket=tenant.make_bucket())


def test_a_flow_is_replaced_if_told_so(tenant: TenantAccount) -> None:
    spec = spec_for(tenant)
    upsert(tenant, spec)
    tenant.run(spec.name)
    changed = spec.replace(source=spec.source.replace(object="Contact"), fields=[AllFields()], filters=[])
    assert upsert(tenant, changed, replace=True)["action"] == "replaced"
    assert FlowSpec.from_describe(flow_of(tenant, spec.name)) == changed
    assert tenant.records(spec.name) == {}


def test_an_active_scheduled_flow_is_replaced_and_activated_again(tenant: TenantAccount) -> None:
    spec = spec_for(tenant, trigger=HOURLY)
    upsert(tenant, spec, activate=True)
    changed = spec.replace(destination=S3Destination(bucket=tenant.make_bucket()))
    done = upsert(tenant, changed, replace=True, activate=True)
    assert (done["action"], done["flow_status"]) == ("replaced", "Active")


def test_a_flow_with_a_run_in_progress_is_not_replaced(tenant: TenantAccount) -> None:
    spec = spec_for(tenant)
    upsert(tenant, spec)
    with settings.held():
        execution_id = tenant.start(spec.name)
        with pytest.raises(AppFlowIsvError, match=rf"in progress: {execution_id}.*AppFlowCancelFlowRunsOperator"):
            upsert(tenant, spec.replace(destination=S3Destination(bucket=tenant.make_bucket())), replace=True)
    tenant.wait(spec.name, execution_id)
    assert FlowSpec.from_describe(flow_of(tenant, spec.name)) == spec


def test_a_replacement_that_appflow_refuses_leaves_the_flow_as_it_was(
    tenant: TenantAccount, logged: Callable[[], str]
) -> None:
    spec = spec_for(tenant, trigger=HOURLY)
    upsert(tenant, spec, activate=True)
    changed = spec.replace(source=SalesforceSource(profile="no-such-profile", object="Contact"))
    with pytest.raises(AppFlowRequestError, match="no-such-profile does not exist"):
        upsert(tenant, changed, replace=True, activate=True)
    after = flow_of(tenant, spec.name)
    assert FlowSpec.from_describe(after) == spec
    assert after["flowStatus"] == "Active"
    assert "is back as it was" in logged()


def test_a_replacement_keeps_what_the_spec_does_not_say(tenant: TenantAccount) -> None:
    key = tenant.client("kms").create_key()["KeyMetadata"]["Arn"]
    spec = spec_for(tenant, kms_arn=key, description="Ask the data team", tags={"owner": "x"})
    upsert(tenant, spec)
    plain = spec.replace(destination=elsewhere(tenant), kms_arn=None, description=None, tags={"team": "y"})
    assert upsert(tenant, plain, replace=True)["action"] == "replaced"
    flow = flow_of(tenant, spec.name)
    assert (flow["kmsArn"], flow["description"], flow["tags"]) == (
        key,
        "Ask the data team",
        {"owner": "x", "team": "y"},
    )


def test_a_flow_that_was_active_is_so_after_its_replacement(tenant: TenantAccount) -> None:
    spec = spec_for(tenant, trigger=HOURLY)
    upsert(tenant, spec, activate=True)
    done = upsert(tenant, spec.replace(destination=elsewhere(tenant)), replace=True, activate=False)
    assert (done["action"], done["flow_status"]) == ("replaced", "Active")


def test_a_flow_of_cloudformation_is_not_replaced(tenant: TenantAccount) -> None:
    spec = spec_for(tenant)
    upsert(tenant, spec)
    hook = AppFlowHook(**tenant.aws)
    found = {**hook.describe_flow(spec.name), "tags": {"aws:cloudformation:stack-name": "acme"}}
    with pytest.raises(TenantConfigurationError, match=r"belongs to a CloudFormation stack.*Change it there \(acme\)"):
        upsert_by(hook, spec.replace(destination=elsewhere(tenant)), found, replace=True, timeout=1.0)
    assert FlowSpec.from_describe(flow_of(tenant, spec.name)) == spec


def test_a_task_that_is_killed_between_the_two_leaves_the_flow_as_it_was(tenant: TenantAccount) -> None:
    class KilledError(BaseException):
        pass

    spec = spec_for(tenant, tags={"team": "data"})
    upsert(tenant, spec)
    hook, calls = AppFlowHook(**tenant.aws), []

    def kill(**_: Any) -> None:
        calls.append("CreateFlow")
        if len(calls) == 1:
            raise KilledError

    hook.conn.meta.events.register("before-call.appflow.CreateFlow", kill)
    found = hook.describe_flow(spec.name)
    with pytest.raises(KilledError):
        upsert_by(hook, spec.replace(destination=elsewhere(tenant)), found, replace=True, timeout=1.0)
    assert FlowSpec.from_describe(flow_of(tenant, spec.name)) == spec


def test_a_flow_that_is_lost_is_told_and_its_definition_logged(
    tenant: TenantAccount, logged: Callable[[], str]
) -> None:
    spec = spec_for(tenant)
    upsert(tenant, spec)
    changed = spec.replace(destination=elsewhere(tenant))
    task = AppFlowUpdateFlowOperator(task_id="update", spec=changed, replace=True, **tenant.aws)
    faults.inject(Error("ValidationException", "not today"), operation="CreateFlow", flow=spec.name, times=2)
    with pytest.raises(AppFlowIsvError, match=r"created neither as wanted nor as it was.*not today.*It is gone"):
        run_task(task)
    assert spec.source.profile in logged()  # type: ignore[attr-defined]  # it is a SalesforceSource
    assert run_task(task)["action"] == "created"
