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
from tests.stores.grants import Grant
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
    :param keep_fresh: the DAG that refreshes the profiles, where tenant-b's ExternalId is wrong, tenant-c's user has
        revoked the grant, and tenant-d's entry lacks everything.
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


def lose_grant(tenant: TenantAccount) -> str:
    """A secret whose refresh token the org's user has revoked, beside a profile whose token has ended."""
    grant = Grant(tenant)
    tenant.org.sessions.revoke(grant.first)
    if not AppFlowHook(**tenant.aws).get_connector_profile("salesforce"):
        tenant.make_profile("salesforce")
    tenant.org.expire_tokens()
    return grant.secret_id


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
    everyone = {each["name"]: each for each in tenant.stack.seed().tenants_variable()}
    variable = {name: everyone[name] for name in ("tenant-a", "tenant-b", "tenant-c")}
    variable["tenant-b"]["external_id"] = "wrong-external-id"
    variable["tenant-d"] = {"name": "tenant-d"}
    variable["tenant-c"]["secret_id"] = lose_grant(tenants["tenant-c"])

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
    states = {
        ("keep.create_connector_profile", 0): "success",
        ("keep.create_connector_profile", 1): "failed",
        ("keep.create_connector_profile", 2): "success",
        ("keep.refresh_connector_profile", 0): "success",
        ("keep.refresh_connector_profile", 1): "upstream_failed",
        ("keep.refresh_connector_profile", 2): "success",
        **{("keep.outcome", index): "success" for index in range(3)},
    }
    whole = {("tenants", -1): "success", ("tell_who_needs_attention", -1): "failed"}
    assert story.keep_fresh.states == {**whole, **states}


def test_a_credential_that_the_org_refuses_is_refreshed_unless_a_user_has_to_consent(story: Story) -> None:
    done = story.keep_fresh.xcoms("keep.refresh_connector_profile")
    assert {index: each["action"] for index, each in done.items()} == {0: "updated", 2: "consent_required"}


def test_who_needs_attention_is_told(story: Story, tenants: dict[str, TenantAccount]) -> None:
    (attention,) = story.keep_fresh.xcoms("tell_who_needs_attention", key="attention").values()
    assert [(each["tenant"], each["account"], each["problem"]) for each in attention] == [
        ("tenant-d", None, "unusable"),
        ("tenant-b", tenants["tenant-b"].account, "failed"),
        ("tenant-c", tenants["tenant-c"].account, "consent_required"),
    ]
    said = "3 of 4 tenants need attention: tenant-d (unusable), tenant-b (failed), tenant-c (consent_required)"
    assert said in story.keep_fresh.output
