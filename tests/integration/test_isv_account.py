from __future__ import annotations

import runpy
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.local.seed import ISV_ACCOUNT, REGION, account_client
from tests.integration.conftest import DAGS, EARLIER, WAREHOUSE_KEYS, DagRun, warehouse_of

if TYPE_CHECKING:
    from tests.accounts import TenantAccount

NAMES = ["tenant-a", "tenant-b", "tenant-c", "tenant-d"]
LOADED = {0: "tenant-a", 1: "tenant-b", 3: "tenant-d"}
STEPS = [
    "refresh_salesforce",
    "refresh_servicenow",
    "refresh_redshift",
    "create_accounts_flow",
    "create_incidents_flow",
    "empty_tables",
    "run_accounts_flow",
    "run_incidents_flow",
    "count_rows",
]
FAILED = {"refresh_servicenow": "failed"} | dict.fromkeys(STEPS[4:], "upstream_failed")


def in_source(tenant: TenantAccount) -> dict[str, list[str]]:
    accounts = tenant.org.records("Account")
    incidents = tenant.stack.instances[tenant.tenant.name].records("incident")
    return {
        "public.accounts": sorted(str(account["Id"]) for account in accounts),
        "public.incidents": sorted(str(incident["sys_id"]) for incident in incidents),
    }


def in_warehouse(tenant: TenantAccount) -> dict[str, list[str]]:
    database = warehouse_of(tenant.tenant)
    found = {
        table: database.execute(f"SELECT {key} FROM {table} ORDER BY {key}").rows  # noqa: S608  # names of ours
        for table, key in WAREHOUSE_KEYS.items()
    }
    return {table: [key for (key,) in rows] for table, rows in found.items()}


@pytest.mark.parametrize(
    ("index", "exceptions"), [*((index, {}) for index in LOADED), (2, FAILED)], ids=[*LOADED.values(), "missing secret"]
)
def test_one_tenants_failure_stops_no_other(index: int, exceptions: dict[str, str], isv_account: DagRun) -> None:
    expected = dict.fromkeys(STEPS, "success") | exceptions
    assert {step: isv_account.states[f"load.{step}", index] for step in STEPS} == expected


def test_the_bucket_of_all_is_granted_once(isv_account: DagRun) -> None:
    assert isv_account.states["grant_bucket_access", -1] == "success"
    assert isv_account.xcoms("grant_bucket_access")[-1]["account"] == ISV_ACCOUNT


@pytest.mark.parametrize("name", LOADED.values())
def test_what_is_in_a_tenants_sources_is_in_its_own_warehouse_once_and_nothing_else(
    name: str, isv_account: DagRun, tenants: dict[str, TenantAccount]
) -> None:
    assert in_warehouse(tenants[name]) == in_source(tenants[name])


def test_the_tables_of_a_tenant_that_can_not_be_loaded_stay_as_they_were(
    isv_account: DagRun, tenants: dict[str, TenantAccount]
) -> None:
    assert in_warehouse(tenants["tenant-c"]) == {table: [EARLIER] for table in WAREHOUSE_KEYS}


def test_the_rows_are_counted_through_the_tenants_role(isv_account: DagRun, tenants: dict[str, TenantAccount]) -> None:
    counted = isv_account.xcoms("load.count_rows")
    for index, name in LOADED.items():
        tenant = tenants[name].tenant
        assert counted[index]["tenant"] == name
        assert counted[index]["rows"] == {"public.accounts": tenant.accounts, "public.incidents": tenant.incidents}


def test_all_flows_run_in_the_isvs_account(isv_account: DagRun) -> None:
    counted = isv_account.xcoms("load.count_rows")
    arns = [run["flow_arn"] for index in sorted(counted) for run in counted[index]["runs"]]
    names = [f"{name}-{what}" for name in LOADED.values() for what in ("accounts", "incidents")]
    assert arns == [f"arn:aws:appflow:{REGION}:{ISV_ACCOUNT}:flow/{name}" for name in names]


def test_what_passes_through_the_isvs_bucket_is_in_the_tenants_folder(
    isv_account: DagRun, tenants: dict[str, TenantAccount]
) -> None:
    stack = tenants["tenant-a"].stack
    s3 = account_client(stack.aws_url, ISV_ACCOUNT, "s3")
    listed = s3.list_objects_v2(Bucket=stack.seed().staging_bucket)["Contents"]
    runs = [run for counted in isv_account.xcoms("load.count_rows").values() for run in counted["runs"]]
    for run in runs:
        tenant = run["flow_name"].rpartition("-")[0]
        keys = [item["Key"] for item in listed if run["execution_id"] in item["Key"]]
        assert keys == [f"{tenant}/{run['flow_name']}/{run['execution_id']}"]


def test_each_mapped_task_is_shown_with_the_tenants_name(isv_account: DagRun) -> None:
    shown = isv_account.rows("task_instance", "map_index", "rendered_map_index")
    assert {each for each in shown if each[1]} == set(enumerate(NAMES))


def test_the_failure_is_in_the_log_with_what_is_missing(isv_account: DagRun) -> None:
    assert "appflow/tenant-c/missing" in isv_account.output
    assert "ResourceNotFoundException" in isv_account.output


def test_other_rows_than_those_of_the_runs_are_an_error(isv_account: DagRun, tenants: dict[str, TenantAccount]) -> None:
    (setting,) = (each for each in tenants["tenant-b"].stack.seed().tenants_variable() if each["name"] == "tenant-b")
    runs: list[Any] = isv_account.xcoms("load.count_rows")[1]["runs"]
    count: Any = runpy.run_path(str(DAGS / "appflow_isv_account.py"))["isv_account"].get_task("load.count_rows")
    once = count.python_callable(setting, runs)
    half = [{**run, "records_processed": run["records_processed"] // 2} for run in runs]
    assert once["rows"] == {"public.accounts": 300, "public.incidents": 150}
    with pytest.raises(RuntimeError, match=r"tenant-b has .*300.* rows, the flows loaded .*150"):
        count.python_callable(setting, half)
