from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.integration.conftest import OWN_DAGS, DagRun, RunDag
from tests.operators.runs import RESULT

if TYPE_CHECKING:
    from tests.accounts import TenantAccount

STEPS = ["grant_bucket_access", "refresh_connector_profile", "create_flow", "run_flow", "read_what_landed"]
NAMES = ["tenant-a", "tenant-b", "tenant-c", "tenant-d"]


@pytest.fixture(scope="module")
def one_tenant(run_dag: RunDag) -> DagRun:
    return run_dag("appflow_end_user_account", {"tenant": "tenant-b"})


def test_the_dag_for_one_tenant_succeeds_in_every_step(one_tenant: DagRun) -> None:
    assert one_tenant.states == {(step, -1): "success" for step in ["list_connectors", *STEPS]}


def test_the_dag_for_one_tenant_lands_the_tenants_accounts_of_january(
    one_tenant: DagRun, tenants: dict[str, TenantAccount]
) -> None:
    # the bounds of the DAG's filter
    start, end = datetime(2021, 1, 1, 13, tzinfo=UTC), datetime(2021, 1, 31, 13, tzinfo=UTC)
    expected = [
        str(account["Id"])
        for account in tenants["tenant-b"].org.records("Account")
        if start < datetime.fromisoformat(str(account["CreatedDate"])) < end
    ]
    tenant, landed = tenants["tenant-b"], one_tenant.xcoms("read_what_landed")[-1]
    content = b"".join(tenant.objects(tenant.tenant.bucket)[key] for key in landed["keys"])
    rows = [json.loads(line) for line in content.splitlines()]
    assert sorted(row["Id"] for row in rows) == sorted(expected)
    assert rows[:3] == landed["first_rows"]
    assert expected


def test_the_run_of_the_dag_for_one_tenant_is_in_the_tenants_account(
    one_tenant: DagRun, tenants: dict[str, TenantAccount]
) -> None:
    run = one_tenant.xcoms("run_flow")[-1]
    assert run["flow_arn"] == tenants["tenant-b"].flow_arn("salesforce-accounts")
    assert list(tenants["tenant-b"].records("salesforce-accounts")) == [run["execution_id"]]


def test_the_dag_for_all_tenants_succeeds_in_every_step_of_each(all_tenants: DagRun) -> None:
    steps = {(f"load.{step}", index): "success" for step in STEPS for index in range(len(NAMES))}
    assert all_tenants.states == {("tenants", -1): "success", **steps}


def test_the_dag_for_all_tenants_lands_each_tenants_accounts_in_the_tenants_own_bucket(
    all_tenants: DagRun, tenants: dict[str, TenantAccount]
) -> None:
    for landed in all_tenants.xcoms("load.read_what_landed").values():
        tenant = tenants[landed["tenant"]]
        assert landed["account"] == tenant.account
        assert landed["run"]["records_processed"] == tenant.tenant.accounts
        assert landed["keys"] == [f"salesforce/salesforce-accounts-all/{landed['run']['execution_id']}"]
        ids = {account["Id"] for account in tenant.org.records("Account")}
        assert len(landed["first_rows"]) == 2
        assert {row["Id"] for row in landed["first_rows"]} <= ids


def test_what_a_run_returns_is_the_same_deferred_or_not(all_tenants: DagRun) -> None:
    runs = all_tenants.xcoms("load.run_flow")
    assert sorted(runs) == [*range(len(NAMES))]
    assert all(set(run) == RESULT for run in runs.values())


def test_a_flow_that_is_as_it_should_be_is_left_alone(all_tenants: DagRun, some_refused: DagRun) -> None:
    assert [run.xcoms("load.create_flow")[0]["action"] for run in (all_tenants, some_refused)] == [
        "created",
        "unchanged",
    ]


def states_of(run: DagRun, index: int) -> list[str]:
    return [run.states[f"load.{step}", index] for step in STEPS]


@pytest.mark.parametrize(
    ("index", "states"),
    [
        (0, ["success", "success", "success", "success", "success"]),
        (1, ["failed", *["upstream_failed"] * 4]),
        (2, ["success", "failed", *["upstream_failed"] * 3]),
    ],
    ids=["all is well", "wrong ExternalId", "wrong password"],
)
def test_one_tenants_failure_stops_no_other(index: int, states: list[str], some_refused: DagRun) -> None:
    assert states_of(some_refused, index) == states


@pytest.mark.parametrize(
    "parts",
    [
        ("AssumeRoleError", "account 333333333333", "AccessDenied", "Check that the role exists"),
        ("OAuthConfigurationError", "invalid_grant", "Check user name, password and security token"),
    ],
    ids=["wrong ExternalId", "wrong password"],
)
def test_a_failure_is_in_the_log_with_what_to_do(parts: tuple[str, ...], some_refused: DagRun) -> None:
    assert [part for part in parts if part not in some_refused.output] == []


def test_a_sensor_can_free_its_worker_between_looks(run_dag: RunDag, tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    execution_id = tenant.run(flow)
    tenant.records(flow)[execution_id].hidden_polls = 2
    conf = {"flow_name": flow, "execution_id": execution_id, **tenant.aws}
    run = run_dag("wait_rescheduled", conf, folder=OWN_DAGS)
    assert run.states == {("wait", -1): "success"}
    assert len(run.rows("task_reschedule", "id")) == 2
    assert run.xcoms("wait")[-1]["execution_id"] == execution_id
