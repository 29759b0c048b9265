from __future__ import annotations

import json
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from airflow_provider_appflow_isv.credentials import SalesforceCredentials
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.local.appflow import wait_for_runs
from airflow_provider_appflow_isv.local.appflow.controls.effects import TokenRevoked
from airflow_provider_appflow_isv.local.appflow.controls.faults import faults
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.seed import REGION
from airflow_provider_appflow_isv.operators.connector_profile import AppFlowCreateConnectorProfileOperator
from tests.tasks import run_task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.accounts import TenantAccount
    from tests.integration.conftest import DagRun, RunDag

FLOW = "salesforce-accounts-hourly"
HOUR = 3600.0
TICK = 0.1


@dataclass(frozen=True)
class Story:
    """A token is revoked; each hour the flow runs, and only once the other DAG has come by can it read.

    :param scheduled: the DAG that waits for the flow's run.
    :param keep_fresh: the DAG that refreshes the profiles, where tenant-b's ExternalId is wrong.
    :param statuses: those of the flow's runs, in their order.
    """

    scheduled: DagRun
    keep_fresh: DagRun
    statuses: list[str]


def wait_for_flow(tenant: TenantAccount, dag: Future[DagRun]) -> None:
    hook = AppFlowHook(**tenant.aws)
    while not (hook.get_flow(FLOW) or dag.done()):
        threading.Event().wait(TICK)
    if dag.done():
        pytest.fail(dag.result().output)


@pytest.fixture(scope="module")
def story(run_dag: RunDag, tenants: dict[str, TenantAccount]) -> Iterator[Story]:
    tenant = tenants["tenant-a"]
    profile = AppFlowCreateConnectorProfileOperator(
        task_id="profile",
        connector_profile_name="salesforce",
        connector_type="Salesforce",
        connector_profile_properties=tenant.properties,
        credentials=SalesforceCredentials(
            secret_id=tenant.tenant.secret_id,
            login_url=tenant.tenant.login_url,
        ),
        if_exists="update",
        **tenant.aws,
    )
    run_task(profile)
    variable = {each["name"]: each for each in tenant.stack.seed().tenants_variable()}
    variable["tenant-b"]["external_id"] = "wrong-external-id"

    def runs(count: int) -> list[str]:
        ids = wait_for_runs(tenant.account, REGION, FLOW, count)
        return [tenant.records(FLOW)[execution_id].status for execution_id in ids]

    # so that the first two runs are over before the DAG run is due
    settings.advance_clock(-2 * HOUR)
    faults.inject(TokenRevoked(after_page=0), flow=FLOW)
    with ThreadPoolExecutor(1) as pool:
        scheduled = pool.submit(run_dag, "appflow_scheduled", {"tenant": "tenant-a"})
        wait_for_flow(tenant, scheduled)
        runs(1)
        settings.advance_clock(HOUR)
        runs(2)
        refreshed = run_dag("appflow_keep_fresh", AIRFLOW_VAR_APPFLOW_TENANTS=json.dumps(list(variable.values())))
        settings.advance_clock(HOUR)
        statuses = runs(3)
        waited = scheduled.result()
    yield Story(waited, refreshed, statuses)
    tenant.client("appflow").delete_flow(flowName=FLOW, forceDelete=True)


def test_the_dag_that_waits_succeeds_in_every_step(story: Story) -> None:
    steps = ["grant_bucket_access", "create_flow", "wait_for_run", "read_what_landed"]
    assert story.scheduled.states == {(step, -1): "success" for step in steps}


def test_the_flow_is_created_and_active(story: Story) -> None:
    (created,) = story.scheduled.xcoms("create_flow").values()
    assert (created["action"], created["flow_status"]) == ("created", "Active")


def test_runs_fail_until_the_other_dag_has_refreshed_the_credential(story: Story) -> None:
    assert story.statuses == ["Error", "Error", "Successful"]


def test_the_dag_goes_on_with_the_first_run_since_it_was_due(story: Story, tenants: dict[str, TenantAccount]) -> None:
    run = story.scheduled.xcoms("wait_for_run")[-1]
    assert run["execution_id"] == list(tenants["tenant-a"].records(FLOW))[-1]
    assert run["data_pull_start"].startswith("2020-01-01")


def test_what_the_run_has_landed_is_read(story: Story, tenants: dict[str, TenantAccount]) -> None:
    tenant, landed = tenants["tenant-a"], story.scheduled.xcoms("read_what_landed")[-1]
    content = b"".join(tenant.objects(tenant.tenant.bucket)[key] for key in landed["keys"])
    rows = [json.loads(line) for line in content.splitlines()]
    accounts = tenant.org.records("Account")
    assert landed["rows"] == len(rows) == len(accounts) > 0
    assert {row["Id"] for row in rows} == {account["Id"] for account in accounts}


def test_one_tenants_failure_keeps_no_other_from_a_fresh_credential(story: Story) -> None:
    task = "refresh_connector_profile"
    states = {(task, 0): "success", (task, 1): "failed", (task, 2): "success"}
    assert story.keep_fresh.states == {("tenants", -1): "success", **states}
    assert story.keep_fresh.xcoms(task)[0]["action"] == "updated"
    assert len(story.keep_fresh.tokens) == 2
