from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from tests.accounts import SCHEDULED, fresh, salesforce_to_s3
from tests.integration.conftest import OWN_DAGS, DagRun, RunDag

if TYPE_CHECKING:
    from tests.accounts import TenantAccount

FLOWS = ["clear-active", "clear-on-demand"]


@pytest.fixture(scope="module")
def profile() -> str:
    return fresh("profile-to-clear")


@pytest.fixture(scope="module")
def cleared(run_dag: RunDag, tenants: dict[str, TenantAccount], profile: str) -> DagRun:
    """A run on an active scheduled flow and one on demand, both through one profile."""
    tenant = tenants["tenant-a"]
    definition = salesforce_to_s3(tenant.make_profile(profile), tenant.make_bucket())
    hook = AppFlowHook(**tenant.aws)
    triggers: list[dict[str, Any]] = [SCHEDULED, {"triggerType": "OnDemand"}]
    for name, trigger in zip(FLOWS, triggers, strict=True):
        hook.create_flow(
            flowName=name,
            triggerConfig=trigger,
            sourceFlowConfig=definition["source_flow_config"],
            destinationFlowConfigList=definition["destination_flow_config_list"],
            tasks=definition["tasks"],
        )
    hook.start_flow(FLOWS[0])
    return run_dag("clear_tenant", {"profile": profile, "flows": "clear-*", **tenant.aws}, folder=OWN_DAGS)


def test_the_lists_map_into_a_task_each(cleared: DagRun) -> None:
    mapped = {("describe", 0), ("describe", 1), ("stop", 0), ("delete_profile", 0)}
    mapped |= {(task, index) for task in ("cancel", "delete") for index in (0, 1)}
    lists = {(task, -1) for task in ("entities", "flows", "scheduled", "profiles")}
    assert cleared.states == dict.fromkeys(mapped | lists, "success")


def test_each_object_is_described(cleared: DagRun, tenants: dict[str, TenantAccount]) -> None:
    described = cleared.xcoms("describe")
    for index, name in enumerate(["Account", "Contact"]):
        fields = {field["identifier"] for field in described[index]}
        assert fields == set(tenants["tenant-a"].org.records(name)[0])


def test_each_flow_is_stopped_and_deleted(cleared: DagRun) -> None:
    assert [flow["flowName"] for flow in cleared.xcoms("flows")[-1]] == FLOWS
    assert cleared.xcoms("stop")[0]["action"] == "stopped"
    deleted = cleared.xcoms("delete")
    assert [(deleted[index]["flow_name"], deleted[index]["action"]) for index in (0, 1)] == [
        (name, "deleted") for name in FLOWS
    ]


def test_nothing_of_it_is_left(cleared: DagRun, tenants: dict[str, TenantAccount], profile: str) -> None:
    hook = AppFlowHook(**tenants["tenant-a"].aws)
    assert cleared.xcoms("delete_profile")[0]["action"] == "deleted"
    assert [flow for flow in FLOWS if hook.get_flow(flow)] == []
    assert hook.get_connector_profile(profile) is None
