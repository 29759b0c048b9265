"""Flows by their specs, as the tests of upserts make them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.operators.flow import AppFlowCreateFlowOperator
from airflow_provider_appflow_isv.specs import Between, Field, FlowSpec, S3Destination, SalesforceSource, Schedule
from tests.accounts import fresh
from tests.tasks import run_task

if TYPE_CHECKING:
    from tests.accounts import TenantAccount

HOURLY = Schedule("rate(1hours)", pull="Complete")


def spec_for(tenant: TenantAccount, **changes: Any) -> FlowSpec:
    """A flow of the tenant's accounts to a bucket of its own."""
    return FlowSpec(
        name=fresh("flow"),
        source=SalesforceSource(profile=tenant.make_profile(), object="Account"),
        destination=S3Destination(bucket=tenant.make_bucket(), prefix="landing"),
        fields=["Id", Field("Name", mask="last4"), Field("CreatedDate", type="datetime")],
        filters=[Between("CreatedDate", "2021-01-01", "2022-01-01")],
    ).replace(**changes)


def upsert(tenant: TenantAccount, spec: FlowSpec | dict[str, Any], **arguments: Any) -> Any:
    """What the create operator returns for a flow that may exist."""
    arguments = {"if_exists": "update", **tenant.aws, **arguments}
    return run_task(AppFlowCreateFlowOperator(task_id="create", spec=spec, **arguments))


def flow_of(tenant: TenantAccount, name: str) -> dict[str, Any]:
    """DescribeFlow's answer."""
    return AppFlowHook(**tenant.aws).describe_flow(name)
